"""The JSON Schemas that editors use: each key is explained, what is right is accepted, and an unknown key is not."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML
from typer.testing import CliRunner

from cli.app import app
from cli.files import SCHEMAS
from flows._wiring import SHIPPED_MAPPINGS
from tests import guide

FILE_OF = {
    **{"handoff": guide.HANDOFF, "people": guide.PEOPLE, "source": guide.SOURCE, "target": guide.TARGET},
    "example": guide.EXAMPLE,
}
SHIPPED = [
    *((name, SHIPPED_MAPPINGS / file) for name, file in FILE_OF.items() if name != "example"),
    *(("example", path) for path in sorted((SHIPPED_MAPPINGS / "examples").rglob("*.yml"))),
]
EXAMPLES = [block for block in guide.blocks("yaml") if block.marker in FILE_OF.values()]


def schema(name: str) -> dict[str, Any]:
    return SCHEMAS[name].model_json_schema(by_alias=True)


def as_an_editor_sees(data: Any) -> Any:
    """JSON knows no days: an editor takes 2026-12-01 for a text."""
    return json.loads(json.dumps(data, default=date.isoformat))


def complaints(name: str, data: Any) -> list[str]:
    found = Draft202012Validator(schema(name)).iter_errors(as_an_editor_sees(data))
    return [f"{one.json_path}: {one.message}" for one in found]


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_is_sound(name):
    Draft202012Validator.check_schema(schema(name))


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_key_of_a_schema_has_a_description(name):
    whole = schema(name)
    parts = {"": whole} | whole.get("$defs", {})
    keys = {
        f"{part}.{key}": said for part, inside in parts.items() for key, said in inside.get("properties", {}).items()
    }

    assert len(keys) > 10
    assert [key for key, said in keys.items() if not said.get("description", "").strip()] == []
    assert [part for part, said in parts.items() if not said.get("description", "").strip()] == []


@pytest.mark.parametrize(("name", "path"), SHIPPED, ids=lambda part: getattr(part, "name", part))
def test_a_schema_accepts_the_shipped_file(name, path):
    data = YAML(typ="safe", pure=True).load(path)

    assert complaints(name, data) == []


@pytest.mark.parametrize("block", EXAMPLES, ids=lambda block: block.text.splitlines()[0])
def test_a_schema_accepts_each_example_of_the_guide(block):
    name = next(name for name, file in FILE_OF.items() if file == block.marker)

    assert complaints(name, guide.merged(block)[block.marker]) == []


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_refuses_a_key_that_is_not_there(name):
    whole = guide.BASE | {guide.EXAMPLE: "record: {}\nexpect: {steps: {}}\n"}
    data = guide.data(whole[FILE_OF[name]]) | {"feilds": {}}

    assert complaints(name, data) == [
        "$: Additional properties are not allowed ('feilds' was unexpected)",
    ]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("source", {"fields": {"arr": {"from": "Amount", "az": "decimal"}}}),
        ("source", {"fields": {"arr": {"from": "Amount", "as": "dezimal"}}}),
        ("target", {"steps": {"plan": {"object": "success_plan", "fields": {}, "none": "ask"}}}),
        ("people", {"people": [{"email": "priya@harbor.example"}]}),
    ],
    ids=["an unknown key", "an unknown transform", "an unknown choice", "a missing key"],
)
def test_a_schema_refuses_a_mistake_inside(name, data):
    assert len(complaints(name, data)) == 1


DEEP = {"all": ["large", {"any": [{"field": "a", "is": 1}, {"not": [{"field": "b", "present": True}]}]}]}


def test_conditions_in_conditions_are_accepted_however_deep():
    assert complaints("target", target_with(DEEP)) == []


@pytest.mark.parametrize("wrong", [{"any": [{"not": {"feild": "a"}}]}, {"all": "large"}, [{"field": "a", "iz": 1}], 5])
def test_a_mistake_deep_in_a_condition_is_refused(wrong):
    assert complaints("target", target_with({"all": [{"not": wrong}]})) != []


def target_with(condition: Any) -> dict[str, Any]:
    data = guide.data(guide.TARGET_TEXT)
    data["steps"]["plan"]["when"] = condition
    return data


# The command


def test_the_command_prints_one_schema():
    done = CliRunner().invoke(app, ["schema", "target"])

    assert done.exit_code == 0
    assert json.loads(done.stdout) == schema("target")


def test_the_command_writes_all_schemas_under_the_names_that_the_guide_uses(tmp_path: Path):
    done = CliRunner().invoke(app, ["schema", "--all", str(tmp_path / "schemas")])

    written = {path.name: json.loads(path.read_text()) for path in (tmp_path / "schemas").iterdir()}
    assert done.exit_code == 0
    assert written == {f"{name}.schema.json": schema(name) for name in SCHEMAS}
    assert [name for name in written if f"schemas/{name}" not in guide.GUIDE.read_text()] == []


@pytest.mark.parametrize("arguments", [[], ["targets"], ["target", "--all", "schemas"]])
def test_the_command_says_what_can_be_asked(arguments):
    done = CliRunner().invoke(app, ["schema", *arguments])

    assert done.exit_code == 2
    assert "handoff, people, source, target, example" in " ".join(done.stderr.split())
    assert not Path("schemas").exists()


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path):
    (tmp_path / "file").write_text("", encoding="utf-8")

    done = CliRunner().invoke(app, ["schema", "--all", str(tmp_path / "file")])

    assert done.exit_code == 2
    assert "cannot be written" in " ".join(done.stderr.split())
