"""The mapping guide is whole: whatever can be written is in it, and each of its examples loads, or is refused."""

import re
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from handoff import canonical, contract_checks, same_customer, spans
from handoff.answers import CHECKS
from handoff.conditions import JOINS, TESTS
from handoff.contract import DELIVERED, Routing
from handoff.errors import ConfigError
from handoff.examples import Ran, run_examples
from handoff.loading import Survey, load_mappings
from handoff.model import Write
from handoff.people import ROLES
from handoff.rules import Find
from handoff.template_checks import FILTERS, FUNCTIONS
from handoff.transforms import TRANSFORMS
from tests import guide
from tests.grammar import FILES, choices, keys, models, used
from tests.systems import GAINSIGHT

EXAMPLES = [block for block in guide.blocks("yaml") if not block.marker.startswith(("mistake", "the deal"))]
MISTAKES = [block for block in guide.blocks("yaml", "text") if block.marker.startswith("mistake")]


def name_of(value: Any) -> str:
    return value.__name__ if isinstance(value, type) else f"{value.marker}: {value.text.strip().splitlines()[0]}"


def loaded(block: guide.Block, tmp_path: Path) -> Survey:
    files = {name: guide.dumped(data) for name, data in guide.merged(block).items()}
    return Survey(guide.folder_of(files, tmp_path), "salesforce", GAINSIGHT)


# Every key and word is there


@pytest.mark.parametrize("model", models(), ids=name_of)
def test_every_key_of_the_files_stands_in_the_table_of_its_section(model):
    said = guide.first_words("keys", model.__name__)

    assert sorted(said) == sorted(keys(model))


@pytest.mark.parametrize("model", models(), ids=name_of)
def test_the_table_says_what_must_be_there_what_can_be_chosen_and_what_holds_otherwise(model):
    for row in guide.rows("keys", model.__name__):
        key = guide.words(row["key"])[0]
        info = keys(model)[key]

        assert (row["without it"] == "must be there") == info.is_required(), key
        assert [said for said in choices(info) if said not in guide.words(" ".join(row.values()))] == [], key
        if isinstance(info.default, str | int) and not isinstance(info.default, bool) and info.default != "":
            assert str(info.default) in guide.words(row["without it"]), key


def test_every_key_is_in_an_example_that_runs():
    shown = {pair for block in EXAMPLES if block.marker in FILES for pair in _of_block(block)}

    assert [f"{model.__name__}.{key}" for model in models() for key in keys(model) if (model, key) not in shown] == []


def _of_block(block: guide.Block) -> Iterator[tuple[type[BaseModel], str]]:
    yield from used(FILES[block.marker], guide.data(block.text))


WORDS: dict[str, typing.Iterable[str]] = {
    "uses": typing.get_args(Routing.model_fields["use"].annotation),
    "moments": canonical.MOMENTS,
    "events": contract_checks.EVENTS,
    "told": contract_checks.TOLD,
    "delivered": DELIVERED,
    "roles": ROLES,
    "same": same_customer.FIELDS,
    "receipt": canonical.RECEIPT,
    "Write": [mode.value for mode in Write],
    "templates": (*FUNCTIONS, *FILTERS),
    "GIVEN": canonical.GIVEN,
    "DECIDED": canonical.DECIDED,
    "OF_CUSTOMER": canonical.OF_CUSTOMER,
    "LATER": canonical.LATER,
    "ITEM_FIELDS": canonical.ITEM_FIELDS,
    "objects": GAINSIGHT.objects,
}


@pytest.mark.parametrize("name", WORDS)
def test_every_word_of_the_grammar_stands_in_its_table(name):
    assert sorted(guide.first_words("words", name)) == sorted(WORDS[name])


@pytest.mark.parametrize(
    ("name", "words"), [("transforms", TRANSFORMS), ("checks", CHECKS), ("find", typing.get_args(Find))]
)
def test_every_transform_check_and_find_has_an_example_that_runs(name, words):
    assert set(guide.first_words("run", name)) == set(words)


def test_every_test_and_join_of_conditions_has_an_example_that_runs():
    shown = " ".join(row["condition"] for row in guide.rows("run", "conditions"))

    assert [word for word in (*TESTS, *JOINS) if f"{word}:" not in shown] == []


def test_every_unit_of_a_span_has_an_example_that_runs():
    units = re.search(r"\((working day\|.*?)\)", spans.WRITTEN.pattern)[1].split("|")
    shown = {spans.read_span(guide.words(row["span"])[0]).unit for row in guide.rows("run", "spans")}

    assert shown == set(units)


def test_every_function_and_filter_of_a_template_has_an_example_that_runs():
    shown = " ".join(row["written"] for row in guide.rows("run", "templates"))

    assert [word for word in FUNCTIONS if f"{word}(" not in shown] == []
    assert [word for word in FILTERS if f"| {word}" not in shown] == []


