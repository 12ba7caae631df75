"""The set-up of the tenant: hidden fields, picklists, people who left, custom fields and the switches."""

from collections.abc import Iterable, Mapping
from typing import Any

from sandbox.gainsight import people
from sandbox.gainsight.org import Org
from sandbox.gainsight.schema import DATA_TYPES, Field, ObjectType
from sandbox.gainsight.timeline import custom_name

SHARED = ("hidden_fields", "picklists", "inactive_users")
OTHERS = ("salesforce", "hubspot", "totango", "churnzero", "slack", "multi_currency")


def set_up(org: Org, settings: Mapping[str, Any]) -> None:
    """
    Take the settings that concern Gainsight and pass over those of other systems.

    Switches stand by themselves or under `gainsight`. Each setting given replaces its earlier value;
    switches not named keep theirs. Raises `ValueError` for a switch, a field or a value that Gainsight
    does not have; then no switch or picklist has changed.
    """
    own = _switches(settings)
    custom_objects, custom_fields = own.pop("custom_objects", {}), own.pop("custom_fields", {})
    choices = org.choices.with_switches(own)
    _add_custom(org, custom_objects, custom_fields)
    hidden = _hidden(org, settings["hidden_fields"]) if "hidden_fields" in settings else org.schema.hidden
    left = [_text(each) for each in settings.get("inactive_users", ())]
    if "picklists" in settings:
        org.picklists.set(settings["picklists"])
    org.choices = choices
    if choices.required_timeline_field is not None:
        required = Field(custom_name(choices.required_timeline_field))
        org.schema.named("activity_timeline").fields.setdefault(required.name.lower(), required)
    org.schema.hidden = hidden
    if "inactive_users" in settings:
        people.retire(org, left)


def withhold(org: Org, fields: Iterable[str]) -> None:
    """Hide exactly these fields for now, beside those the set-up hides; `ValueError` for one Gainsight has not."""
    for full in fields:
        if org.schema.find(full.partition(".")[0]) is None:
            raise ValueError(f"Gainsight has no object of the field {full!r}. Write it like Company.Industry.")
    org.schema.withheld = _hidden(org, fields)


def _switches(settings: Mapping[str, Any]) -> dict[str, Any]:
    own = {name: value for name, value in settings.items() if name not in (*SHARED, *OTHERS, "gainsight")}
    wrapped = settings.get("gainsight", {})
    if not isinstance(wrapped, Mapping):
        raise ValueError(f"'gainsight' takes switches and their values; got {wrapped!r}.")
    return {**own, **wrapped}


def _add_custom(org: Org, objects: Mapping[str, Any], fields: Mapping[str, Any]) -> None:
    for name in fields:
        if org.schema.find(name) is None:
            raise ValueError(f"Gainsight has no object {name!r} to give custom fields.")
    for name, made in objects.items():
        _add_fields(org.schema.add_custom(name), made)
    for name, added in fields.items():
        _add_fields(org.schema.named(name), added)


def _add_fields(kind: ObjectType, fields: Mapping[str, str]) -> None:
    for name, data_type in fields.items():
        if data_type not in DATA_TYPES - {"LOOKUP", "PICKLIST"}:
            raise ValueError(f"{kind.name}.{name}: a custom field cannot be of type {data_type!r} here.")
        kind.add([Field(name, data_type)])


def _hidden(org: Org, names: Any) -> frozenset[tuple[str, str]]:
    hidden = set()
    for full in names:
        object_name, _, name = _text(full).partition(".")
        kind = org.schema.find(object_name)
        if kind is None or kind.name != object_name:
            continue  # another system's object
        if name.lower() not in kind.fields:
            raise ValueError(f"{kind.name} has no field {name!r} to hide.")
        hidden.add((kind.name.lower(), name.lower()))
    return frozenset(hidden)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"A text is wanted; got {value!r}.")
    return value
