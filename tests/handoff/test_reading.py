"""From a file to its model: as much of it as is sound, and every mistake once."""

from pathlib import Path
from typing import Literal

import pytest
from pydantic import Field

from handoff.errors import ConfigError
from handoff.names import Name
from handoff.reading import Parsed, parsed, read_model
from handoff.spans import SpanText
from handoff.yaml_files import Frozen, read_yaml


class Item(Frozen):
    name: str
    most: int = 0
    words: list[str] = Field(default_factory=list)


class File(Frozen):
    kind: str = ""
    when: Literal["never", "always"] | list[str] = "never"
    within: SpanText | None = None
    items: list[Item] = Field(default_factory=list)
    named: dict[Name, Item] = Field(default_factory=dict)


def read(tmp_path: Path, text: str) -> Parsed[File]:
    (tmp_path / "it.yml").write_text(text, encoding="utf-8")
    return parsed(read_yaml(tmp_path / "it.yml"), File)


def test_a_sound_file_is_its_model_and_nothing_is_lost(tmp_path):
    one = read(tmp_path, "kind: x\nitems: [{name: a}]\n")

    assert one.model == File(kind="x", items=[Item(name="a")])
    assert (one.findings, one.oddities, one.lost) == ((), (), frozenset())


def test_what_is_wrong_is_left_out_and_the_rest_is_there(tmp_path):
    one = read(tmp_path, "kind: x\nwithin: soon\nnamed:\n  a: {name: a, most: many}\n  b: {name: b}\n")

    assert one.model == File(kind="x", named={"a": Item(name="a"), "b": Item(name="b")})
    assert len(one.findings) == 2
    assert {"within", "a", "most"} <= one.lost


def test_an_item_without_what_it_must_have_is_left_out_whole_and_told_once(tmp_path):
    one = read(tmp_path, "items:\n  - {name: a}\n  - {most: 1}\n  - {name: c}\n")

    assert one.model == File(items=[Item(name="a"), Item(name="c")])
    assert one.findings == ("it.yml:3:5: items -> 1 -> name: this key is missing. Add it.",)
    assert "all of items" in one.lost


def test_places_of_items_stay_right_when_one_above_is_left_out(tmp_path):
    one = read(tmp_path, "items:\n  - {most: 1}\n  - {name: b}\n  - {most: 2}\n  - name: d\n    words: [x, y]\n")

    assert [item.name for item in one.model.items] == ["b", "d"]
    assert one.lines.spot("items", 1, "words", 1) == "it.yml:6:16"
    assert one.lines.spot("items", 0, "name") == "it.yml:3:6"


def test_what_is_told_of_later_items_names_the_line_where_they_stand(tmp_path):
    one = read(tmp_path, "items:\n  - {name: a, most: x}\n  - {name: b, mots: 1}\n  - {name: c, words: [1]}\n")

    assert [finding.split(": ")[0] for finding in one.findings] == ["it.yml:3:15", "it.yml:2:15", "it.yml:4:23"]


def test_a_misspelt_key_is_told_once_and_what_stands_under_it_is_read_all_the_same(tmp_path):
    one = read(tmp_path, "itmes:\n  - {nmae: a, most: many}\n")

    assert one.model == File(items=[Item(name="a")])
    assert one.findings == (
        "it.yml:1:1: itmes: unknown key. Nearest: items.",
        "it.yml:2:6: items -> 0 -> nmae: unknown key. Nearest: name.",
        "it.yml:2:15: items -> 0 -> most: 'many' stands here; it must be a whole number. Write it like 40.",
    )


def test_a_name_that_is_none_is_told_once_and_read_as_what_it_should_be(tmp_path):
    one = read(tmp_path, "named:\n  Go-live on: {name: a, most: x}\n")

    assert one.model == File(named={"go_live_on": Item(name="a")})
    assert one.findings == (
        "it.yml:2:3: named -> Go-live on: 'Go-live on' is no name. Write go_live_on.",
        "it.yml:2:25: named -> go_live_on -> most: 'x' stands here; it must be a whole number. Write it like 40.",
    )


def test_of_two_keys_that_mean_the_same_one_only_is_read_and_both_are_told(tmp_path):
    one = read(tmp_path, "knd: a\nkindd: b\n")

    assert [finding.split(": ", 1)[1] for finding in one.findings] == [
        "knd: unknown key. Nearest: kind.",
        "kindd: unknown key. Nearest: kind.",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("when: sometimes", "when: 'sometimes' cannot be used here. Write never, always, or a list: [a, b]."),
        ("when: 5", "when: 5 cannot be used here. Write never, always, or a list: [a, b]."),
        ("within: 5", "within: '5' is no span of time. Write it like '1 working day', '10 days' or '4 hours'."),
        ("kind: 5", 'kind: 5 stands here; it must be a text. Quote it: "5".'),
        ("kind: true", 'kind: true stands here; it must be a text. Quote it: "true".'),
        ("kind: 2026-12-01", 'kind: 2026-12-01 stands here; it must be a text. Quote it: "2026-12-01".'),
        ("kind: [a]", "kind: a list stands here; it must be one text. Write one."),
        ("kind: {a: 1}", "kind: a set of keys stands here; it must be one text. Write one."),
        (
            "kind: {account.name}",
            'kind: an unquoted brace makes this keys and values. Quote it: "{account.name}", or take the braces away.',
        ),
        ("kind:", "kind: nothing stands behind this key. Write its value, or take the key out."),
        ("kind: null", "kind: nothing stands here; it must be a text. Write one."),
        ("7: x", '7: a key must be a text. Quote it: "7".'),
    ],
)
def test_a_value_that_fits_none_of_its_forms_is_told_once_in_words_of_people(tmp_path, text, said):
    assert read(tmp_path, text).findings == (f"it.yml:1:1: {said}",)


@pytest.mark.parametrize("text", ["- a\n- b\n", "words\n", "5\n"])
def test_a_file_of_which_nothing_is_sound_has_no_model(tmp_path, text):
    one = read(tmp_path, text)

    assert one.model is None
    assert len(one.findings) == 1


def test_a_file_with_mistakes_is_refused_with_all_of_them(tmp_path):
    (tmp_path / "it.yml").write_text("knd: a\nwithin: soon\n", encoding="utf-8")

    with pytest.raises(ConfigError) as caught:
        read_model(tmp_path / "it.yml", File, name="sources/it.yml")

    assert caught.value.message == "sources/it.yml has 2 mistakes; nothing was sent."
    assert [finding.split(": ")[0] for finding in caught.value.findings] == ["sources/it.yml:1:1", "sources/it.yml:2:1"]


def test_reading_does_not_change_what_was_read(tmp_path):
    (tmp_path / "it.yml").write_text("knd: a\nitems: [{most: 1}]\n", encoding="utf-8")
    file = read_yaml(tmp_path / "it.yml")

    parsed(file, File)

    assert file.data == {"knd": "a", "items": [{"most": 1}]}
