"""A search is read whole, or it is said that it was not."""

from typing import Any

import pytest

from connectors._totango_pages import Pages
from connectors._totango_wire import TooMany
from handoff.errors import Rejected
from tests.connectors.totango.standing import StandIn, platform
from tests.connectors.totango.world import DEAL, Script, connector, found
from tests.fakes import FakeClock


def note(number: int) -> dict[str, Any]:
    return {"account_id": "A1", "subject": f"{number}", "content": f"Sold\n\n[ref hb:{DEAL}:e1:cs.n{number}]"}


def tenant(notes: int, **switches: Any) -> StandIn:
    totango = StandIn(FakeClock(), **switches)
    totango.load(accounts=[{"id": "A1", "name": "Globex"}])
    totango.load(touchpoints=[{"id": number, "event_id": f"evt-{number}", **note(number)} for number in range(notes)])
    return totango


def counted(totango: StandIn, **settings: Any) -> int:
    return sum(len(page) for page in platform(totango, **settings).census())


def events(*pages: list[dict[str, Any]], total: int | None = None) -> Script:
    """Return answers to a census: no accounts, no rows, and these pages of events."""
    told = {} if total is None else {"total_hits": total}
    answers = [{"response": {"events": {"hits": page, **told}}} for page in pages]
    return Script(found("accounts"), found("collections"), *answers)


def counted_of(script: Script) -> int:
    return sum(len(page) for page in connector(script).census())


def page_of(first: int, last: int) -> list[dict[str, Any]]:
    return [{"id": f"evt-{number}", "type": "note"} for number in range(first, last)]


@pytest.mark.parametrize("offset", ["page", "page_from_1", "record"])
@pytest.mark.parametrize("total", ["everywhere", "accounts"])
def test_the_census_counts_every_event_however_the_offset_counts(offset, total):
    totango = tenant(2_500, events_offset=offset, total_hits=total)

    assert counted(totango, events_offset=offset) == 2_500


@pytest.mark.parametrize("offset", ["page_from_1", "record"])
@pytest.mark.parametrize("total", ["everywhere", "accounts"])
def test_pages_that_repeat_one_another_are_no_census(offset, total):
    totango = tenant(2_500, events_offset=offset, total_hits=total)

    with pytest.raises(Rejected, match=r"repeats .* Correct `events_offset`"):
        counted(totango)


def test_fewer_events_than_were_told_are_no_census():
    script = events(page_of(0, 1000), [], total=2_500)

    with pytest.raises(Rejected, match="told 2,500 hits and gave 1,000"):
        counted_of(script)


def test_ten_full_pages_without_a_total_are_more_than_a_search_reaches():
    script = events(*(page_of(1000 * number, 1000 * number + 1000) for number in range(10)))

    with pytest.raises(TooMany, match="there may be more than the 10,000"):
        counted_of(script)

    assert script.answers == []


def test_nine_full_pages_and_a_short_one_are_all_without_a_total():
    counted_of(events(*(page_of(1000 * number, 1000 * number + 1000) for number in range(9)), page_of(9000, 9999)))


def test_more_rows_than_a_search_reaches_are_told_without_a_total():
    rows = [{"account": {"name": "A1"}, "selected_fields": [f"r{number}", None, None]} for number in range(10_000)]
    pages = [{"response": {"collections": {"hits": rows[at : at + 1000]}}} for at in range(0, 10_000, 1000)]

    with pytest.raises(TooMany):
        counted_of(Script(found("accounts"), *pages))


def test_an_event_that_comes_while_the_pages_are_read_moves_a_hit_and_stops_nothing():
    counted_of(events(page_of(0, 1000), page_of(999, 1500), total=1_500))


def test_a_search_of_exactly_what_it_reaches_is_whole_where_it_tells_so():
    pages = Pages()
    for number in range(10):
        pages.add(page_of(1000 * number, 1000 * number + 1000), 10_000)

    assert (pages.beyond, pages.torn, pages.ended) == ("", "", True)


def test_the_terms_that_the_reference_infers_are_settings():
    script = events([])

    list(connector(script, collection_term="type", event_term="kind").census())

    terms = [said["query"]["terms"] for _, _, said in script.asked]
    assert terms[1] == [{"type": "string", "term": "type", "in_list": ["closed_won_deals"]}]
    assert terms[2] == [{"type": "kind", "in_list": ["note", "task"]}]
