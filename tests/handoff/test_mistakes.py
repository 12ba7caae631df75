"""Every mistake that is made in good files is found before anything is sent, and named with its line and a fix."""

import re
import types
import typing
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel
from ruamel.yaml import YAML
from typer.testing import CliRunner
from typing_extensions import TypeAliasType

from cli.app import app
from handoff import conditions
from handoff.contract import Contract
from handoff.errors import ConfigError
from handoff.loading import load_mappings
from handoff.mapping_files import SourceFile, TargetFile
from handoff.people import People
from sandbox.shell import free_port_base
from tests.mistakes import MISTAKES, yaml_as_such
from tests.mistakes.page import page
from tests.mistakes.table import ACCOUNTS, CONTRACT, GOOD, PEOPLE, ROOT, SOURCE, STORY, TARGET, Edit, Mistake
from tests.systems import GAINSIGHT

FIXES = (
    "Nearest: Use Write Add Take Keep Quote Put Save Close Give Indent Begin Correct Delete Split Name Make Move Map "
    "Copy Swap Shorten Test Activate None"
)
SETTINGS = """\
[crm.main]
system = "salesforce"
domain = "acme.my"
auth = "client_credentials"

[platform.main]
system = "gainsight"
base_url = "{base_url}"
"""
FILES = {CONTRACT: Contract, PEOPLE: People, SOURCE: SourceFile, TARGET: TargetFile}


def found_in(folder: Path) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as caught:
        load_mappings(folder, crm="salesforce", platform=GAINSIGHT)
    found = caught.value.findings or (caught.value.message,)
    return tuple(finding.replace(str(folder), "mappings") for finding in found)


@pytest.mark.parametrize("good", GOOD)
def test_the_good_files_hold_no_mistake(good):
    load_mappings(GOOD[good], crm="salesforce", platform=GAINSIGHT)


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
def test_a_mistake_is_found_and_nothing_else_is(mistake: Mistake, tmp_path: Path):
    assert found_in(mistake.made_in(tmp_path)) == mistake.says


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
def test_what_is_said_names_file_line_and_column_and_ends_with_a_fix(mistake: Mistake):
    for finding in mistake.says:
        place, _, words = finding.partition(": ")

        assert re.fullmatch(r"[a-z_./0-9]+\.(yml|csv|j2):\d+:\d+", place)
        assert words.endswith(".")
        assert re.search(rf"[.;] ({'|'.join(FIXES.split())})(?!\w)", words), f"no fix in: {words}"


def test_there_are_120_distinct_mistakes_at_least():
    assert len({mistake.name for mistake in MISTAKES}) == len(MISTAKES)
    assert len({mistake.edits for mistake in MISTAKES}) == len(MISTAKES)
    assert len({mistake.says for mistake in MISTAKES}) >= 120


@pytest.mark.parametrize("mistake", [*MISTAKES[::40], yaml_as_such.MISTAKES[0]], ids=lambda mistake: mistake.name)
def test_sync_ends_with_2_before_it_opens_its_ledger_or_calls_a_system(mistake: Mistake, tmp_path: Path, monkeypatch):
    base_url = f"http://127.0.0.1:{free_port_base()}"  # where nobody answers: a call would end with 3
    (tmp_path / "handoff.toml").write_text(SETTINGS.format(base_url=base_url), encoding="utf-8")
    monkeypatch.chdir(tmp_path)

    done = CliRunner().invoke(app, ["sync", "--mappings", str(mistake.made_in(tmp_path))])

    assert done.exit_code == 2
    assert mistake.says[0].replace("mappings/", f"{tmp_path}/mappings/") in done.stderr.replace("\n", " ")
    assert not list(tmp_path.glob("*.db"))


def test_the_list_in_the_documentation_is_up_to_date():
    written = (ROOT / "docs" / "mistakes.md").read_text(encoding="utf-8")

    assert written == page(), "Write it anew: python -m tests.mistakes"


def oddities(tmp_path: Path, file: str, before: bytes = b"", end: bytes = b"\n") -> list[str]:
    folder = Mistake("odd", (), ()).made_in(tmp_path)
    path = folder / file
    path.write_bytes(before + path.read_bytes().replace(b"\n", end))
    notices = load_mappings(folder, crm="salesforce", platform=GAINSIGHT).notices
    return [notice for notice in notices if "not in force yet" not in notice]


@pytest.mark.parametrize("file", FILES)
def test_a_byte_order_mark_does_no_harm_and_is_told_with_its_place(file, tmp_path):
    assert oddities(tmp_path, file, before=b"\xef\xbb\xbf") == [
        f"{file}:1:1: the file begins with a byte order mark. It is read all the same; save it as plain UTF-8."
    ]


@pytest.mark.parametrize("file", FILES)
def test_windows_line_ends_do_no_harm_and_are_told_with_their_place(file, tmp_path):
    assert oddities(tmp_path, file, end=b"\r\n") == [
        f"{file}:1:1: lines end as on Windows (CRLF). It is read all the same; save it with LF."
    ]


@pytest.mark.parametrize("file", [ACCOUNTS, STORY])
def test_a_spreadsheet_s_and_an_editor_s_byte_order_mark_is_no_part_of_the_text(file, tmp_path):
    assert oddities(tmp_path, file, before=b"\xef\xbb\xbf", end=b"\r\n") == []


def test_a_blank_line_in_the_file_of_named_accounts_is_no_mistake(tmp_path):
    blank = Mistake("blank", (Edit(ACCOUNTS, "Same building\n", "Same building\n\n,,\n"),), ())

    load_mappings(blank.made_in(tmp_path), crm="salesforce", platform=GAINSIGHT)


# Whether the whole set is whole


def keys_of(model: type[BaseModel], seen: frozenset[type[BaseModel]] = frozenset()) -> set[str]:
    """Return every key of a file's grammar."""
    if model in seen:
        return set()
    keys = set()
    for name, info in model.model_fields.items():
        keys.add(info.alias or name)
        for inner in models_in(info.annotation):
            keys |= keys_of(inner, seen | {model})
    return keys


def models_in(annotation: Any) -> set[type[BaseModel]]:
    if isinstance(annotation, TypeAliasType):
        return {conditions.Join, conditions.Test}
    if isinstance(annotation, type) and not isinstance(annotation, types.GenericAlias):
        return {annotation} if issubclass(annotation, BaseModel) else set()
    return {model for part in typing.get_args(annotation) for model in models_in(part)}


def words_in(data: Any) -> set[str]:
    if isinstance(data, dict):
        return {str(key) for key in data} | {word for value in data.values() for word in words_in(value)}
    return {word for item in data for word in words_in(item)} if isinstance(data, list) else set()


def test_the_whole_set_uses_every_key_of_the_grammar():
    files = [YAML(typ="safe").load((GOOD["whole"] / file).read_text(encoding="utf-8")) for file in FILES]

    assert {key for model in FILES.values() for key in keys_of(model)} - words_in(files) == set()
