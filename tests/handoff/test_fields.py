"""A step against the record that is there: whose word stands in each field."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from handoff.fields import Memory, Verdict, adopted, compared, must_be_read
from handoff.fingerprints import fingerprint
from handoff.model import Held, Scope, Step, Write
from handoff.remarks import remarks_on
from tests.handoff.builders import a_ref


def a_step(scope: Scope = Scope.ACCOUNT, **modes: Write) -> Step:
    """Return a step with one field a mode, named as in the modes, that all say `new`."""
    return Step("hb:x", "company", "company", scope, a_ref(), dict.fromkeys(modes, "new"), modes=modes)


def held(closed: bool = False, **values: str | None) -> Held:
    return Held("1P02", values, closed)


def ours(**values: str) -> Memory:
    """Return the memory of a record into which we wrote these values."""
    return Memory({name: fingerprint(value) for name, value in values.items()})


def verdict(mode: Write, memory: Memory, record: Held | None) -> tuple[Verdict, str]:
    (one,) = compared(a_step(F=mode), memory, record).fields
    return one.verdict, one.why


@pytest.mark.parametrize(
    ("mode", "before", "there", "expected"),
    [
        (Write.CREATE_ONLY, "old", "old", Verdict.KEPT_CREATE_ONLY),
        (Write.CREATE_ONLY, "old", None, Verdict.KEPT_CREATE_ONLY),
        (Write.ALWAYS, "old", "theirs", Verdict.SEND),
        (Write.ALWAYS, "old", "new", Verdict.SAME),
        (Write.IF_OURS, "old", "old", Verdict.SEND),
        (Write.IF_OURS, "old", "theirs", Verdict.KEPT_THEIRS),
        (Write.IF_OURS, "old", None, Verdict.KEPT_THEIRS),
        (Write.IF_OURS, "old", "new", Verdict.SAME),
        (Write.IF_OURS, None, None, Verdict.SEND),
        (Write.IF_OURS, None, "theirs", Verdict.KEPT_THEIRS),
        (Write.IF_EMPTY, "old", "old", Verdict.KEPT_THEIRS),
        (Write.IF_EMPTY, "old", None, Verdict.SEND),
        (Write.IF_EMPTY, None, "", Verdict.SEND),
        (Write.IF_OURS, "new", "theirs", Verdict.KEPT_THEIRS),
        (Write.ALWAYS, "new", None, Verdict.KEPT_THEIRS),
    ],
)
def test_whose_word_stands_follows_from_the_mode_our_last_value_and_what_is_there(mode, before, there, expected):
    memory = ours(F=before) if before else Memory()

    assert verdict(mode, memory, held(F=there))[0] is expected


@pytest.mark.parametrize(
    ("mode", "before", "there", "said"),
    [
        (Write.IF_EMPTY, "old", "old", "F of company was not empty: kept"),
        (Write.IF_EMPTY, None, "theirs", "F of company was not empty: kept"),
        (Write.IF_OURS, None, "theirs", "F of company was filled by somebody else: kept"),
        (Write.IF_OURS, "old", "theirs", "a person changed F of company: kept"),
    ],
)
def test_a_remark_blames_nobody_for_a_value_that_may_be_our_own(mode, before, there, said):
    memory, step = ours(F=before) if before else Memory(), a_step(F=mode)

    kept = compared(step, memory, held(F=there)).newly_kept(memory)

    assert remarks_on(step, kept) == (said,)


@pytest.mark.parametrize(("mode", "expected"), [(Write.IF_OURS, "unknown"), (Write.ALWAYS, "send")])
def test_a_field_that_cannot_be_read_back_is_unknown_and_written_only_where_nothing_is_asked(mode, expected):
    assert verdict(mode, ours(F="old"), held())[0] == expected


@pytest.mark.parametrize("mode", list(Write))
def test_nothing_is_written_to_work_that_is_closed(mode):
    assert compared(a_step(F=mode), ours(F="old"), held(closed=True, F="old")).send == {}


def test_a_value_that_is_there_already_counts_as_ours_without_a_send():
    result = compared(a_step(F=Write.IF_OURS), Memory(), held(F="new"))

    assert (result.send, result.ours) == ({}, {"F": fingerprint("new")})


def test_what_was_planned_and_not_written_is_never_remembered_as_ours():
    result = compared(a_step(F=Write.IF_OURS, G=Write.CREATE_ONLY), ours(F="old"), held(F="theirs", G=None))

    assert result.ours == {"F": fingerprint("old")}
    assert result.declined == {"F": fingerprint("new")}


def test_a_value_left_to_a_person_is_asked_for_once_and_never_written_later():
    step, memory = a_step(F=Write.IF_OURS), Memory({"F": fingerprint("old")}, declined={"F": fingerprint("new")})

    assert not must_be_read(step, memory)
    assert compared(step, memory, held(F="old")).send == {}


def test_an_update_that_may_have_arrived_is_ours_whichever_of_the_two_values_is_there():
    memory = Memory(ours(F="old").ours, {"F": [fingerprint("sent")]}, unsure=True)

    assert [verdict(Write.IF_OURS, memory, held(F=value))[0] for value in ("old", "sent", "theirs")] == [
        Verdict.SEND,
        Verdict.SEND,
        Verdict.KEPT_THEIRS,
    ]


def test_an_update_that_may_have_arrived_and_was_taken_back_is_said_again():
    memory = Memory(ours(F="new").ours, {"F": [fingerprint("sent")]}, unsure=True)

    assert must_be_read(a_step(F=Write.IF_OURS), memory)
    assert verdict(Write.IF_OURS, memory, held(F="sent"))[0] is Verdict.SEND


@pytest.mark.parametrize(
    ("mode", "scope", "said", "asks"),
    [
        (Write.IF_OURS, Scope.ACCOUNT, "new", False),
        (Write.IF_OURS, Scope.ACCOUNT, "old", True),
        (Write.IF_EMPTY, Scope.ACCOUNT, "old", True),
        (Write.ALWAYS, Scope.ACCOUNT, "old", False),
        (Write.ALWAYS, Scope.DEAL, "old", True),
        (Write.CREATE_ONLY, Scope.DEAL, "old", False),
        (Write.ALWAYS, Scope.DEAL, "new", False),
    ],
)
def test_the_platform_is_asked_only_where_something_depends_on_it(mode, scope, said, asks):
    assert must_be_read(a_step(scope, F=mode), ours(F=said)) is asks


def test_adoption_fills_what_is_empty_whatever_its_mode_and_keeps_the_rest():
    step = a_step(Empty=Write.CREATE_ONLY, Filled=Write.IF_OURS, Equal=Write.IF_OURS, Hidden=Write.ALWAYS)

    result = adopted(step, held(Empty=None, Filled="theirs", Equal="new"))

    assert result.send == {"Empty": "new"}
    assert result.ours == {"Equal": fingerprint("new")}
    assert result.declined == {"Filled": fingerprint("new")}


def test_a_moment_is_the_same_in_any_zone():
    step = a_step(F=Write.ALWAYS).with_payload({"F": datetime(2026, 3, 9, 15, tzinfo=UTC)})
    in_oslo = datetime(2026, 3, 9, 16, tzinfo=timezone(timedelta(hours=1)))

    assert compared(step, Memory(), Held("1P02", {"F": in_oslo})).send == {}
