"""docs/vendor-unknowns.md names Totango's switches as they are."""

import re
from dataclasses import fields
from pathlib import Path

from sandbox.totango.choices import Choices

PAGE = (Path(__file__).parents[3] / "docs/vendor-unknowns.md").read_text(encoding="utf-8")


def test_the_page_names_switches_that_are_there_with_their_defaults():
    table = PAGE.partition("Of Totango these decide most")[2].partition("Invented beside them")[0]
    rows = [[cell.strip() for cell in line.split("|")[1:3]] for line in table.splitlines() if line.startswith("| `")]
    said = [(name, default) for names, defaults in rows for name, default in told(names, defaults)]

    held = {each.name: shown(each.default) for each in fields(Choices)}
    assert len(said) > 12
    assert [(name, default, held.get(name)) for name, default in said if held.get(name) != default] == []


def told(names: str, defaults: str) -> list[tuple[str, str]]:
    """Return each switch of a row with its default; one default may be that of all."""
    switches, values = re.findall(r"`(\w+)`", names), [each.strip("` ") for each in defaults.split(",")]
    return list(zip(switches, values if len(values) > 1 else values * len(switches), strict=True))


def shown(value: object) -> str:
    return {True: "on", False: "off"}[value] if isinstance(value, bool) else str(value)
