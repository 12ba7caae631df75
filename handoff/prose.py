"""Rich text (HTML) as a reader sees it."""

import re
from html import unescape
from html.parser import HTMLParser

BLOCKS = frozenset(
    (
        *("address", "article", "blockquote", "br", "center", "dd", "div", "dl", "dt", "figure", "footer", "form"),
        *("h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "p", "pre", "section"),
        *("table", "tr", "ul"),
    )
)
CELLS = frozenset(("td", "th"))
HIDDEN = frozenset(("script", "style", "head"))
INLINE = frozenset(
    (
        *("a", "abbr", "b", "big", "body", "caption", "cite", "code", "col", "colgroup", "del", "em", "figcaption"),
        *("font", "html", "i", "img", "ins", "kbd", "label", "link", "mark", "meta", "q", "s", "samp", "small"),
        *("span", "strike", "strong", "sub", "sup", "tbody", "tfoot", "thead", "title", "tt", "u", "var", "wbr"),
    )
)
RAW = frozenset(("title",))
"""Within these a parser takes tags for text."""
PLAIN_TAG = re.compile(r"(</?[a-z][a-z0-9]*/?>)")
READ_AS = {
    tag: said
    for names, said in ((BLOCKS, "\n"), (CELLS, " "), (INLINE - RAW, ""))
    for name in names
    for tag in (f"<{name}>", f"</{name}>", f"<{name}/>")
}


def as_read(markup: str) -> str:
    """Return what a reader would see, a line break around each block; what is no tag of HTML stays as written."""
    simple = _simple(markup)
    if simple is not None:
        return simple
    prose = _Prose()
    end = markup.rfind(">") + 1  # a tag needs a `>`: behind the last one, every `<` is text
    prose.feed(markup[:end] + markup[end:].replace("<", "&lt;"))
    prose.close()
    return "".join(prose.parts)


def _simple(markup: str) -> str | None:
    """Return the same reading many times faster, if every tag is known and bare (`<p>`); None for any other text."""
    if "<" not in markup:
        return unescape(markup)
    parts = PLAIN_TAG.split(markup)
    try:
        parts[1::2] = [READ_AS[tag] for tag in parts[1::2]]
    except KeyError:
        return None
    if "<" in "".join(parts):
        return None
    return "".join([unescape(part) if "&" in part else part for part in parts])


class _Prose(HTMLParser):
    """Collects what a reader would see."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.hidden = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.hidden += tag in HIDDEN
        self._tag(tag, self.get_starttag_text() or "")

    def handle_startendtag(self, tag: str, attrs: object) -> None:
        self._tag(tag, self.get_starttag_text() or "")

    def handle_endtag(self, tag: str) -> None:
        self.hidden -= tag in HIDDEN and self.hidden > 0
        self._tag(tag, f"</{tag}>")

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.parts.append(data)

    def _tag(self, tag: str, written: str) -> None:
        if tag in BLOCKS:
            self.parts.append("\n")
        elif tag in CELLS:
            self.parts.append(" ")
        elif tag not in INLINE and tag not in HIDDEN:
            self.handle_data(written)
