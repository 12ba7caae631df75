"""The grammar of the mapping files, as the models have it: every model, its keys, what can be chosen, what is used."""

import typing
from collections.abc import Iterator
from enum import Enum
from typing import Any, Literal

from pydantic import BaseModel
from typing_extensions import TypeAliasType

from handoff.conditions import JOINS, Join, Rule, Test
from handoff.contract import Contract
from handoff.example_files import Example
from handoff.mapping_files import SourceFile, TargetFile
from handoff.people import People
from handoff.yaml_files import Frozen
from tests.guide import EXAMPLE, HANDOFF, PEOPLE, SOURCE, TARGET

FILES: dict[str, type[Frozen]] = {
    **{HANDOFF: Contract, PEOPLE: People, SOURCE: SourceFile, TARGET: TargetFile},
    EXAMPLE: Example,
}


def inside(annotation: Any) -> Iterator[Any]:
    """Yield the models, enums and literals that an annotation leads to, itself among them."""
    if isinstance(annotation, TypeAliasType):
        yield from inside(Join)
        yield from inside(Test)
    elif typing.get_origin(annotation) is Literal or (
        isinstance(annotation, type) and issubclass(annotation, BaseModel | Enum)
    ):
        yield annotation
    else:
        for part in typing.get_args(annotation):
            yield from inside(part)


def models() -> list[type[BaseModel]]:
    found: list[type[BaseModel]] = []
    waiting: list[Any] = list(FILES.values())
    while waiting:
        one = waiting.pop(0)
        if one in found or not (isinstance(one, type) and issubclass(one, BaseModel)):
            continue
        found.append(one)
        waiting += [part for info in one.model_fields.values() for part in inside(info.annotation)]
    return found


def keys(model: type[BaseModel]) -> dict[str, Any]:
    return {info.alias or name: info for name, info in model.model_fields.items()}


def choices(info: Any) -> Iterator[str]:
    for part in inside(info.annotation):
        if typing.get_origin(part) is Literal:
            yield from (str(said).lower() if isinstance(said, bool) else str(said) for said in typing.get_args(part))


def used(annotation: Any, data: Any) -> Iterator[tuple[type[BaseModel], str]]:
    """Yield each model and key that written data use."""
    if isinstance(annotation, TypeAliasType):
        if isinstance(data, list):
            yield from (pair for one in data for pair in used(Rule, one))
        elif isinstance(data, dict):
            yield from used(Join if set(data) & set(JOINS) else Test, data)
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel) and isinstance(data, dict):
        for key, value in data.items():
            if key in keys(annotation):
                yield annotation, key
                yield from used(keys(annotation)[key].annotation, value)
    elif typing.get_origin(annotation) is list and isinstance(data, list):
        yield from (pair for one in data for pair in used(typing.get_args(annotation)[0], one))
    elif typing.get_origin(annotation) is dict and isinstance(data, dict):
        yield from (pair for one in data.values() for pair in used(typing.get_args(annotation)[1], one))
    elif not isinstance(annotation, type) or annotation is not str:
        yield from (pair for part in typing.get_args(annotation) for pair in used(part, data))
