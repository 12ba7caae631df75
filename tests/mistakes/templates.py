"""Mistakes in templates."""

# ruff: noqa: E501

from tests.mistakes.table import FOOT, STORY, WELCOME, Edit, Mistake

MISTAKES = (
    Mistake(
        "A template names a field that nothing fills",
        (Edit(WELCOME, "{{ goal or", "{{ gaol or"),),
        ("templates/welcome.html.j2:2:12: 'gaol' is filled by no mapping. Nearest: goal.",),
    ),
    Mistake(
        "A template names a part that a field does not have",
        (Edit(WELCOME, "{{ account.name }}", "{{ account.nmae }}"),),
        ("templates/welcome.html.j2:1:10: 'account.nmae' is filled by no mapping. Nearest: account.name.",),
    ),
    Mistake(
        "A template names a field of the CRM",
        (Edit(WELCOME, "{{ account.name }}", "{{ Account.Name }}"),),
        ("templates/welcome.html.j2:1:10: 'Account.Name' is filled by no mapping. Nearest: account.name.",),
    ),
    Mistake(
        "A filter is unknown",
        (Edit(WELCOME, "| labels", "| label"),),
        ("templates/welcome.html.j2:4:32: 'label' is no filter. Nearest: labels.",),
    ),
    Mistake(
        "A filter is unknown, in an included template",
        (Edit(FOOT, "| day", "| date"),),
        (
            "templates/foot.html.j2:1:73: 'date' is no filter. Use one of: day, default, first, join, labels, last, length, lower, names, replace, round, sort, title, upper.",
        ),
    ),
    Mistake(
        "A function is unknown",
        (Edit(WELCOME, 'person("Sponsor")', 'persn("Sponsor")'),),
        ("templates/welcome.html.j2:2:56: 'persn' is filled by no mapping. Nearest: person.",),
    ),
    Mistake(
        "A role is not quoted",
        (Edit(WELCOME, 'person("Sponsor")', "person(Sponsor)"),),
        ('templates/welcome.html.j2:2:44: Sponsor is not quoted. Write person("Sponsor").',),
    ),
    Mistake(
        "A role has typographic quotation marks",
        (Edit(WELCOME, 'person("Sponsor")', "person(“Sponsor”)"),),
        ('templates/welcome.html.j2:2:63: the quotation mark “ is typographic. Write straight ones: "Champion".',),
    ),
    Mistake(
        "A function is not called",
        (Edit(STORY, "not_found()", "not_found"),),
        ("templates/story.html.j2:5:7: not_found is a function. Write not_found().",),
    ),
    Mistake(
        "A function is called without what it needs",
        (Edit(WELCOME, "money(deal.amount)", "money()"),),
        ("templates/welcome.html.j2:1:87: money is called with too much or too little. Write money(deal.amount).",),
    ),
    Mistake(
        "An `if` is not closed",
        (Edit(WELCOME, "{% endif %}\n{% include", "{% include"),),
        ("templates/welcome.html.j2:3:4: {% if %} is opened here and not closed. Add {% endif %}.",),
    ),
    Mistake(
        "An `endif` closes nothing",
        (Edit(STORY, "<h3>Who matters</h3>", "<h3>Who matters</h3>{% endif %}"),),
        ("templates/story.html.j2:3:24: nothing is open to which {% endif %} could belong. Take it out.",),
    ),
    Mistake(
        "A tag is unknown",
        (Edit(WELCOME, "{% if gaps %}", "{% when gaps %}"),),
        (
            "templates/welcome.html.j2:3:4: 'when' is no tag. Use one of: elif, else, endfor, endif, for, if, include, set.",
        ),
    ),
    Mistake(
        "A brace is not closed, in a template",
        (Edit(WELCOME, "{{ account.name }}", "{{ account.name }"),),
        ("templates/welcome.html.j2:1:7: the {{ that opens here is not closed in its line. Close it with }}.",),
    ),
    Mistake(
        "A field is written with one brace, as in YAML",
        (Edit(WELCOME, "{{ account.name }}", "{account.name}"),),
        (
            "templates/welcome.html.j2:1:7: one brace is not enough, it would be shown as it stands. Write {{ account.name }}.",
        ),
    ),
    Mistake(
        "A name in a template holds a space",
        (Edit(WELCOME, "{{ account.name }}", "{{ account name }}"),),
        (
            "templates/welcome.html.j2:1:1: what stands between the braces cannot be read. Write it like {{ account.name }}, without spaces in it.",
        ),
    ),
    Mistake(
        "An included template is not there",
        (Edit(WELCOME, '"foot.html.j2"', '"foots.html.j2"'),),
        ("templates/welcome.html.j2:6:13: there is no template 'foots.html.j2'. Nearest: foot.html.j2.",),
    ),
    Mistake(
        "A sentence speaks of no field and no section",
        (Edit(STORY, 'sentence("goal")', 'sentence("goals_of_them")'),),
        (
            "templates/story.html.j2:2:17: sentence('goals_of_them') speaks of no field or section. Use one of: dates, go_live_on, goal, goals, old_tool, people, promises, risks, sponsor, why_leave.",
        ),
    ),
    Mistake(
        "A sentence speaks of a misspelt section",
        (Edit(STORY, 'sentence("risks")', 'sentence("risk")'),),
        ("templates/story.html.j2:2:40: sentence('risk') speaks of no field or section. Nearest: risks.",),
    ),
    Mistake(
        "A sentence's field is not quoted",
        (Edit(STORY, 'sentence("goal")', "sentence(gaol)"),),
        ('templates/story.html.j2:2:16: gaol is not quoted. Write sentence("gaol").',),
    ),
    Mistake(
        "A test is unknown, in a template",
        (Edit(WELCOME, "{% if gaps %}", "{% if gaps is filled %}"),),
        ("templates/welcome.html.j2:3:15: 'filled' is no test. Use one of: defined, none, number, string.",),
    ),
    Mistake(
        "A template asks who has a role that nobody has",
        (Edit(WELCOME, 'person("Sponsor")', 'person("Sponser")'),),
        ("templates/welcome.html.j2:2:64: the source gives nobody the role 'Sponser'. Nearest: Sponsor.",),
    ),
    Mistake(
        "An item is named outside of `each`",
        (Edit(WELCOME, "{{ goal or", "{{ item.text or"),),
        (
            "templates/welcome.html.j2:2:12: 'item.text' is filled by no mapping. Use one of: account.arr, account.country, account.id, account.industry, account.name, account.parent_id, arr, company.csm, company.name, company.stage, company.status, completeness, deadlines.fill_gaps.due, deadlines.first_call.due, deal.amount, deal.currency, deal.id, deal.name, deal.url, deal_type, gaps, go_live_on, goal, handed_off_at, headline, kind, lead.email, old_tool, origin, owner.email, owner.team, pause_reason, paused_until, people, pilot_ends_on, products, promises, receiver.email, segment, sponsor and 4 more.",
        ),
    ),
    Mistake(
        "A template includes itself",
        (Edit(FOOT, "<p><a", '{% include "foot.html.j2" %}<p><a'),),
        ("templates/foot.html.j2:1:13: 'foot.html.j2' includes itself, so it would never end. Take this include out.",),
    ),
    Mistake(
        "An `if` compares with one equals sign",
        (Edit(WELCOME, "{% if gaps %}", "{% if gaps = 1 %}"),),
        ("templates/welcome.html.j2:3:12: one = compares nothing. Write ==.",),
    ),
    Mistake(
        "A tag's end is missing",
        (Edit(WELCOME, "{% if gaps %}", "{% if gaps"),),
        ("templates/welcome.html.j2:3:1: the {% that opens here is not closed in its line. Close it with %}.",),
    ),
    Mistake(
        "A space divides the braces of a tag",
        (Edit(WELCOME, "{% if gaps %}", "{ % if gaps %}"),),
        ("templates/welcome.html.j2:3:1: a space divides these braces. Write {{ ... }} and {% ... %}.",),
    ),
    Mistake(
        "The braces behind a name are missing",
        (Edit(WELCOME, "{{ gaps | labels }}", "{{ gaps | labels"),),
        ("templates/welcome.html.j2:4:22: the {{ that opens here is not closed in its line. Close it with }}.",),
    ),
    Mistake(
        "A filter is called like a function",
        (Edit(WELCOME, "{{ products | names }}", "{{ names(products) }}"),),
        ("templates/welcome.html.j2:1:40: 'names' is a filter and no function. Write products | names.",),
    ),
    Mistake(
        "A function is used like a filter",
        (Edit(WELCOME, "{{ money(deal.amount) }}", "{{ deal.amount | money }}"),),
        ("templates/welcome.html.j2:1:101: 'money' is a function and no filter. Write money(deal.amount).",),
    ),
    Mistake(
        "A loop runs over what is no list",
        (Edit(WELCOME, "{{ products | names }}", "{% for p in product %}{{ p.name }}{% endfor %}"),),
        ("templates/welcome.html.j2:1:49: 'product' is filled by no mapping. Nearest: products.",),
    ),
    Mistake(
        "A `for` is not closed",
        (Edit(WELCOME, "{{ products | names }}", "{% for p in products %}{{ p.name }}"),),
        ("templates/welcome.html.j2:1:40: {% for %} is opened here and not closed. Add {% endfor %}.",),
    ),
    Mistake(
        "An account is shown as a whole",
        (Edit(WELCOME, "{{ account.name }}", "{{ account }}"),),
        (
            "templates/welcome.html.j2:1:10: 'account' has parts and no words of its own. Use one of: account.arr, account.country, account.id, account.industry, account.name, account.parent_id.",
        ),
    ),
)
