"""The tables of docs/faults.md, as the sandbox's own tables of faults make them."""

import json
import sys
from collections.abc import Iterator

from sandbox.faults.kinds import KINDS, SCOPES, Kind, systems_with
from sandbox.faults.reading import HEAD


def heads() -> Iterator[str]:
    """Yield a row for each key that every fault may have."""
    for name, (_, takes, says) in HEAD.items():
        yield f"| `{name}` | {takes} | {says} |"


def kinds() -> Iterator[str]:
    """Yield a row for each fault."""
    for name, kind in KINDS.items():
        systems = ", ".join(one.capitalize() for one in systems_with(name)) if kind.some else "all"
        decides = " *" if kind.decides else ""
        yield f"| `{name}`{decides} | {systems} | {SCOPES[kind.scope]} | {kind.sees} | {arguments(kind)} |"


def arguments(kind: Kind) -> str:
    """Return the arguments of a fault in one cell."""
    told = [
        f"`{name}` ({json.dumps(each.default)}): {each.says}; {each.takes}" for name, each in kind.arguments.items()
    ]
    return "<br>".join(told) or "none"


if __name__ == "__main__":
    sys.stdout.write("\n".join([*heads(), "", *kinds(), ""]))
