"""What is wrong with a text that is no YAML, in words for somebody who does not know the parser's."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.tokens import ScalarToken, Token

MERGE = re.compile(r"^(<{7}|={7}|>{7})( |$)", re.MULTILINE)
NO_SPACE = re.compile(r"\s*(?:- )?([\w.]+):(\S.*)")
BEHIND_QUOTES = re.compile(r"""[^{\[]*:\s+("[^"]*"|'[^']*')\s*[^\s#]""")
BEHIND_BRACE = re.compile(r":\s*\{[\w.]+\}\s*[^\s#]")
COLON_IN_TEXT = re.compile(r"\s*(?:- )?[\w.]+: +[^\s\"'{\[].*: ")
TEXT_KEYS = ("tag:yaml.org,2002:str", "tag:yaml.org,2002:merge")
NEIGHBOURS = "Give it as many spaces as its neighbours have"


@dataclass(frozen=True)
class Trouble:
    """One mistake: where (line and column, from 1), and what it is and how it is mended."""

    line: int
    column: int
    words: str


def trouble(error: MarkedYAMLError, text: str) -> Trouble:
    """Return what a parser's error means; the line is that of the mistake, not the one where the parser gave up."""
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    problem = (error.problem or "").strip()
    lines = text.splitlines()
    if found := MERGE.search(text):
        at = text[: found.start()].count("\n") + 1
        return Trouble(at, 1, "the marks of a merge stand here. Keep one of the two versions, and take the marks out.")
    if isinstance(error.__cause__, ValueError | IndexError):
        return Trouble(line, column, f"{problem}. Correct it, or quote it if it is text.")
    if "\\t" in problem or "tab" in problem:
        return Trouble(line, column, "a tab stands here. Indent with spaces, not tabs.")
    if opened := _open_quote(error, text, line):
        return opened
    if "found character" in problem or "alias" in problem:
        begins = _first_sign(lines, line, column)
        return Trouble(line, column, f'a text cannot begin with {begins}. Quote the whole text: "...".')
    if "another document" in problem:
        return Trouble(line, column, "a second document begins here. Take the line --- out.")
    if "expected ',' or" in problem or "expected ','" in problem:
        return _in_brackets(error, line, column, lines)
    return _in_lines(error, problem, line, column, lines)


def _first_sign(lines: list[str], line: int, column: int) -> str:
    return lines[line - 1][column - 1 : column] if line <= len(lines) else "this sign"


def _open_quote(error: MarkedYAMLError, text: str, line: int) -> Trouble | None:
    """A quotation mark that is closed nowhere, or lines below by the next text's."""
    words = "the quotation mark that opens here is not closed in its line. Close it."
    start = error.context_mark
    if "quoted scalar" in str(error.context) and start is not None:
        return Trouble(start.line + 1, start.column + 1, words)
    for token in _tokens(text):
        begin, end = token.start_mark, token.end_mark
        if isinstance(token, ScalarToken) and token.style and begin.line < end.line and end.line + 1 == line:
            return Trouble(begin.line + 1, begin.column + 1, words)
    return None


def _tokens(text: str) -> Iterator[Token]:
    try:
        yield from YAML(typ="rt").scan(text)
    except YAMLError:
        return


def _in_brackets(error: MarkedYAMLError, line: int, column: int, lines: list[str]) -> Trouble:
    start = error.context_mark
    if start is not None and start.line + 1 < line:
        sign = _first_sign(lines, start.line + 1, start.column + 1)
        return Trouble(start.line + 1, start.column + 1, f"the {sign} that opens here is not closed. Close it.")
    return Trouble(
        line,
        column,
        "a comma is missing here, or a text that holds a colon or a brace is not quoted. "
        'Put a comma between two keys; quote such a text: "...".',
    )


def _in_lines(error: MarkedYAMLError, problem: str, line: int, column: int, lines: list[str]) -> Trouble:
    here = lines[line - 1] if line <= len(lines) else ""
    context = error.context_mark
    if "could not find expected ':'" in problem and context is not None:
        return _no_colon(context.line + 1, lines)
    above = _above(lines, line)
    if BEHIND_BRACE.search(here):
        at = here.index("{") + 1
        return Trouble(line, at, 'a text that begins with a brace is not quoted. Quote it: "{account.name} ...".')
    if BEHIND_QUOTES.match(here):
        return Trouble(line, column, "words stand behind the closing quotation mark. Put them inside the quotes.")
    if above and re.match(r"\s*-[^\s-]", lines[above - 1]):
        return _no_colon(above, lines)
    if "mapping values are not allowed" in problem:
        if COLON_IN_TEXT.match(here):
            return Trouble(line, column, 'a text that holds a colon is not quoted. Quote the whole text: "...".')
        if above and not re.search(r":(\s|$)", lines[above - 1]):
            return _no_colon(above, lines)
        return Trouble(line, column, f"this line stands deeper than the one above allows. {NEIGHBOURS}.")
    if "found '-'" in problem or "block sequence start" in problem:
        return Trouble(line, column, "an item of a list stands among keys. Write either keys or items with '- '.")
    if "found '?'" in problem:
        return Trouble(
            line, column, "a key stands among the items of a list. Begin it with '- ', or make all of it keys."
        )
    return Trouble(line, column, f"this line does not stand beside its neighbours. {NEIGHBOURS}.")


def _no_colon(line: int, lines: list[str]) -> Trouble:
    here = lines[line - 1]
    column = len(here) - len(here.lstrip()) + 1
    if re.match(r"\s*-[^\s-]", here):
        return Trouble(line, column, "a space is missing behind the dash. Write '- ' before each item of a list.")
    if found := NO_SPACE.match(here):
        return Trouble(line, column, f"a space is missing behind the colon. Write '{found[1]}: {found[2]}'.")
    return Trouble(line, column, "this line has no key with a colon. Write it like key: value.")


def _above(lines: list[str], line: int) -> int:
    """Return the number of the next line above that says something, 0 when there is none."""
    said = (at for at in range(line - 1, 0, -1) if lines[at - 1].strip() and not lines[at - 1].lstrip().startswith("#"))
    return next(said, 0)


Fault = tuple[tuple[str | int, ...], str]


def faults(node: Node | None, text: str, at: tuple[str | int, ...] = ()) -> Iterator[Fault]:
    """Yield what is YAML and surely not what was meant: a key with nothing behind it, a text that is a sign."""
    if isinstance(node, MappingNode):
        if (words := _only_keys(node)) and at:
            yield at, words
            return
        for key, value in node.value:
            here = (*at, key.value)
            if isinstance(value, ScalarNode) and _empty(value):
                yield here, _nothing_behind(key.value, bool(node.flow_style))
            elif str(key.tag) not in TEXT_KEYS:
                yield here, f'a key must be a text. Quote it: "{key.value}".'
            else:
                yield from faults(value, text, here)
    elif isinstance(node, SequenceNode):
        for index, item in enumerate(node.value):
            yield from faults(item, text, (*at, index))
    elif node is not None:
        yield from ((at, words) for words in _marked(node, text))


def _only_keys(node: MappingNode) -> str | None:
    """Return what is meant by words between braces that are no keys with values: `{account.name}`, `{big, old}`."""
    keys = [str(key.value) for key, value in node.value if isinstance(value, ScalarNode) and _empty(value)]
    if not node.flow_style or len(keys) != len(node.value) or not keys or any(":" in key for key in keys):
        return None
    if len(keys) > 1:
        return f"braces make keys and values of this. Write a list: [{', '.join(keys)}]."
    word, space, rest = keys[0].partition(" ")
    if space:
        return f"a colon is missing between these braces. Write {{{word}: {rest}}}, or quote it if it is text."
    return f'an unquoted brace makes this keys and values. Quote it: "{{{word}}}", or take the braces away.'


def _empty(value: ScalarNode) -> bool:
    return value.value == "" and value.style is None


def _nothing_behind(key: str, flow: bool) -> str:
    name, colon, rest = key.partition(":")
    if colon and rest:
        return f"a space is missing behind the colon. Write '{name}: {rest}'."
    if flow and key.isdigit():
        return "a comma between braces ends the number before it. Write the number without commas: 80000."
    if flow:
        return f"a comma between braces begins a new key, {key!r}. Quote the text that holds the comma."
    return "nothing stands behind this key. Write its value, or take the key out."


def _marked(node: Node, text: str) -> Iterator[str]:
    begins = text[node.start_mark.index : node.start_mark.index + 1] if node.start_mark else ""
    tag = str(node.tag or "")
    if begins == "!" and not tag.startswith("tag:yaml.org"):
        yield 'a text that begins with ! is not quoted. Quote the whole text: "...".'
    anchor = node.anchor
    if anchor and not re.search(rf"\*{re.escape(anchor)}(?!\w)", text):
        yield 'a text that begins with & is not quoted. Quote the whole text: "...".'
