"""The page keeps what was found of the pairs that are not played anew."""

from collections import Counter

from tests.simulator.pairs import FIRST, OTHERS
from tests.simulator.ranges import Totals
from tests.simulator.report import FIGURES, table

PLAYED = Totals(worlds=1, handoffs=520, calls=200, ambiguous=30, faults=Counter(refuse=60))


def test_a_pair_that_is_not_played_keeps_its_figures_and_the_others_get_theirs():
    page = "\n".join(["# The page", "", *table("", "what", FIGURES, {FIRST: PLAYED}), "More."])

    again = list(table(page, "what", FIGURES, {OTHERS[0]: Totals(**{**vars(PLAYED), "handoffs": 1_040})}))

    assert again[0].startswith("| what | Salesforce to Gainsight | HubSpot to Totango |")
    assert again[2] == "| handoffs | 520 | 1,040 | - | - | - |"
    assert "| share of calls disturbed | 30.0% | 30.0% | - | - | - |" in again


def test_a_row_that_the_page_did_not_have_says_so():
    page = "\n".join(table("", "what", FIGURES[:1], {FIRST: PLAYED}))

    again = list(table(page, "what", FIGURES[:2], {}))

    assert again[2:4] == ["| handoffs | 520 | - | - | - | - |", "| worlds | - | - | - | - | - |"]
