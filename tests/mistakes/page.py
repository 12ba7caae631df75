"""The page that lists every mistake with what is said of it."""

from itertools import zip_longest

from tests.mistakes import FAMILIES
from tests.mistakes.table import Edit, Mistake

MOST = 90
HEAD = """\
# Mistakes, and what is said of them

`handoff check` reads all mapping files and compares them; so does every command before it calls any system.
A mistake in them ends the command with exit code 2, and nothing is sent. All mistakes of all files are told at
once, each as `file:line:column: trail -> of -> keys: what is wrong. How to mend it.`

The tests make each of these {count} mistakes in files that have none, and compare all that is said, word by word.
The list is written by `python -m tests.mistakes`; a test fails when it is out of date.
"""


def page() -> str:
    """Return docs/mistakes.md, whole."""
    count = sum(len(family) for family in FAMILIES.values())
    parts = [HEAD.format(count=count)]
    for name, family in FAMILIES.items():
        parts += [f"\n## {name}\n", "| The mistake | What was written | What is said |\n| --- | --- | --- |"]
        parts += [_row(mistake) for mistake in family]
    return "\n".join(parts) + "\n"


def _row(mistake: Mistake) -> str:
    written = "<br>".join(_code(_written(edit)) for edit in mistake.edits)
    said = "<br>".join(_plain(finding) for finding in mistake.says)
    return f"| {_plain(mistake.name)} | {written} | {said} |"


def _written(edit: Edit) -> str:
    """Return the line that was written, or the one that was left out."""
    if edit.new is None:
        return f"({edit.file} is missing)"
    old, new = (edit.old or "").splitlines(), edit.new.splitlines()
    differing = ((before, after) for before, after in zip_longest(old, new, fillvalue="") if before != after)
    changed = list(differing)
    written = " ⏎ ".join(after.strip() for _, after in changed if after and after not in old)
    line = written or f"(left out: {changed[0][0].strip() if changed else ''})"
    line = line.encode("utf-8", "replace").decode().replace("\t", "→").strip()
    printable = "".join(letter if letter.isprintable() else "�" for letter in line)
    return printable if len(printable) <= MOST else printable[: MOST - 1] + "…"


def _code(text: str) -> str:
    fence = "``" if "`" in text else "`"
    return f"{fence}{text}{fence}".replace("|", "\\|")


def _plain(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*").replace("_", "\\_")
