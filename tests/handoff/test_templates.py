"""Prose from templates."""

from datetime import date
from html import escape, unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handoff.contract import ContractField
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
    "goal",
    "why_not",
    "promises",
)
ASKED = {
    "goal": ContractField(section="goals", label="Why they bought"),
    "why_not": ContractField(section="goals", label="Why not"),
    "promises": ContractField(section="commitments", label="What we promised"),
}
URL = "https://acme.my.salesforce.example/0065g00000AbCdEAAV"


def rendered(folder: Path, source: str, values: dict[str, object], *, limit: int | None = None) -> str:
    (folder / "it.j2").write_text(source, encoding="utf-8")
    templates = Templates(folder, KNOWN)
    return templates.render(templates.load("it.j2"), values, limit=limit)


def test_a_template_of_plain_text_shows_what_the_record_says_and_no_html(tmp_path):
    (tmp_path / "it.txt.j2").write_text("Sold to {{ account.name }}.\n\n{{ notes }}", encoding="utf-8")
    templates = Templates(tmp_path, KNOWN)
    values = {"account.name": "Berg & Tal <Nord>", "notes": "x" * 9_000, "deal.url": URL}

    said = templates.render(templates.load("it.txt.j2"), values, limit=None)

    assert said.startswith("Sold to Berg & Tal <Nord>.\n\nxxx")
    assert said.endswith("cut here; the whole text is in the CRM")


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
    source = "[{{ notes }}{{ account.industry }}{{ account.name or 'nobody' }}{{ won_at | day }}]"

    assert rendered(tmp_path, source, {}) == "[nobody]"


def mistakes(folder: Path, source: str, **files: str) -> list[str]:
    for name, text in {"it": source, **files}.items():
        (folder / f"{name}.j2").write_text(text, encoding="utf-8")
    templates = Templates(folder, KNOWN, ASKED, roles={"Champion", "Other"})
    return [words.removeprefix("templates/") for _, words in templates.mistakes("it.j2")]


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("{{ acount }}", "it.j2:1:4: 'acount' is filled by no mapping. Nearest: account."),
        ("\n {{ account.nmae }}", "it.j2:2:5: 'account.nmae' is filled by no mapping. Nearest: account.name."),
        (
            "{% if deal.url and deal.secret %}x{% endif %}",
            "it.j2:1:20: 'deal.secret' is filled by no mapping. Nearest: deal.currency.",
        ),
        ("{{ Account.Name }}", "it.j2:1:4: 'Account.Name' is filled by no mapping. Nearest: account.name."),
        ("{{ gaps | label }}", "it.j2:1:11: 'label' is no filter. Nearest: labels."),
        ("{% if gaps %}{{ gaps | label }}{% endif %}", "it.j2:1:24: 'label' is no filter. Nearest: labels."),
        ("{{ deal.url | money }}", "it.j2:1:15: 'money' is a function and no filter. Write money(deal.amount)."),
        ("{{ names(people) }}", "it.j2:1:4: 'names' is a filter and no function. Write products | names."),
        ("{% if gaps is full %}x{% endif %}", "it.j2:1:15: 'full' is no test. "),
        ("{{ not_found }}", "it.j2:1:4: not_found is a function. Write not_found()."),
        ("{{ money() }}", "it.j2:1:4: money is called with too much or too little. Write money(deal.amount)."),
        ("{{ person(Champion) }}", 'it.j2:1:11: Champion is not quoted. Write person("Champion").'),
        ("{{ sentence(goal) }}", 'it.j2:1:13: goal is not quoted. Write sentence("goal").'),
        ("{{ sentence('gaol') }}", "it.j2:1:14: sentence('gaol') speaks of no field or section. Nearest: goal."),
        ("{{ person('Champ') }}", "it.j2:1:12: the source gives nobody the role 'Champ'. Nearest: Champion."),
        ("{{ account }}", "it.j2:1:4: 'account' has parts and no words of its own. "),
        ("for {account.name}", "it.j2:1:5: one brace is not enough, it would be shown as it stands. "),
        ("{% include 'its.j2' %}", "it.j2:1:13: there is no template 'its.j2'. Nearest: it.j2."),
        ("{% include 'it.j2' %}", "it.j2:1:13: 'it.j2' includes itself, so it would never end. Take this include out."),
    ],
)
def test_what_cannot_be_told_is_refused_at_load_with_its_place_and_a_fix(tmp_path, source, said):
    [found] = mistakes(tmp_path, source)

    assert found.startswith(said)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("<p>\n{% if notes %}\n", "it.j2:2:4: {% if %} is opened here and not closed. Add {% endif %}."),
        ("{% endif %}", "it.j2:1:4: nothing is open to which {% endif %} could belong. Take it out."),
        ("{% for p in people %}{% endif %}", "'endif' stands where the for that is open must end. Write {% endfor %}"),
        ("{% when notes %}", "it.j2:1:4: 'when' is no tag. Use one of: elif, "),
        ("{{ person(“Champion”) }}", "it.j2:1:11: the quotation mark “ is typographic. Write straight ones: "),
        ("{% if notes = 1 %}{% endif %}", "it.j2:1:13: one = compares nothing. Write ==."),
        ("<p>\n{{ notes }", "it.j2:2:1: the {{ that opens here is not closed in its line. Close it with }}."),
        ("{ % if notes %}{% endif %}", "it.j2:1:1: a space divides these braces. Write {{ ... }} and {% ... %}."),
        (
            "{{ deal url }}",
            "it.j2:1:1: what stands between the braces cannot be read. Write it like {{ account.name }}",
        ),
    ],
)
def test_what_cannot_be_parsed_is_named_where_it_is_wrong_in_words_of_people(tmp_path, source, said):
    [found] = mistakes(tmp_path, source)

    assert said in found


