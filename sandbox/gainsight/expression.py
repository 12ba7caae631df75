"""The alias expression of a query, such as `A AND (B OR C)`: read, weighed and searched for what must hold."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Union

_TOKEN = re.compile(r"\s*(?:(?P<paren>[()])|(?P<word>\w+))")
_DEEPEST = 50


@dataclass(frozen=True)
class Both:
    """Parts joined by AND (`all_of`) or by OR."""

    all_of: bool
    parts: tuple["Tree", ...]


Tree = Union[str, Both]  # noqa: UP007  a forward reference cannot stand in `|`


def parse(text: str) -> Tree:
    """Return the tree of an expression, AND before OR, names of any letters; raises `ValueError`."""
    return _Reader(_tokens(text)).whole()


def holds(tree: Tree, test: Callable[[str], bool]) -> bool:
    """Return whether the expression is true where `test` says which aliases are."""
    if isinstance(tree, str):
        return test(tree)
    return (all if tree.all_of else any)(holds(part, test) for part in tree.parts)


def aliases(tree: Tree) -> set[str]:
    """Return every alias the expression names."""
    return {tree} if isinstance(tree, str) else set().union(*(aliases(part) for part in tree.parts))


def must(tree: Tree) -> set[str]:
    """Return the aliases without which the expression cannot be true."""
    if isinstance(tree, str):
        return {tree}
    return set().union(*(must(part) for part in tree.parts)) if tree.all_of else set()


def _tokens(text: str) -> list[str]:
    found, at = [], 0
    text = text.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise ValueError(f"unexpected {text[at]!r}")
        found.append(match["paren"] or match["word"])
        at = match.end()
    return found


class _Reader:
    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0

    def whole(self) -> Tree:
        tree = self._any()
        if self._next() is not None:
            raise ValueError(f"unexpected {self._next()!r}")
        return tree

    def _any(self) -> Tree:
        parts = [self._all()]
        while self._take("OR"):
            parts.append(self._all())
        return parts[0] if len(parts) == 1 else Both(False, tuple(parts))

    def _all(self) -> Tree:
        parts = [self._one()]
        while self._take("AND"):
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else Both(True, tuple(parts))

    def _one(self) -> Tree:
        if self._take("("):
            self._depth += 1
            if self._depth > _DEEPEST:
                raise ValueError("too many parentheses")
            tree = self._any()
            if not self._take(")"):
                raise ValueError("a parenthesis is not closed")
            self._depth -= 1
            return tree
        word = self._next()
        if word is None or word in ("(", ")") or word.upper() in ("AND", "OR"):
            raise ValueError(f"an alias is missing before {word!r}")
        self._at += 1
        return word

    def _next(self) -> str | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def _take(self, word: str) -> bool:
        found = self._next()
        if found is None or found.upper() != word:
            return False
        self._at += 1
        return True
