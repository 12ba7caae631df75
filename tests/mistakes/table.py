"""A mistake that somebody makes in a mapping file, and what the bridge says of it."""

import shutil
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
GOOD = {"whole": ROOT / "tests" / "handoff" / "whole_set", "shipped": ROOT / "mappings"}
"""The sets of files without a mistake: one that uses every key of the grammar, and the one that is shipped."""

CONTRACT, PEOPLE, ACCOUNTS = "handoff.yml", "people.yml", "accounts.csv"
SOURCE, TARGET = "sources/salesforce.yml", "targets/gainsight.yml"
WELCOME, FOOT, STORY = (f"templates/{name}.html.j2" for name in ("welcome", "foot", "story"))


@dataclass(frozen=True)
class Edit:
    """A change of one file: `old`, which stands there once (None: all of it), becomes `new` (None: no file)."""

    file: str
    old: str | None
    new: str | None


@dataclass(frozen=True)
class Mistake:
    """A mistake as RevOps would call it, how it is made in good files, and each finding that it must lead to."""

    name: str
    edits: tuple[Edit, ...]
    says: tuple[str, ...]
    good: str = "whole"

    def made_in(self, tmp_path: Path) -> Path:
        """Return a copy of the good files with this mistake in it."""
        folder = Path(shutil.copytree(GOOD[self.good], tmp_path / "mappings"))
        for edit in self.edits:
            _made(folder / edit.file, edit)
        return folder


def _made(path: Path, edit: Edit) -> None:
    if edit.new is None:
        path.unlink()
        return
    text = edit.new
    if edit.old is not None:
        before = path.read_text(encoding="utf-8")
        assert before.count(edit.old) == 1, f"{edit.old!r} must stand in {edit.file} once"
        text = before.replace(edit.old, edit.new)
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
