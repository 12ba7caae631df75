"""What is no YAML, or is YAML and not what was meant."""

# ruff: noqa: E501

from tests.mistakes.table import CONTRACT, PEOPLE, TARGET, Edit, Mistake

MISTAKES = (
    Mistake(
        "A line is indented with a tab",
        (Edit(CONTRACT, "  mode: pilot\n", "\tmode: pilot\n"),),
        ("handoff.yml:10:1: a tab stands here. Indent with spaces, not tabs.",),
    ),
    Mistake(
        "A tab stands between a list's dash and its text",
        (Edit(CONTRACT, "  - {after: 0, tell: owner}", "\t- {after: 0, tell: owner}"),),
        ("handoff.yml:114:1: a tab stands here. Indent with spaces, not tabs.",),
    ),
    Mistake(
        "A label holds a colon and is not quoted",
        (Edit(CONTRACT, "label: Why they bought", "label: Why: the number they want to move"),),
        ('handoff.yml:42:15: a text that holds a colon is not quoted. Quote the whole text: "...".',),
    ),
    Mistake(
        "A prompt holds a colon and is not quoted, in braces",
        (Edit(CONTRACT, "label: Who signed, person", "label: Who: signed, person"),),
        (
            'handoff.yml:50:40: a comma is missing here, or a text that holds a colon or a brace is not quoted. Put a comma between two keys; quote such a text: "...".',
        ),
    ),
    Mistake(
        "A reason holds a comma between braces and is not quoted",
        (Edit(CONTRACT, "label: What they replace}", "label: What they replace, and why}"),),
        (
            "handoff.yml:56:56: fields -> old_tool -> and why: a comma between braces begins a new key, 'and why'. Quote the text that holds the comma.",
        ),
    ),
    Mistake(
        "A text begins with a brace and is not quoted",
        (
            Edit(
                TARGET, 'Name: {text: "{item.text}", max: 80, shorten: item.text}', "Name: {text: {item.text}, max: 80}"
            ),
        ),
        (
            'targets/gainsight.yml:34:18: steps -> plan -> children -> Objectives -> fields -> Name -> text: an unquoted brace makes this keys and values. Quote it: "{item.text}", or take the braces away.',
        ),
    ),
    Mistake(
        "A text begins with a brace and goes on behind it",
        (
            Edit(
                TARGET,
                'Subject: {text: "Won: {account.name}", max: 120, shorten: account.name}',
                "Subject:\n        text: {account.name} is won",
            ),
        ),
        (
            'targets/gainsight.yml:81:15: a text that begins with a brace is not quoted. Quote it: "{account.name} ...".',
        ),
    ),
    Mistake(
        "Only a brace stands where a text should be, on a line of its own",
        (
            Edit(
                TARGET,
                'Subject: {text: "Won: {account.name}", max: 120, shorten: account.name}',
                "Subject:\n        text: {account.name}",
            ),
        ),
        (
            'targets/gainsight.yml:81:9: steps -> brief -> fields -> Subject -> text: an unquoted brace makes this keys and values. Quote it: "{account.name}", or take the braces away.',
        ),
    ),
    Mistake(
        "A placeholder between braces is not quoted",
        (Edit(CONTRACT, '    tell: "lead:{segment}"', "    tell: {segment}"),),
        (
            'handoff.yml:98:5: routing -> 4 -> tell: an unquoted brace makes this keys and values. Quote it: "{segment}", or take the braces away.',
        ),
    ),
    Mistake(
        "A quotation mark is not closed",
        (Edit(CONTRACT, 'prompt: "Which number moves, and by when?"', 'prompt: "Which number moves, and by when?'),),
        ("handoff.yml:43:13: the quotation mark that opens here is not closed in its line. Close it.",),
    ),
    Mistake(
        "A bracket is not closed",
        (Edit(CONTRACT, "requires: [goal, go_live_on]", "requires: [goal, go_live_on"),),
        ("handoff.yml:76:15: the [ that opens here is not closed. Close it.",),
    ),
    Mistake(
        "A brace is not closed",
        (Edit(PEOPLE, "{lead: jon.berg@fjord.example}", "{lead: jon.berg@fjord.example"),),
        ("people.yml:12:10: the { that opens here is not closed. Close it.",),
    ),
    Mistake(
        "A key stands one space too far to the right",
        (Edit(CONTRACT, "  only: pilot_team", "   only: pilot_team"),),
        (
            "handoff.yml:11:8: this line stands deeper than the one above allows. Give it as many spaces as its neighbours have.",
        ),
    ),
    Mistake(
        "A key stands one space too far to the left",
        (Edit(CONTRACT, "  prepare_at: [Verbal Yes]", " prepare_at: [Verbal Yes]"),),
        (
            "handoff.yml:14:2: this line does not stand beside its neighbours. Give it as many spaces as its neighbours have.",
        ),
    ),
    Mistake(
        "The space behind a colon is missing",
        (Edit(CONTRACT, "label: Promised go-live", "label:Promised go-live"),),
        ("handoff.yml:47:5: a space is missing behind the colon. Write 'label: Promised go-live'.",),
    ),
    Mistake(
        "The space behind a colon is missing, between braces",
        (Edit(CONTRACT, "{kind: expansion, when: known_customer}", "{kind:expansion, when: known_customer}"),),
        (
            "handoff.yml:36:6: kinds -> 1 -> kind:expansion: a space is missing behind the colon. Write 'kind: expansion'.",
        ),
    ),
    Mistake(
        "The space behind a dash is missing",
        (Edit(CONTRACT, "  - {use: current_csm}", "  -{use: current_csm}"),),
        ("handoff.yml:86:3: a space is missing behind the dash. Write '- ' before each item of a list.",),
    ),
    Mistake(
        "A comma is missing between braces",
        (Edit(CONTRACT, "{kind: expansion, when: known_customer}", "{kind: expansion when: known_customer}"),),
        (
            'handoff.yml:36:26: a comma is missing here, or a text that holds a colon or a brace is not quoted. Put a comma between two keys; quote such a text: "...".',
        ),
    ),
    Mistake(
        "An equals sign stands for a colon",
        (Edit(CONTRACT, "  base: EUR", "  base = EUR"),),
        ("handoff.yml:16:3: this line has no key with a colon. Write it like key: value.",),
    ),
    Mistake(
        "A section is written twice",
        (Edit(CONTRACT, "incomplete:\n", "currency: {base: USD}\nincomplete:\n"),),
        ("handoff.yml:81:1: currency: 'currency' is written twice, first in line 15. Keep one of the two.",),
    ),
    Mistake(
        "A key of a field is written twice",
        (Edit(CONTRACT, "    check: measurable\n", "    check: measurable\n    label: The goal\n"),),
        ("handoff.yml:45:5: label: 'label' is written twice, first in line 42. Keep one of the two.",),
    ),
    Mistake(
        "A step is written twice",
        (Edit(TARGET, "  brief:\n", "  plan:\n    object: timeline\n    fields: {}\n  brief:\n"),),
        ("targets/gainsight.yml:73:3: plan: 'plan' is written twice, first in line 19. Keep one of the two.",),
    ),
    Mistake(
        "A key between braces is written twice",
        (Edit(PEOPLE, "{country: US, region: TX,", "{country: US, country: GB, region: TX,"),),
        ("people.yml:8:25: country: 'country' is written twice, first in line 8. Keep one of the two.",),
    ),
    Mistake(
        "A day does not exist",
        (Edit(CONTRACT, "  date: 2026-09-14", "  date: 2026-09-31"),),
        (
            "handoff.yml:5:9: '2026-09-31' is no day or moment that exists: day is out of range for month. Correct it, or quote it if it is text.",
        ),
    ),
    Mistake(
        "A month does not exist",
        (Edit(CONTRACT, "start_from: 2026-10-01", "start_from: 2026-13-01"),),
        (
            "handoff.yml:7:13: '2026-13-01' is no day or moment that exists: month must be in 1..12. Correct it, or quote it if it is text.",
        ),
    ),
    Mistake(
        "A day is written as in Europe",
        (Edit(CONTRACT, "  date: 2026-09-14", "  date: 14.09.2026"),),
        (
            "handoff.yml:5:3: agreed -> date: '14.09.2026' stands here; it must be a day. Write it like 2026-12-01, without quotes.",
        ),
    ),
    Mistake(
        "A day is written as in the United States",
        (Edit(CONTRACT, "start_from: 2026-10-01", "start_from: 10/01/2026"),),
        (
            "handoff.yml:7:1: start_from: '10/01/2026' stands here; it must be a day. Write it like 2026-12-01, without quotes.",
        ),
    ),
    Mistake(
        "A day has a time",
        (Edit(CONTRACT, "    until: 2027-06-30", "    until: 2027-06-30T12:00:00Z"),),
        (
            "handoff.yml:126:5: exceptions -> 0 -> until: 2027-06-30T12:00:00 stands here; it must be a day without a time. Write it like 2026-12-01, without quotes.",
        ),
    ),
    Mistake(
        "A day is written as a word",
        (Edit(CONTRACT, "start_from: 2026-10-01", "start_from: next month"),),
        (
            "handoff.yml:7:1: start_from: 'next month' stands here; it must be a day. Write it like 2026-12-01, without quotes.",
        ),
    ),
    Mistake(
        "A file was left with the marks of a merge",
        (
            Edit(
                CONTRACT,
                "limits: {new_per_pass: 40}",
                "<<<<<<< mine\nlimits: {new_per_pass: 40}\n=======\nlimits: {new_per_pass: 50}\n>>>>>>> theirs",
            ),
        ),
        ("handoff.yml:8:1: the marks of a merge stand here. Keep one of the two versions, and take the marks out.",),
    ),
    Mistake(
        "A second document begins in a file",
        (Edit(PEOPLE, "teams:\n", "---\nteams:\n"),),
        ("people.yml:9:1: a second document begins here. Take the line --- out.",),
    ),
    Mistake(
        "A text begins with a percent sign",
        (Edit(CONTRACT, "label: What we promised", "label: %promised"),),
        ('handoff.yml:53:12: a text cannot begin with %. Quote the whole text: "...".',),
    ),
    Mistake(
        "A text begins with an at sign",
        (Edit(CONTRACT, "  sales: Head of Sales", "  sales: @head_of_sales"),),
        ('handoff.yml:3:10: a text cannot begin with @. Quote the whole text: "...".',),
    ),
    Mistake(
        "A text begins with a star",
        (Edit(CONTRACT, "label: Why they leave it", "label: *why they leave"),),
        ('handoff.yml:59:12: a text cannot begin with *. Quote the whole text: "...".',),
    ),
    Mistake(
        "A text begins with an exclamation mark",
        (Edit(CONTRACT, "label: Why they leave it", "label: !why they leave"),),
        (
            'handoff.yml:59:5: fields -> why_leave -> label: a text that begins with ! is not quoted. Quote the whole text: "...".',
        ),
    ),
    Mistake(
        "A text begins with an ampersand",
        (Edit(CONTRACT, "label: Why they leave it", "label: &why they leave"),),
        (
            'handoff.yml:59:5: fields -> why_leave -> label: a text that begins with & is not quoted. Quote the whole text: "...".',
        ),
    ),
    Mistake(
        "Words stand behind a closing quotation mark",
        (Edit(CONTRACT, 'prompt: "Which number moves, and by when?"', 'prompt: "Which number moves", and by when?'),),
        ("handoff.yml:43:33: words stand behind the closing quotation mark. Put them inside the quotes.",),
    ),
    Mistake(
        "A key has no value",
        (Edit(CONTRACT, "    check: measurable", "    check:"),),
        (
            "handoff.yml:44:5: fields -> goal -> check: nothing stands behind this key. Write its value, or take the key out.",
        ),
    ),
    Mistake(
        "A section has no content",
        (Edit(CONTRACT, "start_from: 2026-10-01", "start_from:"),),
        ("handoff.yml:7:1: start_from: nothing stands behind this key. Write its value, or take the key out.",),
    ),
    Mistake(
        "A number has commas for its thousands",
        (Edit(CONTRACT, "{field: arr, at_least: 80000}", "{field: arr, at_least: 1,000,000}"),),
        (
            "handoff.yml:25:39: conditions -> big_deal -> 0 -> 000: a comma between braces ends the number before it. Write the number without commas: 80000.",
        ),
    ),
    Mistake(
        "A list is written with braces",
        (Edit(CONTRACT, "requires: [sponsor]", "requires: {sponsor, promises}"),),
        (
            "handoff.yml:66:5: segments -> 0 -> requires: braces make keys and values of this. Write a list: [sponsor, promises].",
        ),
    ),
    Mistake(
        "A colon is missing between braces",
        (Edit(CONTRACT, "{not: renews}", "{not renews}"),),
        (
            "handoff.yml:28:48: conditions -> known_customer -> all -> 1: a colon is missing between these braces. Write {not: renews}, or quote it if it is text.",
        ),
    ),
    Mistake(
        "The space behind a dash is missing, before a key",
        (Edit(PEOPLE, "  - email: ida.holm@fjord.example\n", "  -email: ida.holm@fjord.example\n"),),
        ("people.yml:14:3: a space is missing behind the dash. Write '- ' before each item of a list.",),
    ),
    Mistake(
        "The space behind the colon of a list's first key is missing",
        (Edit(PEOPLE, "  - email: ida.holm@fjord.example\n", "  - email:ida.holm@fjord.example\n"),),
        ("people.yml:14:3: a space is missing behind the colon. Write 'email: ida.holm@fjord.example'.",),
    ),
    Mistake(
        "A key of an item stands under its dash",
        (Edit(CONTRACT, "  - {use: current_csm}\n", "  - use: current_csm\n   when: big\n"),),
        (
            "handoff.yml:87:4: this line does not stand beside its neighbours. Give it as many spaces as its neighbours have.",
        ),
    ),
)
