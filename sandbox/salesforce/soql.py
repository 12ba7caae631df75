"""The part of SOQL that the stand-in understands, from text to small frozen records.

What the grammar does not know is refused with its place in the statement, never passed over.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

from lark import Lark, Token, Transformer, UnexpectedInput, UnexpectedToken

from sandbox.salesforce.faults import Fault

_GRAMMAR = r"""
start: SELECT _wanted source
_wanted: count | item ("," item)*
count: COUNT "(" ")"
?item: path | fields | "(" sub ")"
fields: FIELDS "(" NAME ")"
sub: SELECT path ("," path)* source
source: FROM NAME [where] [order] [limit] [offset]
where: WHERE condition
?condition: simple | simple (AND simple)+ -> all_of | simple (OR simple)+ -> any_of
?simple: comparison | negation | "(" condition ")"
negation: NOT simple
comparison: path OPERATOR value -> compared
          | path LIKE value -> compared
          | path IN several -> listed
          | path NOT IN several -> listed
          | path INCLUDES several -> listed
          | path EXCLUDES several -> listed
several: "(" value ("," value)* ")"
order: ORDER BY key ("," key)*
key: path [DIRECTION] [NULLS NULLS_AT]
limit: LIMIT NUMBER
offset: OFFSET NUMBER
path: NAME ("." NAME)*
value: STRING | DATETIME | DATE | NUMBER | TRUE | FALSE | NULL | PERIOD

