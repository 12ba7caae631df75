"""YAML files and what is wrong with them."""

from pathlib import Path

import pytest

from handoff.errors import ConfigError
from handoff.reading import read_model
from handoff.yaml_files import Frozen, nearest, read_yaml


class Rule(Frozen):
    use: str
    segments: list[str] | None = None


class Contract(Frozen):
    name: str
    country: str = ""
    routing: list[Rule] | None = None
    teams: dict[str, Rule] | None = None
    most: int = 0


def file_with(tmp_path: Path, text: str, *, name: str = "handoff.yml") -> Path:
    path = tmp_path / name
    path.write_bytes(text.encode())
    return path


def mistakes_in(tmp_path: Path, text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        read_model(file_with(tmp_path, text), Contract)
    return [str(caught.value.message), *caught.value.findings]


def read(tmp_path: Path, text: str) -> Contract:
    return read_model(file_with(tmp_path, text), Contract)[0]


def test_no_stays_text_as_yaml_1_2_says(tmp_path):
    data = read_yaml(file_with(tmp_path, "a: NO\nb: on\nc: 12:30\nd: yes\ne: true\nf: 1.08\n")).data

    assert data == {"a": "NO", "b": "on", "c": "12:30", "d": "yes", "e": True, "f": 1.08}


@pytest.mark.parametrize("start", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_byte_order_mark_and_windows_line_ends_change_nothing(tmp_path, start, end):
    file = read_yaml(file_with(tmp_path, f"{start}name: Harbor{end}teams:{end}  smb: x{end}"))

    assert file.data == {"name": "Harbor", "teams": {"smb": "x"}}
    assert file.lines.place("teams", "smb") == "handoff.yml:3"


def test_a_place_is_that_of_the_nearest_key_around_it(tmp_path):
    lines = read_yaml(file_with(tmp_path, "name: x\nrouting:\n  - {use: fixed}\n  - use: fixed\n")).lines

    assert lines.place("routing", 1) == "handoff.yml:4"
    assert lines.place("routing", 1, "segments", 0) == "handoff.yml:4"
    assert lines.place("nowhere") == "handoff.yml"


def test_an_unknown_key_is_named_with_its_line_and_the_nearest_right_one(tmp_path):
    assert mistakes_in(tmp_path, "name: Harbor\ncuontry: NO\n") == [
        "handoff.yml has 1 mistake; nothing was sent.",
        "handoff.yml:2:1: cuontry: unknown key. Nearest: country.",
    ]


def test_an_unknown_key_deep_inside_is_compared_with_the_keys_of_that_place(tmp_path):
    text = "name: x\nrouting:\n  - use: fixed\n    segmnts: [smb]\nteams:\n  smb:\n    use: x\n    zzz: 1\n"

    assert mistakes_in(tmp_path, text)[1:] == [
        "handoff.yml:4:5: routing -> 0 -> segmnts: unknown key. Nearest: segments.",
        "handoff.yml:8:5: teams -> smb -> zzz: unknown key. Use one of: segments, use.",
    ]


def test_all_mistakes_of_a_file_are_told_at_once(tmp_path):
    assert mistakes_in(tmp_path, "cuontry: NO\nrouting: fixed\nmost: many\n") == [
        "handoff.yml has 4 mistakes; nothing was sent.",
        "handoff.yml:1:1: cuontry: unknown key. Nearest: country.",
        "handoff.yml:1:1: name: this key is missing. Add it.",
        "handoff.yml:2:1: routing: 'fixed' stands here; it must be a list. "
        "Write it as [a, b], or each item on a line of its own after '- '.",
        "handoff.yml:3:1: most: 'many' stands here; it must be a whole number. Write it like 40.",
    ]


def test_a_key_written_twice_is_a_mistake_with_its_line(tmp_path):
    file = read_yaml(file_with(tmp_path, "name: a\nmost: 1\nname: b\n"))

    assert file.findings == ("handoff.yml:3:1: name: 'name' is written twice, first in line 1. Keep one of the two.",)
    assert file.data == {"name": "a", "most": 1}


def test_a_tab_is_a_mistake_with_its_line_and_what_to_do(tmp_path):
    with pytest.raises(ConfigError, match=r"^handoff.yml:2:1: a tab stands here\. Indent with spaces, not tabs\.$"):
        read_yaml(file_with(tmp_path, "teams:\n\tsmb: x\n"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "name: {account.name}: plan\n",
            '1:7: a text that begins with a brace is not quoted. Quote it: "{account.name} ...".',
        ),
        ("most: 1\nname: 'open\n", "2:7: the quotation mark that opens here is not closed in its line. Close it."),
        ("name: [a\n", "1:7: the [ that opens here is not closed. Close it."),
        ("a: 1\n---\nb: 2\n", "2:1: a second document begins here. Take the line --- out."),
    ],
)
def test_broken_yaml_is_named_where_it_is_broken_in_words_of_people(tmp_path, text, said):
    with pytest.raises(ConfigError) as caught:
        read_yaml(file_with(tmp_path, text))

    assert str(caught.value) == f"handoff.yml:{said}"


def test_an_unprintable_character_is_a_mistake_and_no_crash(tmp_path):
    with pytest.raises(ConfigError, match=r"^handoff.yml:1:1: a character here cannot be printed\. Delete it"):
        read_yaml(file_with(tmp_path, "name: a\x00b\n"))


def test_a_missing_file_says_where_it_was_expected(tmp_path):
    with pytest.raises(
        ConfigError, match=r"^sources/hubspot.yml:1:1: the file is not there\. Put it at .*hubspot.yml\.$"
    ):
        read_yaml(tmp_path / "hubspot.yml", name="sources/hubspot.yml")


def test_a_folder_in_the_place_of_a_file_is_a_mistake_and_no_crash(tmp_path):
    (tmp_path / "handoff.yml").mkdir()

    with pytest.raises(ConfigError, match=r"^handoff.yml:1:1: it cannot be read: Is a directory\."):
        read_yaml(tmp_path / "handoff.yml")


def test_a_file_that_is_no_utf_8_says_how_to_save_it(tmp_path):
    (tmp_path / "handoff.yml").write_bytes("most: 1\nname: Grüße".encode("latin-1"))

    with pytest.raises(ConfigError, match=r"^handoff.yml:2:1: a letter here is not UTF-8\. Save the file as UTF-8\.$"):
        read_yaml(tmp_path / "handoff.yml")


def test_an_empty_file_lacks_what_it_must_hold(tmp_path):
    assert mistakes_in(tmp_path, "# nothing yet\n")[1:] == ["handoff.yml:1:1: name: this key is missing. Add it."]


@pytest.mark.parametrize(("text", "shown"), [("- a\n- b\n", "a list"), ("just text\n", "'just text'")])
def test_a_file_that_is_no_mapping_is_a_mistake(tmp_path, text, shown):
    assert mistakes_in(tmp_path, text)[1] == (
        f"handoff.yml:1:1: the file: {shown} stands here; it must be keys with values. "
        "Write them as {key: value}, or each on a line of its own."
    )


def test_a_key_that_is_no_text_is_a_mistake_with_its_line(tmp_path):
    assert mistakes_in(tmp_path, "name: x\n7: y\n")[1:] == ['handoff.yml:2:1: 7: a key must be a text. Quote it: "7".']


def test_a_merged_anchor_is_read_as_if_it_were_written_out(tmp_path):
    text = "name: x\nteams:\n  a: &a {use: fixed}\n  b: {<<: *a, segments: [smb]}\n"

    assert read(tmp_path, text).teams == {"a": Rule(use="fixed"), "b": Rule(use="fixed", segments=["smb"])}


def test_a_loaded_file_cannot_be_edited(tmp_path):
    contract = read(tmp_path, "name: Harbor\n")

    with pytest.raises(ValueError, match="frozen"):
        contract.name = "other"


def test_nearest_names_one_word_when_one_is_near_and_all_when_none_is():
    assert nearest("dat", ["date", "text"]) == "Nearest: date."
    assert nearest("xyz", ["text", "date"]) == "Use one of: date, text."
    assert nearest("xyz", []) == "None is defined; add it first."
    assert nearest("VP", ["vp", "csm"]) == "Nearest: vp."
    assert nearest("brief", ["gainsight.brief", "gainsight.plan"]) == "Nearest: gainsight.brief."
    assert nearest("xyz", [f"{number:02}" for number in range(42)]).endswith("38, 39 and 2 more.")


@pytest.mark.parametrize("wrong", ["2026-02-31", "2026-13-01", "2026-03-01T25:00:00"])
def test_a_date_that_does_not_exist_is_a_mistake_with_its_line_and_no_crash(tmp_path, wrong):
    with pytest.raises(
        ConfigError, match=rf"^handoff.yml:2:7: '{wrong}' is no day or moment that exists: .*\. Correct it, or"
    ):
        read_yaml(file_with(tmp_path, f"name: a\nmost: {wrong}\n"))


def test_a_doubled_section_is_named_without_all_that_stands_in_it(tmp_path):
    assert mistakes_in(tmp_path, "name: x\nteams:\n  a: {use: x}\nteams:\n  b: {use: y}\n")[1:] == [
        "handoff.yml:4:1: teams: 'teams' is written twice, first in line 2. Keep one of the two."
    ]
