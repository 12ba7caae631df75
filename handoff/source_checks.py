"""What does not fit together in `sources/<crm>.yml`."""

import re
from collections.abc import Iterator, Mapping

from handoff.canonical import DECIDED, OF_CUSTOMER, RECEIPT
from handoff.mapping_files import SourceFile
from handoff.rules import ATTRIBUTES, FieldRule, placed
from handoff.yaml_files import Location, Mistake, nearest

PATH = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*")
CANONICAL = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?")
ONLY_IN_A_TARGET = ("step", "find", "template", "write", "when")
NOT_OURS = frozenset({*DECIDED, *OF_CUSTOMER, "won_at"})


def mistakes_in_source(file: SourceFile) -> Iterator[Mistake]:
    """Yield each mistake with the key where it stands; the words say how to fix it."""
    yield from _rules(("fields",), file.fields)
    for name in file.fields:
        yield from _name(name)
    for part, rows in (("people", file.people), ("products", file.products)):
        if rows is None:
            continue
        if not PATH.fullmatch(rows.each):
            yield (part, "each"), f"{rows.each!r} is no list of the record. Write its API name"
        if "name" not in rows.fields:
            yield (part, "fields"), f"the rows of {part} need a `name`: it is what people see. Map it"
        yield from _rules((part, "fields"), rows.fields)
    yield from _write_back(file)


def _name(name: str) -> Iterator[Mistake]:
    at: Location = ("fields", name)
    if not CANONICAL.fullmatch(name):
        yield at, f"{name!r} is no field's name. Use small letters, digits and _, with one dot at most"
    elif name in NOT_OURS or name.startswith(("deadlines.", "item.")):
        yield at, f"{name!r} is filled by the bridge itself. Give yours another name"
    elif name in ("people", "products"):
        yield at, f"{name!r} is a section of its own. Move it to `{name}:` beside `fields:`"


def _rules(at: Location, rules: Mapping[str, FieldRule]) -> Iterator[Mistake]:
    """A source reads the record: what needs the plan or the platform belongs into the target."""
    for name, rule in rules.items():
        for word in ONLY_IN_A_TARGET:
            if getattr(rule, ATTRIBUTES.get(word, word)) is not None:
                yield (*at, name, word), f"`{word}` cannot be used in a source. Use it in the target; here `from`"
        for inside, path in placed(rule):
            if not PATH.fullmatch(path):
                several = [one for one in re.split(r"[\s,;|]+", path) if PATH.fullmatch(one)]
                listed = f"Write several as a list: [{', '.join(several)}]" if re.search("[,;|]", path) else ""
                yield (
                    (*at, name, *inside),
                    f"{path!r} is no path of the record. {listed or 'Write it like Account.Name'}",
                )


def _write_back(file: SourceFile) -> Iterator[Mistake]:
    at: Location = ("write_back", "fields")
    for name, rule in file.write_back.fields.items():
        if not PATH.fullmatch(name) or "." in name:
            yield (*at, name), f"{name!r} is no field of the deal. Write its API name, like Handoff_Status__c"
        for word in ONLY_IN_A_TARGET:
            if getattr(rule, ATTRIBUTES.get(word, word)) is not None:
                yield (*at, name, word), f"`{word}` cannot be used in a write-back. Take it out"
        for inside, source in placed(rule):
            if source not in RECEIPT:
                yield (*at, name, *inside), f"{source!r} cannot be written back. {nearest(source, RECEIPT)}"
    if file.write_back.to != "nothing" and not file.write_back.fields and "fields" in file.write_back.model_fields_set:
        yield at, "nothing would be written back. Add fields, or say to: nothing"
