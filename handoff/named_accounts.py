"""The CSV file of named accounts that a routing rule reads: whom it names, and what is wrong in it."""

import csv
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

ACCOUNT_ID = re.compile(r"[A-Za-z0-9]{15}([A-Za-z0-9]{3})?|\d{1,20}")
COLUMNS = ("account_id", "csm_email", "because")
HEADER = f"Write {','.join(COLUMNS)} into the first line"


def mistakes_in_accounts(path: Path, nobody: Callable[[str], Iterator[str]]) -> Iterator[tuple[int, str]]:
    """
    Yield each mistake with its line, from 1; a byte order mark, as spreadsheets write it, is none.

    Args:
        nobody: Yields what is wrong with an e-mail address of somebody who must be known.

    Raises:
        OSError: There is no such file.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.reader(file)
            numbered = [(rows.line_num, row) for row in rows]
    except UnicodeDecodeError as error:
        yield error.object[: error.start].count(b"\n") + 1, "a letter here is not UTF-8. Save the file as CSV UTF-8"
        return
    _, columns = numbered[0] if numbered else (1, [])
    if wrong := _columns(columns):
        yield 1, wrong
        return
    seen: dict[str, int] = {}
    for number, row in numbered[1:]:
        if any(cell.strip() for cell in row):
            yield from ((number, what) for what in _row(number, row, columns, seen, nobody))


def csms(path: Path) -> Iterator[str]:
    """Yield the CSM's address of every account of a file without mistakes, in lower case."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            if email := (row["csm_email"] or "").strip():
                yield email.lower()


def _columns(columns: Sequence[str]) -> str:
    if len(columns) == 1 and ";" in columns[0]:
        return f"the columns are divided by semicolons. Save it with commas. {HEADER}"
    missing = [name for name in COLUMNS[:2] if name not in columns]
    return f"the column {missing[0]!r} is missing. {HEADER}" if missing else ""


def _row(
    number: int,
    row: Sequence[str],
    columns: Sequence[str],
    seen: dict[str, int],
    nobody: Callable[[str], Iterator[str]],
) -> Iterator[str]:
    if len(row) != len(columns):
        yield f"it has {len(row)} columns and the first line {len(columns)}. Quote a text that holds a comma"
        return
    said = dict(zip(columns, row, strict=True))
    account, email = said["account_id"].strip(), said["csm_email"].strip()
    if not ACCOUNT_ID.fullmatch(account):
        yield f"{account!r} is no account id. Copy the 15 or 18 characters from the CRM"
    elif account[:15] in seen:
        yield f"the account {account} is in line {seen[account[:15]]} already. Keep one of the two"
    seen.setdefault(account[:15], number)
    if not email:
        yield "no CSM is named. Write the address of one, or delete the line"
    else:
        yield from nobody(email)
