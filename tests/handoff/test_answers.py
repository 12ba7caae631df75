"""What makes an answer a good one."""

from datetime import UTC, date, datetime

import pytest

from handoff.answers import CHECKS, Asked

WON = datetime(2026, 3, 9, 15, 0, tzinfo=UTC)


def fault(check: str, value: object, standard_days: int | None = 40) -> str:
    return CHECKS[check].fault(value, Asked(WON, standard_days))


def test_a_measurable_answer_names_a_number():
    assert fault("measurable", "From 11 hours to 4") == ""
    assert fault("measurable", "Faster onboarding") == "it names no number"


@pytest.mark.parametrize("promised", [date(2026, 4, 18), "2026-04-18", date(2027, 1, 1)])
def test_a_day_at_or_after_the_usual_one_is_good(promised):
    assert fault("not_before_standard", promised) == ""


def test_a_day_before_the_usual_one_is_told_with_both():
    assert fault("not_before_standard", date(2026, 4, 17)) == "2026-04-17 is before 2026-04-18, the usual 40 days"


def test_without_a_usual_time_no_day_is_too_early():
    assert fault("not_before_standard", date(2026, 3, 10), standard_days=None) == ""


def test_what_is_no_day_is_told_and_never_raises():
    assert fault("not_before_standard", "soon") == "it is no day"


def test_sales_answers_again_what_cannot_be_measured_and_an_early_day_is_only_told():
    assert {name: check.owed for name, check in CHECKS.items()} == {"measurable": True, "not_before_standard": False}
