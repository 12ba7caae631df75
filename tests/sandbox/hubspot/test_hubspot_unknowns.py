"""The page of what nobody could confirm names every switch of the stand-in that is one."""

from dataclasses import fields
from pathlib import Path

from sandbox.hubspot.choices import Choices

PAGE = (Path(__file__).parents[3] / "docs" / "vendor-unknowns.md").read_text(encoding="utf-8")
KNOWN = {"searches_per_second", "per_ten_seconds", "per_day", "time_zone", "currency", "shuffle"}


def test_every_switch_for_what_is_not_known_stands_on_the_page():
    section = PAGE.partition("### HubSpot\n\n| switch")[2].partition("\n## ")[0]

    assert [each.name for each in fields(Choices) if f"`{each.name}`" not in section and each.name not in KNOWN] == []