SELECT.3: /SELECT\b/i
FROM.3: /FROM\b/i
WHERE.3: /WHERE\b/i
AND.3: /AND\b/i
OR.3: /OR\b/i
NOT.3: /NOT\b/i
LIKE.3: /LIKE\b/i
IN.3: /IN\b/i
INCLUDES.3: /INCLUDES\b/i
EXCLUDES.3: /EXCLUDES\b/i
ORDER.3: /ORDER\b/i
BY.3: /BY\b/i
DIRECTION.3: /(ASC|DESC)\b/i
NULLS.3: /NULLS\b/i
NULLS_AT.3: /(FIRST|LAST)\b/i
LIMIT.3: /LIMIT\b/i
OFFSET.3: /OFFSET\b/i
TRUE.3: /TRUE\b/i
FALSE.3: /FALSE\b/i
NULL.3: /NULL\b/i
COUNT.3: /COUNT(?=\s*\()/i
FIELDS.3: /FIELDS(?=\s*\()/i
PERIOD.3: /(TODAY|YESTERDAY|THIS_MONTH)\b|LAST_N_DAYS:\d{1,4}\b/i
OPERATOR: "<=" | ">=" | "!=" | "<>" | "=" | "<" | ">"
STRING: /'(\\.|[^'\\])*'/s
DATETIME.3: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)/i
DATE.2: /\d{4}-\d\d-\d\d/
NUMBER: /[+-]?\d+(\.\d+)?/
NAME: /[A-Za-z][A-Za-z0-9_]*/
%ignore /\s+/
"""


@dataclass(frozen=True)
class Path:
    """A field, or one reached through parents; `at` is its place in the statement."""

    names: tuple[str, ...]
    at: int


@dataclass(frozen=True)
class Value:
    """A literal; `text` of a string is still escaped."""

    kind: str
    text: str
    at: int


@dataclass(frozen=True)
class Comparison:
    """One test of a field against one literal, or a list of them."""

    path: Path
    operator: str
    values: tuple[Value, ...]


@dataclass(frozen=True)
class Junction:
    """Several conditions of which all (`every`) or any must hold."""

    every: bool
    parts: tuple["Condition", ...]


@dataclass(frozen=True)
class Negation:
    """A condition that must not hold."""

    part: "Condition"


Condition = Comparison | Junction | Negation


@dataclass(frozen=True)
class Key:
    """One sort key; `nulls_first` is None where the statement does not say."""

    path: Path
    descending: bool
    nulls_first: bool | None


@dataclass(frozen=True)
class FieldSet:
    """A `FIELDS(...)` in place of a field list."""

    name: str
    at: int


@dataclass(frozen=True)
class Source:
    """Everything from FROM on."""

    name: str
    at: int
    where: Condition | None
    order: tuple[Key, ...]
    limit: int | None
    offset: int | None


@dataclass(frozen=True)
class Select:
    """A whole statement or a child sub-select; `count` is a bare `COUNT()`."""

    items: tuple["Path | FieldSet | Select", ...]
    count: bool
    source: Source


class _Builder(Transformer[Token, Select]):
    def start(self, parts: list[Any]) -> Select:
        items = tuple(part for part in parts[1:-1] if part is not None)
        return Select(items, count=len(items) < len(parts) - 2, source=parts[-1])

    sub = start

    def count(self, _: list[Any]) -> None:
        return None

    def fields(self, parts: list[Token]) -> FieldSet:
        return FieldSet(str(parts[1]).upper(), _at(parts[0]))

    def source(self, parts: list[Any]) -> Source:
        _, name, where, order, limit, offset = parts
        return Source(str(name), _at(name), where, order or (), limit, offset)

    def where(self, parts: list[Any]) -> Condition:
        return cast(Condition, parts[1])

    def all_of(self, parts: list[Any]) -> Junction:
        return Junction(True, _conditions(parts))

    def any_of(self, parts: list[Any]) -> Junction:
        return Junction(False, _conditions(parts))

    def negation(self, parts: list[Any]) -> Negation:
        return Negation(parts[1])

    def compared(self, parts: list[Any]) -> Comparison:
        path, operator, value = parts
        return Comparison(path, "!=" if operator == "<>" else str(operator).upper(), (value,))

    def listed(self, parts: list[Any]) -> Comparison:
        operator = " ".join(str(word).upper() for word in parts[1:-1])
        return Comparison(parts[0], operator, parts[-1])

    def several(self, parts: list[Value]) -> tuple[Value, ...]:
        return tuple(parts)

    def order(self, parts: list[Any]) -> tuple[Key, ...]:
        return tuple(part for part in parts if isinstance(part, Key))

    def key(self, parts: list[Any]) -> Key:
        path, direction, _, nulls = parts
        first = None if nulls is None else str(nulls).upper() == "FIRST"
        return Key(path, str(direction).upper() == "DESC", first)

    def limit(self, parts: list[Token]) -> int:
        return _whole(parts[1])

    def offset(self, parts: list[Token]) -> int:
        return _whole(parts[1])

    def path(self, parts: list[Token]) -> Path:
        return Path(tuple(str(part) for part in parts), _at(parts[0]))

    def value(self, parts: list[Token]) -> Value:
        token = parts[0]
        kind = {"TRUE": "boolean", "FALSE": "boolean"}.get(token.type, token.type.lower())
        text = str(token)[1:-1] if kind == "string" else str(token)
        return Value(kind, text, _at(token))


_PARSER = Lark(
    _GRAMMAR, parser="lalr", lexer="contextual", maybe_placeholders=True, transformer=_Builder(visit_tokens=False)
)


class _NotWhole(Exception):
    def __init__(self, token: Token) -> None:
        self.token = token


@lru_cache(maxsize=512)
def parse(statement: str) -> Select:
    """
    Return what a statement asks for.

    Raises:
        Fault: MALFORMED_QUERY, for everything outside the grammar.
    """
    try:
        return cast(Select, _PARSER.parse(statement))
    except _NotWhole as error:
        raise malformed(statement, _at(error.token), f"unexpected token: '{error.token}'") from None
    except UnexpectedToken as error:
        ended = error.token.type == "$END"
        at = len(statement) if ended else _at(error.token)
        word = "<EOF>" if ended else str(error.token)
        raise malformed(statement, at, f"unexpected token: '{word}'") from None
    except UnexpectedInput as error:
        at = error.pos_in_stream or 0
        raise malformed(statement, at, f"unexpected token: '{_word(statement, at)}'") from None


def malformed(statement: str, at: int, why: str) -> Fault:
    """Return the refusal of a statement, pointing at a place in it."""
    return Fault("MALFORMED_QUERY", pointing(statement, at, why))


def pointing(statement: str, at: int, why: str) -> str:
    """Return the vendor's message layout: excerpt, caret, row and column, explanation."""
    row = statement.count("\n", 0, at) + 1
    column = at - (statement.rfind("\n", 0, at) + 1) + 1
    start = max(0, at - 40)
    excerpt = statement[start : at + 40].replace("\n", " ").replace("\r", " ").replace("\t", " ")
    return f"\n{excerpt}\n{' ' * (at - start)}^\nERROR at Row:{row}:Column:{column}\n{why}"


def _conditions(parts: list[Any]) -> tuple[Condition, ...]:
    return tuple(part for part in parts if not isinstance(part, Token))


def _whole(token: Token) -> int:
    if not str(token).isdigit():
        raise _NotWhole(token)
    return int(token)


def _word(statement: str, at: int) -> str:
    found = re.match(r"\w+|.", statement[at:], re.DOTALL)
    return found.group() if found else "<EOF>"


def _at(token: Token) -> int:
    return token.start_pos or 0
