"""What makes an answer a good one: the closed table behind `check`."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from handoff.model import Value
from handoff.transforms import as_date, text


@dataclass(frozen=True)
class Asked:
    """What an answer is compared with: when the deal was won, and how many days its segment usually takes."""

    won_at: datetime
    standard_days: int | None


def _measurable(value: Value, asked: Asked) -> str:
    return "" if re.search(r"\d", text(value)) else "it names no number"


def _not_before_standard(value: Value, asked: Asked) -> str:
    if asked.standard_days is None:
        return ""
    try:
        promised = as_date(value)
    except ValueError:
        return "it is no day"
    usual = asked.won_at.date() + timedelta(days=asked.standard_days)
    return "" if promised >= usual else f"{promised} is before {usual}, the usual {asked.standard_days} days"


@dataclass(frozen=True)
class Check:
    """One check: `fault` says what is wrong with an answer, "" when it is good; `owed` that Sales must answer again."""

    fault: Callable[[Value, Asked], str]
    owed: bool


CHECKS: Mapping[str, Check] = {
    "measurable": Check(_measurable, owed=True),
    "not_before_standard": Check(_not_before_standard, owed=False),
}
