"""The rooms and who may import whom."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MAY_IMPORT = {
    "handoff": set(),
    "connectors": {"handoff"},
    "flows": {"handoff", "connectors"},
    "desk": {"handoff", "connectors", "flows"},
    "cli": {"handoff", "connectors", "flows", "sandbox"},
    "sandbox": set(),
}
ROOMS = {*MAY_IMPORT, "tests", "benchmarks"}
NETWORK = {"httpx", "requests", "prefect", "simple_salesforce", "urllib", "urllib3", "socket", "http", "starlette"}
NAMELESS = {"utils", "util", "helpers", "common", "misc"}


def imported(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute: a relative one hides its room"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def wrong_in(room: str, source: str) -> list[str]:
    forbidden = ROOMS - MAY_IMPORT[room] - {room} | (NETWORK if room == "handoff" else set())
    return [name for name in imported(source) if name.split(".")[0] in forbidden and name != "http.HTTPStatus"]


def wrong_between_connectors(module: str, source: str) -> list[str]:
    """A connector may use the modules that all share, and those that carry its own name."""
    own = ("_http", "_steps", "_system", "_users", module, f"_{module.strip('_').split('_')[0]}")
    return [n for n in imported(source) if n.startswith("connectors.") and not n.split(".")[1].startswith(own)]


@pytest.mark.parametrize("room", sorted(MAY_IMPORT))
def test_every_room_imports_only_the_rooms_it_may(room):
    wrong = {str(path.relative_to(ROOT)): wrong_in(room, path.read_text()) for path in (ROOT / room).rglob("*.py")}

    assert {path: names for path, names in wrong.items() if names} == {}


def test_connectors_never_import_each_other():
    paths = [path for path in (ROOT / "connectors").glob("*.py") if path.stem != "__init__"]
    wrong = {path.name: wrong_between_connectors(path.stem, path.read_text()) for path in paths}

    assert {name: names for name, names in wrong.items() if names} == {}


def test_the_wiring_does_not_import_prefect():
    assert not [n for n in imported((ROOT / "flows" / "_wiring.py").read_text()) if n.startswith("prefect")]


def test_no_module_is_called_by_a_word_that_says_nothing():
    modules = [path for room in MAY_IMPORT for path in (ROOT / room).rglob("*.py")]

    assert [path for path in modules if path.stem.strip("_") in NAMELESS or path.parent.name in NAMELESS] == []


@pytest.mark.parametrize(
    ("room", "source", "wrong"),
    [
        ("handoff", "import httpx", ["httpx"]),
        ("handoff", "def f():\n    from connectors.gainsight import Gainsight", ["connectors.gainsight.Gainsight"]),
        ("handoff", "from tests import fakes", ["tests.fakes"]),
        ("connectors", "import handoff.model, flows._wiring", ["flows._wiring"]),
        ("connectors", "from sandbox.world import World", ["sandbox.world.World"]),
        ("flows", "from cli.app import app", ["cli.app.app"]),
        ("sandbox", "from handoff.model import Deal", ["handoff.model.Deal"]),
        ("cli", "from sandbox.shell import run\nimport httpx", []),
    ],
)
def test_a_forbidden_import_is_seen_wherever_it_stands(room, source, wrong):
    assert wrong_in(room, source) == wrong


def test_one_connector_s_import_of_another_is_seen():
    source = "from connectors._http import Exchange\nfrom connectors.salesforce import Salesforce"

    assert wrong_between_connectors("_gainsight_find", source) == ["connectors.salesforce.Salesforce"]
