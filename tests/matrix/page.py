"""The table of docs/matrix.md."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import connectors
from cli.screens import KIND
from tests.matrix.course import Faulty, Quiet

PAGE = Path(__file__).resolve().parents[2] / "docs" / "matrix.md"
FIGURES = re.compile(r"(<!-- figures -->\n).*?(<!-- end of figures -->)", re.DOTALL)
COLUMNS = (
    *("from", "to", "deals", "handed off", "need a person"),
    *("dry run: writes", "sync: writes", "second sync: writes", "made"),
    *("answers lost", "429", "passes until quiet", "lost", "doubled"),
)
HEAD = f"| {' | '.join(COLUMNS)} |\n|{' --- |' * len(COLUMNS)}"


@dataclass(frozen=True)
class Row:
    """How one pair went."""

    crm: str
    platform: str
    calm: Quiet
    bad: Faulty

    def line(self) -> str:
        """Return its line of the table."""
        calm, bad = self.calm, self.bad
        lost = sum((keys - bad.held[name]).total() for name, keys in calm.held.items())
        doubled = sum((bad.held[name] - keys).total() for name, keys in calm.held.items())
        made = ", ".join(
            f"{count} {KIND.get(kind, f'{kind}s')}"
            for kind, results in calm.made.items()
            if (count := results.get("created"))
        )
        cells = (
            connectors.crms()[self.crm].called,
            connectors.platforms()[self.platform].called,
            *(sum(calm.counts.values()), *(calm.counts.get(name, 0) for name in ("done", "needs_person"))),
            *(calm.looked, calm.written, calm.written_again, made),
            *(bad.struck["reset_after"] + bad.struck["status"], bad.struck["too_many"], bad.passes, lost, doubled),
        )
        return f"| {' | '.join(str(cell) for cell in cells)} |"


def write(rows: Sequence[Row]) -> None:
    """Put these rows in place of those of the same pairs, between the page's two markers."""
    page = PAGE.read_text(encoding="utf-8")
    before = FIGURES.search(page)
    assert before, f"{PAGE} has lost its markers"
    lines = [line for line in before[0].splitlines() if line.startswith("| ") and line not in HEAD]
    kept = {_pair(line): line for line in [*lines, *(row.line() for row in rows)]}
    table = "\n".join([HEAD, *(kept[pair] for pair in sorted(kept))])
    PAGE.write_text(FIGURES.sub(lambda found: f"{found[1]}{table}\n{found[2]}", page), encoding="utf-8")


def _pair(line: str) -> tuple[str, ...]:
    """Return the two systems that a line is about."""
    return tuple(cell.strip() for cell in line.split("|")[1:3])
