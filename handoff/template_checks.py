"""What is wrong in a template, found before any deal is told of by it, in words for somebody who knows no Jinja."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from jinja2 import TemplateError, TemplateSyntaxError, meta, nodes

from handoff.phrases import Asked
from handoff.yaml_files import nearest

Found = tuple[int, str, str]
"""A mistake: its line, the word where it stands, and what it is."""

FUNCTIONS: Mapping[str, str] = {
    "person": 'person("Champion")',
    "money": "money(deal.amount)",
    "sentence": 'sentence("goals")',
    "not_found": "not_found()",
}
"""The functions of templates, and how each is called."""

QUOTED = ("person", "sentence")
FILTERS = ("names", "labels", "day")
JINJA_FILTERS = ("default", "first", "join", "last", "length", "lower", "replace", "round", "sort", "title", "upper")
JINJA_TESTS = ("defined", "none", "number", "string")
TAGS = ("if", "elif", "else", "endif", "for", "endfor", "set", "include")
ONE_BRACE = re.compile(r"(?<!\{)\{\s*([A-Za-z_][\w.]*)\s*\}(?!\})")
TAG = re.compile(r"\{%-?\s*(\w+)")


@dataclass(frozen=True)
class Speaks:
    """What templates may speak of: canonical fields, the contract's fields, and the roles that people can have."""

    fields: tuple[str, ...]
    asked: Mapping[str, Asked] = field(default_factory=dict)
    roles: Collection[str] | None = None

    @property
    def roots(self) -> tuple[str, ...]:
        """The first parts of all fields: `account`, `deal`."""
        return tuple(dict.fromkeys(name.split(".")[0] for name in self.fields))

    @property
    def branches(self) -> set[str]:
        """The first parts that have others behind them."""
        return {name.split(".")[0] for name in self.fields if "." in name}

    @property
    def spoken(self) -> tuple[str, ...]:
        """What `sentence` can speak of."""
        return tuple(dict.fromkeys([*self.asked, *(one.section for one in self.asked.values()), "people"]))


def mistakes_in_tree(tree: nodes.Template, source: str, speaks: Speaks) -> Iterator[Found]:
    """Yield what is wrong in a template that can be parsed; the filters and tests that it names must be stubbed."""
    yield from _unquoted(tree, speaks)
    yield from _unknown(tree, speaks)
    for call in tree.find_all(nodes.Call):
        yield from _called(call, speaks)
    yield from _not_called(tree)
    yield from _without_part(tree, speaks)
    for number, line in enumerate(source.splitlines(), start=1):
        for one in ONE_BRACE.finditer(line):
            if one[1] in speaks.fields or one[1] in speaks.roots:
                what = f"one brace is not enough, it would be shown as it stands. Write {{{{ {one[1]} }}}}"
                yield number, one[0], what


def unknown_words(tree: nodes.Template, filters: Iterable[str], tests: Iterable[str]) -> Iterator[Found]:
    """Yield the filters and tests that there are not."""
    filters, tests = set(filters), set(tests)
    for one in tree.find_all(nodes.Filter):
        if one.name in FUNCTIONS:
            yield one.lineno, one.name, f"{one.name!r} is a function and no filter. Write {FUNCTIONS[one.name]}"
        elif one.name not in filters:
            yield one.lineno, one.name, f"{one.name!r} is no filter. {nearest(one.name, (*FILTERS, *JINJA_FILTERS))}"
    for test in tree.find_all(nodes.Test):
        if test.name not in tests:
            yield test.lineno, test.name, f"{test.name!r} is no test. {nearest(test.name, JINJA_TESTS)}"


def _unquoted(tree: nodes.Template, speaks: Speaks) -> Iterator[Found]:
    for call in tree.find_all(nodes.Call):
        name = call.node.name if isinstance(call.node, nodes.Name) else ""
        for one in call.args if name in QUOTED else ():
            if isinstance(one, nodes.Name):
                yield one.lineno, one.name, f'{one.name} is not quoted. Write {name}("{one.name}")'


def _unknown(tree: nodes.Template, speaks: Speaks) -> Iterator[Found]:
    roots = meta.find_undeclared_variables(tree)
    strange = roots - {*speaks.roots, *FUNCTIONS}
    branches = speaks.branches & roots - set(speaks.fields)
    unquoted = {(line, word) for line, word, _ in _unquoted(tree, speaks)}
    named = {(one.lineno, one.name) for one in tree.find_all(nodes.Name) if one.name in strange}
    parts = {
        (part.lineno, f"{part.node.name}.{part.attr}")
        for part in tree.find_all(nodes.Getattr)
        if isinstance(part.node, nodes.Name) and part.node.name in branches | strange
    }
    named -= {(line, word.split(".")[0]) for line, word in parts}
    for line, word in sorted((named | parts) - unquoted):
        if word in FILTERS:
            yield line, word, f"{word!r} is a filter and no function. Write products | {word}"
        elif word not in speaks.fields:
            choices = speaks.fields if "." in word else (*speaks.roots, *FUNCTIONS)
            yield line, word, f"{word!r} is filled by no mapping. {nearest(word, choices)}"