def test_what_an_item_of_a_list_has_stands_beside_the_list():
    for row in guide.rows("words", "ITEM_FIELDS"):
        name = guide.words(row["list"])[0]

        assert guide.words(row["its items have"]) == [f"item.{field}" for field in canonical.ITEM_FIELDS[name]]


def test_the_table_of_objects_says_what_the_program_knows_of_them():
    for row in guide.rows("words", "objects"):
        facts = GAINSIGHT.objects[guide.words(row["`object`"])[0]]

        assert row["made once for"] == facts.scope.value
        assert guide.words(row["write mode without `write`"]) == [facts.write.value]
        assert row["`match`"] == ("yes" if facts.matches else "no")
        assert guide.words(row["`adopt` by"]) == list(facts.adopts)
        assert guide.words(row["`children`"]) == list(facts.children)


def _platform() -> dict[str, Any]:
    children = {
        f"{name}.{child}": facts.child_fields for name, facts in GAINSIGHT.objects.items() for child in facts.children
    }
    return {name: facts.fields for name, facts in GAINSIGHT.objects.items()} | children


@pytest.mark.parametrize("name", _platform())
def test_the_fields_of_the_platform_are_those_that_the_program_knows(name):
    said = {guide.words(row["field"])[0]: row for row in guide.rows("platform", name)}

    assert list(said) == list(_platform()[name])
    for field, facts in _platform()[name].items():
        row = said[field]
        assert guide.words(row["takes"]) == list(facts.values) or row["takes"] == facts.takes, field
        assert row["at most"] == (f"{facts.longest:,}" if facts.longest else "-"), field
        assert row["must be there"] == ("yes" if facts.required else "-"), field


def test_there_is_no_table_for_what_is_not_there():
    names = {model.__name__ for model in models()}

    assert set(guide.tables("keys")) == names
    assert set(guide.tables("words")) == set(WORDS)
    assert set(guide.tables("platform")) == set(_platform())


# Every example runs


def test_every_example_says_which_file_it_belongs_to():
    marked = [*FILES, *(f"mistake: {name}" for name in FILES), *(f"fields of: {name}" for name in GAINSIGHT.objects)]
    marked.append("the deal of the templates")

    assert [block for block in guide.blocks("yaml") if block.marker not in marked] == []
    assert len(guide.blocks("text")) == len(MISTAKES)


@pytest.mark.parametrize("block", EXAMPLES, ids=name_of)
def test_an_example_loads_without_a_finding(block, tmp_path):
    assert loaded(block, tmp_path).findings() == {}


def test_the_example_of_a_mapping_gives_what_it_expects(tmp_path):
    (block,) = [block for block in EXAMPLES if block.marker == guide.EXAMPLE]
    loaded(block, tmp_path)

    ran = run_examples([load_mappings(tmp_path, crm="salesforce", platform=GAINSIGHT)])

    assert ran == Ran((guide.EXAMPLE,), (), ())


@pytest.mark.parametrize("block", MISTAKES, ids=name_of)
def test_a_mistake_is_refused_with_the_words_shown(block, tmp_path):
    every = guide.blocks("yaml", "text")
    shown = every[every.index(block) + 1]
    folder = guide.folder_of(guide.with_mistake(block), tmp_path)

    with pytest.raises(ConfigError) as refused:
        load_mappings(folder, crm="salesforce", platform=GAINSIGHT)

    assert shown.language == "text"
    assert (list(refused.value.findings) or [str(refused.value)]) == shown.text.splitlines()


def waits(block: guide.Block, tmp_path: Path) -> set[str]:
    survey = loaded(block, tmp_path)
    assert survey.findings() == {}
    said = {words for words in survey.notices() if "not in force yet" in words}
    return {
        re.sub(r"^\w+ is passed over", "such a rule is passed over", words.partition("until then ")[2])
        for words in said
    }


def test_what_is_not_in_force_yet_is_said_where_it_is_explained_and_nowhere_else(tmp_path):
    told, real = set(), set()
    for place, block in enumerate(EXAMPLES):
        here = set(re.findall(r"\*\*Not in force yet:\*\* [^*]*?until then (.*?\.)(?= |$)", block.section))
        wanted = waits(block, tmp_path / str(place))
        assert wanted <= here, block.section[:80]
        told |= here
        real |= wanted

    assert told == real


def test_the_files_that_the_examples_are_put_into_are_sound(tmp_path):
    survey = Survey(guide.folder_of(guide.BASE, tmp_path), "salesforce", GAINSIGHT)

    assert (survey.findings(), survey.notices()) == ({}, [])
