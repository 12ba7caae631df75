"""The file of named accounts."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from handoff.named_accounts import mistakes_in_accounts

HEADER = "account_id,csm_email,because\n"
LINE = "0015g00000QrStUAAV,ida@fjord.example,Asked for her\n"


def nobody(email: str) -> Iterator[str]:
    if email != "ida@fjord.example":
        yield f"{email!r} is nobody"


def found(tmp_path: Path, text: str | bytes) -> list[tuple[int, str]]:
    path = tmp_path / "accounts.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return list(mistakes_in_accounts(path, nobody))


@pytest.mark.parametrize("start", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_good_file_holds_no_mistake_however_a_spreadsheet_saved_it(tmp_path, start, end):
    text = f'{start}{HEADER}{LINE}0015g00000AbCdE,ida@fjord.example,"One, two"\n12345678,ida@fjord.example,\n\n,,\n'

    assert found(tmp_path, text.replace("\n", end)) == []


def test_the_reason_may_be_left_out_as_a_column(tmp_path):
    assert found(tmp_path, "csm_email,account_id\nida@fjord.example,0015g00000QrStU\n") == []


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("", 1, "the column 'account_id' is missing. Write account_id,csm_email,because into the first line"),
        ("account_id,csm\n", 1, "the column 'csm_email' is missing."),
        (HEADER.replace(",", ";"), 1, "the columns are divided by semicolons. Save it with commas."),
        (HEADER + LINE + "1.5E+17,ida@fjord.example,x\n", 3, "'1.5E+17' is no account id."),
        (HEADER + LINE + LINE[:15] + LINE[18:], 3, "the account 0015g00000QrStU is in line 2 already. Keep one"),
        (HEADER + "0015g00000QrStU,,x\n", 2, "no CSM is named."),
        (HEADER + "0015g00000QrStU,bo@fjord.example,x\n", 2, "'bo@fjord.example' is nobody"),
        (HEADER + "0015g00000QrStU,ida@fjord.example,one, two\n", 2, "it has 4 columns and the first line 3."),
        ((HEADER + "0015g00000QrStU,ida@fjord.example,Grüße\n").encode("latin-1"), 2, "a letter here is not UTF-8."),
    ],
)
def test_a_mistake_is_told_with_its_line(tmp_path, text, line, words):
    [(at, said)] = found(tmp_path, text)

    assert at == line
    assert said.startswith(words)


def test_a_mistake_below_a_reason_of_two_lines_is_told_with_the_file_s_own_line(tmp_path):
    text = f'{HEADER}0015g00000QrStU,ida@fjord.example,"One\ntwo"\nx,ida@fjord.example,\n'

    assert [line for line, _ in found(tmp_path, text)] == [4]