def _called(call: nodes.Call, speaks: Speaks) -> Iterator[Found]:
    name = call.node.name if isinstance(call.node, nodes.Name) else ""
    if name not in FUNCTIONS:
        return
    if len(call.args) != (0 if name == "not_found" else 1) or call.kwargs:
        yield call.lineno, name, f"{name} is called with too much or too little. Write {FUNCTIONS[name]}"
        return
    said = call.args[0] if call.args else None
    if not isinstance(said, nodes.Const):
        return
    word = str(said.value)
    if name == "sentence" and word not in speaks.spoken:
        yield call.lineno, word, f"sentence({word!r}) speaks of no field or section. {nearest(word, speaks.spoken)}"
    if name == "person" and speaks.roles is not None and word not in speaks.roles:
        yield call.lineno, word, f"the source gives nobody the role {word!r}. {nearest(word, speaks.roles)}"


def _not_called(tree: nodes.Template) -> Iterator[Found]:
    called = {id(call.node) for call in tree.find_all(nodes.Call)}
    for one in tree.find_all(nodes.Name):
        if one.name in FUNCTIONS and one.ctx == "load" and id(one) not in called:
            yield one.lineno, one.name, f"{one.name} is a function. Write {FUNCTIONS[one.name]}"


def _without_part(tree: nodes.Template, speaks: Speaks) -> Iterator[Found]:
    """A name with parts that is shown as a whole: people would read its parts as a program writes them."""
    for output in tree.find_all(nodes.Output):
        for one in output.nodes:
            if isinstance(one, nodes.Name) and one.name in speaks.branches - set(speaks.fields):
                parts = ", ".join(name for name in speaks.fields if name.startswith(f"{one.name}."))
                yield one.lineno, one.name, f"{one.name!r} has parts and no words of its own. Use one of: {parts}"


def included(tree: nodes.Template) -> Iterator[tuple[int, str]]:
    """Yield the templates that another one includes, with the line where it does."""
    for one in tree.find_all((nodes.Include, nodes.Extends, nodes.Import, nodes.FromImport)):
        if isinstance(one.template, nodes.Const) and isinstance(one.template.value, str):  # type: ignore[attr-defined]
            yield one.lineno, one.template.value  # type: ignore[attr-defined]


def unreadable(error: TemplateError, source: str) -> Found:
    """Return what a parser's error means: its line, the word there, and what to do."""
    said = str(error.message)
    if amiss := _braces(source):
        return amiss
    line = error.lineno if isinstance(error, TemplateSyntaxError) else 1
    block = re.search(r"The innermost block that needs to be closed is '(\w+)'", said)
    tag = re.search(r"Encountered unknown tag '(\w+)'", said)
    if "Unexpected end of template" in said and block:
        opened = _left_open(source, block[1])
        return opened, block[1], f"{{% {block[1]} %}} is opened here and not closed. Add {{% end{block[1]} %}}"
    if tag and block and tag[1] not in ("else", "elif"):
        what = f"{tag[1]!r} stands where the {block[1]} that is open must end. Write {{% end{block[1]} %}} first"
        return line, tag[1], what
    if tag and tag[1] in TAGS:
        return line, tag[1], f"nothing is open to which {{% {tag[1]} %}} could belong. Take it out"
    if tag:
        return line, tag[1], f"{tag[1]!r} is no tag. {nearest(tag[1], TAGS)}"
    if "got '='" in said:
        return line, "=", "one = compares nothing. Write =="
    if quote := re.search(r"unexpected char '([“”„‘’«»])'", said):
        return line, quote[1], f'the quotation mark {quote[1]} is typographic. Write straight ones: "Champion"'
    return (
        line,
        "",
        "what stands between the braces cannot be read. Write it like {{ account.name }}, without spaces in it",
    )


def _braces(source: str) -> Found | None:
    """Return the first braces that a line opens and does not close, or that a space divides."""
    for number, line in enumerate(source.splitlines(), start=1):
        if divided := re.search(r"\{\s+[%{](?!\{)|[%}](?<!\}\})\s+\}", line):
            return number, divided[0], "a space divides these braces. Write {{ ... }} and {% ... %}"
        for opens, closes in (("{{", "}}"), ("{%", "%}")):
            if line.count(opens) > line.count(closes):
                return number, opens, f"the {opens} that opens here is not closed in its line. Close it with {closes}"
    return None


def _left_open(source: str, block: str) -> int:
    """Return the line of the tag that is still open at the end."""
    opened: list[int] = []
    for number, line in enumerate(source.splitlines(), start=1):
        for tag in TAG.findall(line):
            if tag == block:
                opened.append(number)
            elif tag == f"end{block}" and opened:
                opened.pop()
    return opened[-1] if opened else 1
