"""How a connector says what can be made on its platform, and what is known of the fields without asking it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from handoff.model import Scope, Write


@dataclass(frozen=True)
class FieldFacts:
    """
    One standard field.

    `longest` bounds its text in characters, `values` lists all it takes, `takes` says what kind of value it is: text,
    date, datetime, number, user (the id of one), email, company, record (another step's id; of the object that `of`
    names), list, or any.
    """

    takes: str = "any"
    longest: int | None = None
    values: tuple[str, ...] = ()
    required: bool = False
    of: str = ""


@dataclass(frozen=True)
class NoteFields:
    """Which fields of a note hold its title, its body, and its moment; `html` says that the body is HTML."""

    title: str
    body: str
    moment: str
    html: bool = True


@dataclass(frozen=True)
class OpenWork:
    """Which fields of work that somebody must do hold its owner and its due date; "" where the platform chooses."""

    owner: str = ""
    due: str = ""


@dataclass(frozen=True)
class ObjectFacts:
    """
    One kind of step.

    `write` is the mode of its fields where the mapping names none. `complete` says that `fields` lists all standard
    fields, so that any other name is a mistake. `planted` are written by the connector and cannot be mapped.
    `children` are the lists of records it can be made with, `adopts` the fields it can be adopted by. `one_of` are
    groups of fields of which one is required. `work` says that it is open until somebody does it. `many` is what
    several of them are called.
    """

    scope: Scope
    write: Write
    fields: Mapping[str, FieldFacts]
    complete: bool = False
    planted: frozenset[str] = frozenset()
    children: tuple[str, ...] = ()
    adopts: tuple[str, ...] = ()
    matches: bool = False
    one_of: tuple[tuple[str, ...], ...] = ()
    note: NoteFields | None = None
    work: OpenWork | None = None
    child_fields: Mapping[str, FieldFacts] = field(default_factory=dict)
    many: str = ""


@dataclass(frozen=True)
class Platform:
    """
    What can be made on a platform.

    Args:
        system: Which product it is; its mapping file has this name.
        objects: The kinds of steps. A field that is not listed may exist all the same, unless the kind is complete.
        custom: How the names of a customer's own fields end; none where nothing tells them apart.
    """

    system: str
    objects: Mapping[str, ObjectFacts]
    custom: tuple[str, ...] = ()