def test_all_mistakes_of_a_template_and_of_those_it_includes_are_told_each_in_its_file(tmp_path):
    found = mistakes(tmp_path, "{{ nots }}\n{% include 'foot.j2' %}{{ gaps | day_of }}", foot="{{ account.nmae }}")

    assert [words.split(": ")[0] for words in found] == ["it.j2:1:4", "it.j2:2:34", "foot.j2:1:4"]


def test_templates_that_include_each_other_are_told_once_and_never_end_the_search(tmp_path):
    assert mistakes(tmp_path, "{% include 'other.j2' %}", other="{% include 'it.j2' %}") == [
        "other.j2:1:13: 'it.j2' includes itself, so it would never end. Take this include out."
    ]


def test_a_template_that_is_not_utf_8_is_named_with_its_line(tmp_path):
    (tmp_path / "it.j2").write_bytes("<p>\nGrüße".encode("latin-1"))

    assert list(Templates(tmp_path, KNOWN).mistakes("it.j2")) == [
        ("it.j2", "templates/it.j2:2:1: a letter here is not UTF-8. Save the file as UTF-8.")
    ]


def test_a_refused_template_tells_all_its_mistakes(tmp_path):
    with pytest.raises(ConfigError) as caught:
        rendered(tmp_path, "{{ nots }} {{ account.nmae }}", {})

    assert caught.value.message == "The template it.j2 has 2 mistakes; nothing was sent."
    assert len(caught.value.findings) == 2


# Sentences


def told(folder: Path, source: str, values: dict[str, object]) -> str:
    (folder / "it.j2").write_text(source, encoding="utf-8")
    templates = Templates(folder, KNOWN, ASKED)
    return templates.render(templates.load("it.j2"), values, limit=None)


