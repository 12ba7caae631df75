"""What is done by a faster way gives exactly what its plain definition gives."""

from collections.abc import Callable
from datetime import timedelta, timezone
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from handoff import compiling, fingerprints, paths, prose, transforms
from handoff.rules import Context, FieldRule, compile_record, compile_rule
from tests.handoff import as_defined

TAGS = ("<p>", "</p>", "<br>", "<br/>", "</br>", "<b>", "</b>", "<td>", "</tr>", "<title>", "</title>", "<script>")
TAGS += (
    "</script>",
    "<P>",
    "<p class='x'>",
    "<rosa@acme.example>",
    "</p/>",
    "<b/>",
    "<!-- x -->",
    "<",
    ">",
    "< p>",
    "<p",
)
WORDS = (
    "a",
    "Umlaut ü",
    "&amp;",
    "&lt;p&gt;",
    "&",
    "&#x41;",
    "&nbsp",
    "\n",
    "\r\n",
    " ",
    "\t",
    "\u2028",
    "|",
    ";",
    "•",
    "- ",
)
WORDS += ("2026-12-01", "2026-02-31", "2026W01T12", "2026-W01-1", "20261201", "2026-12-01T23:30:00-05:00", "2026-1-1")
WORDS += (
    "48000.00",
    "1e5",
    "-0.0",
    "0.1255",
    "12 000,50",
    "1_000",
    "NaN",
    "-Infinity",
    "1E+40",
    "yes",
    "NO",
    "true",
    "High",
)
texts = st.lists(st.sampled_from((*TAGS, *WORDS)) | st.text(max_size=3), max_size=8).map("".join)
blanks = st.sampled_from((" ", "\n\t", "\u2003", "\x1c", ""))
moments = st.datetimes() | st.datetimes(timezones=st.just(timezone(timedelta(hours=-5))))
scalars = (
    st.none() | blanks | texts | st.decimals() | st.integers() | st.floats() | st.booleans() | st.dates() | moments
)
values = scalars | st.lists(scalars, max_size=3) | st.dictionaries(st.sampled_from(("text", "name", "x")), texts)


def said(work: Callable[[Any], Any], value: Any) -> Any:
    """The result with its type, or the words of the refusal; NaN is equal to itself here."""
    try:
        result = work(value)
    except ValueError as error:
        return str(error)
    return type(result), repr(result)


@pytest.mark.parametrize(
    "name", ["missing", "text", "exact", "plain", "decimal", "percent", "as_date", "boolean", "as_list", "lines"]
)
@given(values)
def test_a_transform_gives_what_its_definition_says(name, value):
    assert said(getattr(transforms, name), value) == said(getattr(as_defined, name), value)


@given(texts)
@example("<p>Cut <b>4 hours</b> &amp; more</p>")
@example("a < b > c")
@example("<title>&lt;p>")
@example("one&")
def test_rich_text_is_read_as_the_parser_reads_it(markup):
    assert prose.as_read(markup) == as_defined.as_read(markup)


def test_ordinary_rich_text_is_read_without_the_parser(monkeypatch):
    monkeypatch.setattr(prose, "_Prose", None)

    assert prose.as_read("<p>Cut <b>4</b> hours &amp; more<br/>now</p>") == "\nCut 4 hours & more\nnow\n"


names = st.sampled_from(("Name", "name", "NAME", "Amount", "Account", "account", "Owner"))
leaves = st.none() | st.booleans() | st.integers() | st.text(max_size=3)
records = st.dictionaries(
    names, st.recursive(leaves, lambda inner: st.dictionaries(names, inner, max_size=4) | st.lists(inner, max_size=2))
)
dotted = st.lists(names, min_size=1, max_size=4).map(".".join)


@given(records, st.lists(dotted, max_size=6))
def test_a_record_made_flat_holds_what_stands_at_each_path(record, wanted):
    found = paths.flatten(wanted)(record)

    assert found == {path: as_defined.value_at(record, path) for path in wanted}
    assert list(found) == list(dict.fromkeys(wanted))
    assert [repr(value) for value in found.values()] == [repr(paths.getter(path)(record)) for path in found]


rules = st.fixed_dictionaries(
    {"from": st.sampled_from(("a", ["a"], ["a", "b"], ["a", "b", "c"]))},
    optional={
        "as": st.sampled_from(tuple(transforms.TRANSFORMS)),
        "plus": st.sampled_from(("3 days", "4 hours", "0 days")),
        "max": st.sampled_from((1, 5, 40)),
        "default": st.sampled_from(("none", 0, False, [])),
        "values": st.dictionaries(
            st.sampled_from(("High", "yes", "1", "2026-12-01")), st.sampled_from(("x", "2027-01-01", "", None, 7))
        ),
    },
)


def outcome(work: Callable[[Context], Any], values: dict[str, Any]) -> Any:
    context = Context(values)
    return said(lambda _: work(context), None), context.notes


@given(
    rules, st.dictionaries(st.sampled_from("abc"), values | blanks | st.sampled_from(("High", "yes", "2026-12-01", 1)))
)
def test_a_compiled_rule_gives_the_value_and_the_notes_of_its_definition(written, found):
    rule = FieldRule.model_validate(written)
    compiled = compile_rule("Field", rule, place="targets/x.yml:1")

    assert outcome(compiled, found) == outcome(lambda context: as_defined.read_by(rule, context), found)


others = st.sampled_from(({"value": "always"}, {"value": 0}, {"text": "{a} of {b}"}, {"text": "{c}"}))
found_values = st.dictionaries(st.sampled_from("abc"), values | blanks | st.sampled_from(("High", "yes", "2026-12-01")))


@given(st.lists(rules | others, max_size=6), found_values)
def test_the_rules_of_a_record_together_give_what_each_gives_alone_in_their_order(written, found):
    known = {f"field_{number}": FieldRule.model_validate(rule) for number, rule in enumerate(written)}
    alone = {name: compile_rule(name, rule, place="sources/x.yml:1") for name, rule in known.items()}
    context, notes = Context(found), []

    fields = compile_record(known, alone)(found, notes)

    each = {
        name: as_defined.read_by(rule, context) if rule.from_ else alone[name](context) for name, rule in known.items()
    }
    said_by_each = {name: value for name, value in each.items() if value is not None}
    assert repr(fields) == repr(said_by_each)
    assert notes == context.notes


def test_the_rules_of_a_record_are_carried_out_in_one_loop_without_a_call_of_each():
    rule = FieldRule.model_validate({"from": ["a", "b"], "values": {"x": "y"}, "as": "text"})

    def never(context: Context) -> Any:
        raise AssertionError("a rule was called by itself")

    read = compile_record({"one": rule, "two": rule}, {"one": never, "two": never})

    assert read({"b": " x "}, []) == {"one": "y", "two": "y"}


def test_what_a_rule_does_not_say_costs_nothing():
    assert compiling.conversion(by=None, transform=None, limit=None) is None
    assert compiling.conversion(by=None, transform=transforms.decimal, limit=None) is transforms.decimal


ORDINARY = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.dates()
    | st.datetimes(timezones=st.timezones())
    | st.decimals()
)


@given(st.recursive(ORDINARY, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8))
def test_a_fingerprint_is_the_one_of_the_value_s_plain_json(value):
    assert fingerprints.fingerprint(value) == as_defined.fingerprint(value)
