"""The words behind `as`."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from handoff.transforms import (
    TRANSFORMS,
    as_date,
    as_datetime,
    as_list,
    boolean,
    decimal,
    exact,
    fitted,
    html,
    later,
    lines,
    missing,
    percent,
    plain,
    quoted,
    shortened,
    span,
    text,
)

WORDS = ("text", "plain", "html", "number", "percent", "decimal", "date", "datetime", "boolean", "list", "lines")
amounts = st.integers(0, 12).flatmap(lambda places: st.decimals(-(10**15), 10**15, places=places))


def test_the_table_of_transforms_is_closed():
    assert tuple(TRANSFORMS) == WORDS


@pytest.mark.parametrize("nothing", [None, "", "   ", "\n\t", [], (), {}])
def test_nothing_said_is_missing(nothing):
    assert missing(nothing)


@pytest.mark.parametrize("something", [0, Decimal(0), False, "0", [None], date(2026, 3, 9)])
def test_zero_and_no_are_answers_and_not_missing(something):
    assert not missing(something)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (True, "yes"),
        (False, "no"),
        (Decimal("48000.00"), "48,000"),
        (Decimal("1234.5"), "1,234.50"),
        (0.1, "0.10"),
        (date(2026, 12, 1), "2026-12-01"),
        (["Lights", Decimal(2)], "Lights, 2"),
        ({"text": "Migrate two ports", "kind": "service"}, "Migrate two ports"),
        ({"label": "Champion"}, "Champion"),
        ("  Nordwind ", "Nordwind"),
    ],
)
def test_a_value_is_written_as_a_person_would(value, said):
    assert text(value) == said


@pytest.mark.parametrize(
    ("value", "compared"),
    [
        (12345, "12345"),
        (Decimal("48000.00"), "48000"),
        (Decimal("1E+3"), "1000"),
        (Decimal("0.001"), "0.001"),
        (Decimal("-0.0"), "0"),
        (True, "yes"),
        (" High ", "High"),
    ],
)
def test_a_number_is_compared_with_all_its_digits_and_no_separators(value, compared):
    assert exact(value) == compared


@given(amounts)
def test_a_decimal_survives_being_written_and_read(amount):
    assert decimal(str(amount)) == amount


def test_a_decimal_is_exact_where_a_float_is_not():
    assert decimal("0.1") + decimal("0.2") == Decimal("0.3")


@pytest.mark.parametrize("value", ["12 000,50", "about 5", "", "NaN", "Infinity", "-inf", "sNaN", "1e999999"])
def test_what_is_no_usable_number_is_refused(value):
    with pytest.raises(ValueError, match="is no number"):
        decimal(value)


@pytest.mark.parametrize(
    ("share", "shown"), [("0.8", "80"), ("1", "100"), ("0", "0"), ("0.6666666666", "66.7"), ("0.005", "0.5")]
)
def test_a_share_of_one_is_a_percentage_with_one_decimal(share, shown):
    assert str(percent(share)) == shown


def test_a_share_that_is_absurdly_large_is_refused():
    with pytest.raises(ValueError, match="is no share of 1"):
        percent("1e29")


@pytest.mark.parametrize(
    ("rich", "said"),
    [
        ("<p>Fewer late berths</p><p>by May</p>", "Fewer late berths\nby May"),
        ("one<br>two<br/>three", "one\ntwo\nthree"),
        ("<ul><li>one</li><li>two</li></ul>", "one\ntwo"),
        ("Fewer <b>late</b> ber<i>ths</i>", "Fewer late berths"),
        ("<table><tr><td>Berth</td><td>4</td></tr><tr><td>Crane</td></tr></table>", "Berth 4\nCrane"),
        ("R&amp;D &lt;3 you &copy;&nbsp;x", "R&D <3 you © x"),
        ("margin < 5% and cost > 3", "margin < 5% and cost > 3"),
        ("latency <5 ms", "latency <5 ms"),
        ("x<y and z>3", "x<y and z>3"),
        ("Rosa <rosa@northwind.example> leads", "Rosa <rosa@northwind.example> leads"),
        ("speed <b", "speed <b"),
        ("see</what>ever", "see</what>ever"),
        ("<script>alert(1)</script><style>p{}</style>Hi<!-- not this -->", "Hi"),
        ("  two   words \n\n next ", "two words\nnext"),
        ("https://northwind.example/page", "https://northwind.example/page"),
        (["Lights", "Masts"], "Lights, Masts"),
    ],
)
def test_rich_text_becomes_what_its_reader_would_see(rich, said):
    assert plain(rich) == said


def test_thousands_of_unclosed_tags_are_read_in_no_time():
    assert plain("<div>" * 8_000 + "berths") == "berths"


@given(st.text())
def test_html_shows_exactly_the_text(words):
    shown = html(words)

    assert isinstance(shown, Markup)
    assert "<" not in shown.replace("<br>", "")
    assert shown.replace("<br>", "\n").unescape().splitlines() == text(words).splitlines()


def test_a_moment_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="has no time zone"):
        as_datetime("2026-12-01T09:00:00")
    with pytest.raises(ValueError, match="has no time zone"):
        as_datetime(datetime(2026, 12, 1, 9))  # noqa: DTZ001


@pytest.mark.parametrize(
    "written",
    [
        "2026-12-01T09:00:00Z",
        "2026-12-01T09:00:00.000+0000",
        "2026-12-01T10:00:00+01:00",
        datetime(2026, 12, 1, 4, tzinfo=timezone(timedelta(hours=-5))),
    ],
)
def test_a_moment_is_kept_in_utc(written):
    assert as_datetime(written) == datetime(2026, 12, 1, 9, tzinfo=UTC)
    assert as_datetime(written).tzinfo is UTC


def test_a_day_as_a_moment_is_its_midnight_in_utc():
    assert as_datetime(date(2026, 12, 1)) == datetime(2026, 12, 1, tzinfo=UTC)


@pytest.mark.parametrize("wrong", ["tomorrow", "2026-13-01T00:00:00Z", "0001-01-01T00:00:00+14:00"])
def test_what_is_no_moment_is_refused(wrong):
    with pytest.raises(ValueError, match=r"is no moment|is outside the years"):
        as_datetime(wrong)


@pytest.mark.parametrize(
    "written",
    [
        "2026-12-01",
        "2026-12-01T00:30:00Z",
        "2026-11-30T23:30:00-05:00",
        "2026-12-01T23:30:00",
        date(2026, 12, 1),
        datetime(2026, 12, 2, 0, 30, tzinfo=timezone(timedelta(hours=1))),
    ],
)
def test_a_day_is_the_day_in_utc_or_as_written(written):
    assert as_date(written) == date(2026, 12, 1)


@pytest.mark.parametrize("wrong", ["end of April", "2026-02-30", "2026-12-01 or so", "01/12/2026"])
def test_what_is_no_day_is_refused(wrong):
    with pytest.raises(ValueError, match="is no day like 2026-12-01"):
        as_date(wrong)


@pytest.mark.parametrize(
    ("start", "by", "end"),
    [
        (date(2026, 3, 9), "3 days", date(2026, 3, 12)),
        ("2026-03-09", "1 week", date(2026, 3, 16)),
        (date(2026, 3, 9), "4 hours", datetime(2026, 3, 9, 4, tzinfo=UTC)),
        (datetime(2026, 3, 9, 15, tzinfo=UTC), "4 hours", datetime(2026, 3, 9, 19, tzinfo=UTC)),
        ("2026-03-09T15:00:00Z", "2 days", datetime(2026, 3, 11, 15, tzinfo=UTC)),
    ],
)
def test_a_span_later_is_a_day_of_a_day_and_a_moment_of_a_moment(start, by, end):
    assert later(start, span(by)) == end


def test_a_day_at_the_end_of_time_has_no_later_one():
    with pytest.raises(ValueError, match="too late to count from"):
        later(date(9999, 12, 31), timedelta(days=90))


@pytest.mark.parametrize("words", ["90", "soon", "-3 days", "3 months", "1.5 days", "3 dayz"])
def test_what_is_no_span_is_refused_with_an_example(words):
    with pytest.raises(ValueError, match="Write it like '90 days'"):
        span(words)


@pytest.mark.parametrize(
    ("value", "answer"), [("Yes", True), ("no", False), ("1", True), (" FALSE ", False), (True, True)]
)
def test_yes_and_no_are_read_in_the_usual_spellings(value, answer):
    assert boolean(value) is answer


def test_anything_else_is_neither_yes_nor_no():
    with pytest.raises(ValueError, match="'maybe' is neither yes nor no"):
        boolean("maybe")


def test_a_multi_select_is_split_at_its_semicolons():
    assert as_list("Lights; Masts;;") == ["Lights", "Masts"]
    assert as_list(("Lights", "Masts")) == ["Lights", "Masts"]


def test_a_line_holds_a_promise_its_day_its_kind_and_its_owner():
    written = "- Migrate two ports | 2026-04-20 | service | Rosa Lang\n\n• Train the harbour master\nBuoys | | goods"

    assert lines(written) == [
        {
            "id": "1",
            "text": "Migrate two ports",
            "due_on": date(2026, 4, 20),
            "kind": "service",
            "owner": "Rosa Lang",
        },
        {"id": "2", "text": "Train the harbour master"},
        {"id": "3", "text": "Buoys", "kind": "goods"},
    ]


def test_a_promise_is_not_lost_over_a_date_that_is_none():
    assert lines("Migrate two ports | end of April\nTraining | 2026-05-01") == [
        {"id": "1", "text": "Migrate two ports (end of April)"},
        {"id": "2", "text": "Training", "due_on": date(2026, 5, 1)},
    ]


def test_items_become_one_line_each():
    assert lines([{"label": "Champion"}, {"label": "Amount"}]) == "Champion\nAmount"


@given(st.text(), st.integers(min_value=1, max_value=300))
def test_a_shortened_text_never_exceeds_its_limit(words, limit):
    short = shortened(words, limit)

    assert len(short) <= limit
    assert short == words or short.endswith("…")


def test_a_text_is_cut_at_a_word_where_one_is_near():
    assert shortened("Onboard the harbour of Bergen", 20) == "Onboard the harbour…"


@given(st.text(alphabet="<>&\"' ab\n", max_size=60), st.integers(min_value=1, max_value=80))
def test_html_is_cut_in_its_text_and_never_within_a_tag_or_an_entity(words, limit):
    short = fitted(html(words), limit)

    assert len(short) <= limit
    assert html(short.replace("<br>", "\n").unescape()) == short


def test_a_message_quotes_the_start_of_a_value_and_never_an_address():
    assert quoted("x" * 50) == repr("x" * 40)
    assert quoted("rosa@northwind.example") == "an e-mail address"
