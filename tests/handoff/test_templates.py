"""Prose from templates."""

from html import escape, unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handoff.errors import ConfigError, RecordError
from handoff.templates import Templates

KNOWN = (
    "account.name",
    "account.industry",
    "deal.url",
    "deal.currency",
    "notes",
    "people",
    "products",
    "gaps",
    "won_at",
)
URL = "https://acme.my.salesforce.example/0065g00000AbCdEAAV"


def rendered(folder: Path, source: str, values: dict[str, object], *, limit: int | None = None) -> str:
    (folder / "it.j2").write_text(source, encoding="utf-8")
    templates = Templates(folder, KNOWN)
    return templates.render(templates.load("it.j2"), values, limit=limit)


class Tags(HTMLParser):
    """Keeps the tags and the text of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.said = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.said += data


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("<b>big</b>", "&lt;b&gt;big&lt;/b&gt;"),
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("{{ deal.url }} {% if x %} {# c #}", "{{ deal.url }} {% if x %} {# c #}"),
        ("{account.name} {0}", "{account.name} {0}"),
        ("\"quoted\" & 'single'", "&#34;quoted&#34; &amp; &#39;single&#39;"),
        ("Grüße 🚢👩‍🔧 日本", "Grüße 🚢👩‍🔧 日本"),
        ("&amp; &lt;", "&amp;amp; &amp;lt;"),
    ],
)
def test_what_a_record_says_is_shown_as_text(tmp_path, value, shown):
    assert rendered(tmp_path, "<p>{{ account.name }}: {{ notes }}</p>", {"account.name": value, "notes": value}) == (
        f"<p>{shown}: {shown}</p>"
    )


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.text())
def test_any_text_is_found_verbatim_and_never_opens_a_tag(tmp_path, value):
    page = rendered(tmp_path, "<p>[{{ notes }}]</p>", {"notes": value})

    assert escape(value).replace("&quot;", "&#34;").replace("&#x27;", "&#39;") in page
    assert Tags(page).tags == ["p"]
    assert unescape(page) == f"<p>[{value}]</p>"


def test_names_in_lists_are_shown_as_text_too(tmp_path):
    values = {
        "products": [{"name": "<i>Lights</i>"}, {"name": "Masts"}],
        "people": [{"role": "Champion", "name": "<u>"}],
    }

    shown = rendered(tmp_path, "{{ products | names }}; {{ person('Champion') }}", values)

    assert shown == "&lt;i&gt;Lights&lt;/i&gt;, Masts; &lt;u&gt;"


def test_forty_thousand_characters_are_cut_with_a_link_to_the_record(tmp_path):
    shown = rendered(tmp_path, "<p>{{ notes }}</p>", {"notes": "berth " * 6_667, "deal.url": URL}, limit=30_000)

    assert len(shown) < 8_200
    assert shown.startswith("<p>berth berth")
    assert shown.endswith(f'… <a href="{URL}">cut here; the whole text is in the CRM</a></p>')


def test_without_an_address_a_cut_says_that_it_was_cut(tmp_path):
    assert rendered(tmp_path, "{{ notes }}", {"notes": "x" * 9_000}).endswith("… (cut)")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(st.text(min_size=1, max_size=30), st.integers(1, 2_000), st.integers(400, 3_000))
def test_the_maximum_is_always_kept_and_the_prose_stays_whole(tmp_path, words, times, limit):
    shown = rendered(tmp_path, "<p>{{ notes }}</p>", {"notes": words * times, "deal.url": URL}, limit=limit)

    assert len(shown) <= limit
    assert shown.startswith("<p>")
    assert shown.endswith("</p>")


def test_a_cut_text_still_shows_markup_as_text(tmp_path):
    shown = rendered(tmp_path, "<p>{{ notes }}</p>", {"notes": "<b>" * 10_000, "deal.url": URL}, limit=1_000)

    assert Tags(shown).tags == ["p", "a"]


def test_a_cut_name_in_a_list_shows_its_link_as_a_link(tmp_path):
    shown = rendered(tmp_path, "{{ products | names }}", {"products": [{"name": "x" * 9_000}], "deal.url": URL})

    assert Tags(shown).tags == ["a"]


def test_prose_that_cannot_be_made_to_fit_stops_the_deal_and_says_so(tmp_path):
    products = [{"name": "Lights"}] * 500

    with pytest.raises(RecordError, match=r"The text of it.j2 is [\d,]+ characters .*; 1,000 fit\. Shorten"):
        rendered(tmp_path, "{{ products | names }}", {"products": products}, limit=1_000)


def test_what_nobody_filled_is_nothing_and_never_the_word_none(tmp_path):
    source = "[{{ notes }}{{ account }}{{ account.industry }}{{ account.name or 'nobody' }}{{ won_at | day }}]"

    assert rendered(tmp_path, source, {}) == "[nobody]"


@pytest.mark.parametrize(
    ("source", "unknown"),
    [
        ("{{ acount }}", "acount"),
        ("{{ account.nmae }}", "account.nmae"),
        ("{% if deal.url and deal.secret %}x{% endif %}", "deal.secret"),
    ],
)
def test_an_unknown_name_is_refused_at_load_with_the_known_ones(tmp_path, source, unknown):
    with pytest.raises(ConfigError) as caught:
        rendered(tmp_path, source, {})

    assert str(caught.value).startswith(f"templates/it.j2 uses {unknown}, which no mapping fills.")
    assert "Known names: account.industry, account.name, deal.currency, deal.url, gaps, notes" in str(caught.value)


def test_a_template_s_own_names_are_no_unknown_names(tmp_path):
    source = "{% set first = products | first %}{% for p in products %}{{ loop.index }} {{ p.name }}{% endfor %}"

    assert rendered(tmp_path, source, {"products": [{"name": "Lights"}]}) == "1 Lights"


def test_a_missing_template_lists_those_that_are_there(tmp_path):
    (tmp_path / "cta.html.j2").write_text("x")

    with pytest.raises(ConfigError, match=r"There is no template 'ctaa.j2' in .*There are: cta.html.j2\."):
        Templates(tmp_path, KNOWN).load("ctaa.j2")


def test_a_template_that_does_not_parse_is_named_with_its_line(tmp_path):
    with pytest.raises(ConfigError, match=r"^templates/it.j2:2: .* Correct the template\.$"):
        rendered(tmp_path, "<p>\n{% if notes %}", {})


@pytest.mark.parametrize(
    "source",
    [
        "{{ notes.__class__ }}",
        "{{ notes.__class__.__mro__ }}",
        "{{ ''.__class__.__base__.__subclasses__() }}",
        "{{ person.__globals__ }}",
        "{{ person('x').__init__.__globals__ }}",
        "{{ products.append('x') }}",
    ],
)
def test_a_template_cannot_reach_behind_the_values_or_change_them(tmp_path, source):
    with pytest.raises(RecordError, match=r"templates/it.j2 cannot tell of this deal: .* Correct the template\."):
        rendered(tmp_path, source, {"notes": "x", "products": []})


def test_a_template_that_trips_over_a_deal_stops_that_deal_and_quotes_nothing_of_it(tmp_path):
    with pytest.raises(RecordError) as caught:
        rendered(tmp_path, "{{ notes | day }}", {"notes": "rosa@northwind.example"})

    assert str(caught.value) == "templates/it.j2 cannot tell of this deal: AttributeError. Correct the template."


def test_a_template_file_cannot_be_read_from_outside_its_folder(tmp_path):
    (tmp_path / "secret.j2").write_text("secret")
    inner = tmp_path / "templates"
    inner.mkdir()

    with pytest.raises(ConfigError, match="There is no template"):
        Templates(inner, KNOWN).load("../secret.j2")


def test_the_fields_a_template_speaks_of_are_known(tmp_path):
    (tmp_path / "it.j2").write_text("{{ account.name }} {{ person('Champion') }} notesy", encoding="utf-8")

    assert Templates(tmp_path, KNOWN).uses("it.j2") == ("account.name", "people")
    assert Templates(tmp_path, KNOWN).uses(None) == ()