@pytest.mark.parametrize(
    ("word", "values", "said"),
    [
        ("goal", {"goal": "Fewer late berths"}, "Why they bought: Fewer late berths."),
        ("goal", {"goal": "Fewer late berths!"}, "Why they bought: Fewer late berths!"),
        ("goal", {"goal": " "}, ""),
        ("goal", {}, ""),
        ("goal", {"goal": "<b>x</b>"}, "Why they bought: &lt;b&gt;x&lt;/b&gt;."),
        ("goal", {"goal": date(2026, 5, 4)}, "Why they bought: 4 May 2026."),
        ("goal", {"goal": True}, "Why they bought: yes."),
        ("goals", {"goal": "Speed", "why_not": "Price"}, "Why they bought: Speed. Why not: Price."),
        ("goals", {"why_not": "Price"}, "Why not: Price."),
        (
            "promises",
            {
                "promises": [
                    {"id": "1", "text": "Two ports", "due_on": date(2026, 4, 20)},
                    {"id": "2", "text": "A call"},
                ]
            },
            "What we promised: Two ports, by 20 April 2026; A call.",
        ),
        (
            "people",
            {"people": [{"name": "Ida Brandt", "title": "COO", "role": "Champion"}, {"name": "Jo", "role": "Other"}]},
            "Ida Brandt (COO, Champion); Jo (Other).",
        ),
        ("people", {}, ""),
    ],
)
def test_a_sentence_tells_a_field_or_a_section_and_nothing_of_what_is_not_said(tmp_path, word, values, said):
    assert told(tmp_path, f"{{{{ sentence('{word}') }}}}", values) == said


def test_what_was_not_found_is_named_in_the_words_of_the_contract_and_nothing_when_all_is_there(tmp_path):
    gaps = [{"field": "goal", "label": "Why they bought"}, {"field": "why_not", "label": "Why not"}]

    assert told(tmp_path, "{{ not_found() }}", {"gaps": gaps}) == "Not found in the CRM: Why they bought, Why not."
    assert told(tmp_path, "{{ not_found() }}", {"gaps": []}) == ""


def test_an_included_template_sees_the_same_values(tmp_path):
    (tmp_path / "foot.j2").write_text("for {{ account.name }}", encoding="utf-8")

    assert told(tmp_path, "Work {% include 'foot.j2' %}", {"account.name": "Nordwind"}) == "Work for Nordwind"


def test_a_byte_order_mark_is_no_part_of_the_prose(tmp_path):
    assert rendered(tmp_path, "\ufeff{{ notes }}", {"notes": "x"}) == "x"


def test_the_fields_of_a_sentence_s_section_and_of_an_included_template_are_known(tmp_path):
    (tmp_path / "foot.j2").write_text("{{ account.name }}", encoding="utf-8")
    (tmp_path / "it.j2").write_text("{{ sentence('goals') }}{{ not_found() }}{% include 'foot.j2' %}", encoding="utf-8")

    assert Templates(tmp_path, KNOWN, ASKED).uses("it.j2") == ("account.name", "gaps", "goal", "why_not")


def test_a_template_s_own_names_are_no_unknown_names(tmp_path):
    source = "{% set first = products | first %}{% for p in products %}{{ loop.index }} {{ p.name }}{% endfor %}"

    assert rendered(tmp_path, source, {"products": [{"name": "Lights"}]}) == "1 Lights"


def test_a_missing_template_lists_those_that_are_there(tmp_path):
    (tmp_path / "cta.html.j2").write_text("x")

    with pytest.raises(ConfigError, match=r"there is no template 'ctaa.j2'\. Nearest: cta.html.j2\."):
        Templates(tmp_path, KNOWN).load("ctaa.j2")


@pytest.mark.parametrize(
    "source",
    [
        "{{ notes.__class__ }}",
        "{{ notes.__class__.__mro__ }}",
        "{{ ''.__class__.__base__.__subclasses__() }}",
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

    with pytest.raises(ConfigError, match="there is no template"):
        Templates(inner, KNOWN).load("../secret.j2")


def test_the_fields_a_template_speaks_of_are_known(tmp_path):
    (tmp_path / "it.j2").write_text("{{ account.name }} {{ person('Champion') }} notesy", encoding="utf-8")

    assert Templates(tmp_path, KNOWN).uses("it.j2") == ("account.name", "people")
    assert Templates(tmp_path, KNOWN).uses(None) == ()
