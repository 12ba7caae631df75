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
        "handoff.yml:2: cuontry: unknown key. Nearest: country.",
    ]


def test_an_unknown_key_deep_inside_is_compared_with_the_keys_of_that_place(tmp_path):
    text = "name: x\nrouting:\n  - use: fixed\n    segmnts: [smb]\nteams:\n  smb:\n    use: x\n    zzz: 1\n"

    assert mistakes_in(tmp_path, text)[1:] == [
        "handoff.yml:4: routing -> 0 -> segmnts: unknown key. Nearest: segments.",
        "handoff.yml:8: teams -> smb -> zzz: unknown key. Use one of: segments, use.",
    ]


def test_all_mistakes_of_a_file_are_told_at_once(tmp_path):
    assert mistakes_in(tmp_path, "cuontry: NO\nrouting: fixed\nmost: many\n") == [
        "handoff.yml has 4 mistakes; nothing was sent.",
        "handoff.yml: name: this key is missing. Add it.",
        "handoff.yml:2: routing: input should be a valid list.",
        "handoff.yml:3: most: input should be a valid integer, unable to parse string as an integer.",
        "handoff.yml:1: cuontry: unknown key. Nearest: country.",
    ]


def test_a_key_written_twice_is_a_mistake_with_its_line(tmp_path):
    with pytest.raises(ConfigError, match=r'^handoff.yml:3: found duplicate key "name".* Keep one of the two\.$'):
        read_yaml(file_with(tmp_path, "name: a\nmost: 1\nname: b\n"))


def test_a_tab_is_a_mistake_with_its_line_and_what_to_do(tmp_path):
    with pytest.raises(ConfigError, match=r"^handoff.yml:2: .*Indent with spaces, not tabs\.$"):
        read_yaml(file_with(tmp_path, "teams:\n\tsmb: x\n"))


@pytest.mark.parametrize("text", ["name: {account.name}: plan\n", "name: 'open\n", "name: [a\n", "a: 1\n---\nb: 2\n"])
def test_broken_yaml_is_named_with_a_line_and_what_to_look_at(tmp_path, text):
    with pytest.raises(ConfigError, match=r"^handoff.yml:\d: .*Quote texts that hold a colon, a brace or a hash\.$"):
        read_yaml(file_with(tmp_path, text))


def test_an_unprintable_character_is_a_mistake_and_no_crash(tmp_path):
    with pytest.raises(ConfigError, match=r"^handoff.yml: .* Check the file with a YAML editor\.$"):
        read_yaml(file_with(tmp_path, "name: a\x00b\n"))


def test_a_missing_file_says_where_it_was_expected(tmp_path):
    with pytest.raises(ConfigError, match=r"^sources/hubspot.yml is not there\. Expected it at .*hubspot.yml\.$"):
        read_yaml(tmp_path / "hubspot.yml", name="sources/hubspot.yml")


def test_a_folder_in_the_place_of_a_file_is_a_mistake_and_no_crash(tmp_path):
    (tmp_path / "handoff.yml").mkdir()

    with pytest.raises(ConfigError, match=r"^handoff.yml cannot be read: Is a directory\."):
        read_yaml(tmp_path / "handoff.yml")


def test_a_file_that_is_no_utf_8_says_how_to_save_it(tmp_path):
    (tmp_path / "handoff.yml").write_bytes("name: Grüße".encode("latin-1"))

    with pytest.raises(ConfigError, match=r"is not UTF-8 text\. Save it as UTF-8\."):
        read_yaml(tmp_path / "handoff.yml")


def test_an_empty_file_lacks_what_it_must_hold(tmp_path):
    assert mistakes_in(tmp_path, "# nothing yet\n")[1:] == ["handoff.yml: name: this key is missing. Add it."]


@pytest.mark.parametrize("text", ["- a\n- b\n", "just text\n"])
def test_a_file_that_is_no_mapping_is_a_mistake(tmp_path, text):
    assert mistakes_in(tmp_path, text)[1].startswith("handoff.yml: the file: input should be a valid dictionary")


def test_a_key_that_is_no_text_is_a_mistake_with_its_line(tmp_path):
    assert "handoff.yml:2: 7: keys should be strings." in mistakes_in(tmp_path, "name: x\n7: y\n")


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
    assert nearest("xyz", []) == "Use one of: (none is defined)."


@pytest.mark.parametrize("wrong", ["2026-02-31", "2026-13-01", "2026-03-01T25:00:00"])
def test_a_date_that_does_not_exist_is_a_mistake_with_its_line_and_no_crash(tmp_path, wrong):
    with pytest.raises(ConfigError, match=rf"^handoff.yml:2: '{wrong}' is no value: .*\. Correct it, or quote it"):
        read_yaml(file_with(tmp_path, f"name: a\nmost: {wrong}\n"))


def test_a_doubled_section_is_named_without_all_that_stands_in_it(tmp_path):
    with pytest.raises(ConfigError) as caught:
        read_yaml(file_with(tmp_path, "teams:\n  a: {use: x}\nteams:\n  b: {use: y}\n"))

    assert str(caught.value) == 'handoff.yml:3: found duplicate key "teams". Keep one of the two.'
