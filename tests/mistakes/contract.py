"""Mistakes in handoff.yml."""

# ruff: noqa: E501

from tests.mistakes.table import CONTRACT, PEOPLE, Edit, Mistake

MISTAKES = (
    Mistake(
        "A section is misspelt",
        (Edit(CONTRACT, "deadlines:\n", "dedlines:\n"),),
        ("handoff.yml:100:1: dedlines: unknown key. Nearest: deadlines.",),
    ),
    Mistake(
        "A section is written with a capital letter",
        (Edit(CONTRACT, "ladder:\n", "Ladder:\n"),),
        ("handoff.yml:113:1: Ladder: unknown key. Nearest: ladder.",),
    ),
    Mistake(
        "A section is written with a hyphen",
        (Edit(CONTRACT, "start_from: 2026", "start-from: 2026"),),
        ("handoff.yml:7:1: start-from: unknown key. Nearest: start_from.",),
    ),
    Mistake(
        "A section is written with a space",
        (Edit(CONTRACT, "start_from: 2026", "start from: 2026"),),
        ("handoff.yml:7:1: start from: unknown key. Nearest: start_from.",),
    ),
    Mistake(
        "A section of another file stands here",
        (Edit(CONTRACT, "pause:\n", "teams: {small: {lead: eva.lund@fjord.example}}\npause:\n"),),
        (
            "handoff.yml:118:1: teams: unknown key. Use one of: agreed, backfill, conditions, currency, deadlines, deliver, exceptions, fields, incomplete, kinds, ladder, limits, pause, platforms, rollout, routing, same_customer, segments, start_from, trigger.",
        ),
    ),
    Mistake(
        "A key of `agreed` is misspelt",
        (Edit(CONTRACT, "  effective_from:", "  efective_from:"),),
        ("handoff.yml:6:3: agreed -> efective_from: unknown key. Nearest: effective_from.",),
    ),
    Mistake(
        "The day of signing is missing",
        (Edit(CONTRACT, "  date: 2026-09-14\n", ""),),
        ("handoff.yml:2:1: agreed -> date: this key is missing. Add it.",),
    ),
    Mistake(
        "Nobody signed for Sales",
        (Edit(CONTRACT, "  sales: Head of Sales\n", ""),),
        ("handoff.yml:2:1: agreed -> sales: this key is missing. Add it.",),
    ),
    Mistake(
        "A limit is a word",
        (Edit(CONTRACT, "{new_per_pass: 40}", "{new_per_pass: forty}"),),
        (
            "handoff.yml:8:10: limits -> new_per_pass: 'forty' stands here; it must be a whole number. Write it like 40.",
        ),
    ),
    Mistake(
        "A limit is zero",
        (Edit(CONTRACT, "{new_per_pass: 40}", "{new_per_pass: 0}"),),
        ("handoff.yml:8:10: limits -> new_per_pass: 0 stands here; it must be 1 or more. Write such a number.",),
    ),
    Mistake(
        "A limit has a fraction",
        (Edit(CONTRACT, "{new_per_pass: 40}", "{new_per_pass: 40.5}"),),
        ("handoff.yml:8:10: limits -> new_per_pass: 40.5 stands here; it must be a whole number. Write it like 40.",),
    ),
    Mistake(
        "A limit is written with a dot for thousands",
        (Edit(CONTRACT, "{new_per_pass: 40}", "{new_per_pass: 1,000}"),),
        (
            "handoff.yml:8:26: limits -> 000: a comma between braces ends the number before it. Write the number without commas: 80000.",
        ),
    ),
    Mistake(
        "A mode of the roll-out is unknown",
        (Edit(CONTRACT, "  mode: pilot", "  mode: test"),),
        ("handoff.yml:10:3: rollout -> mode: 'test' cannot be used here. Use one of: live, pilot, shadow.",),
    ),
    Mistake(
        "A mode is written with a capital letter",
        (Edit(CONTRACT, "  mode: pilot", "  mode: Pilot"),),
        ("handoff.yml:10:3: rollout -> mode: 'Pilot' cannot be used here. Nearest: pilot.",),
    ),
    Mistake(
        "A pilot does not say which deals are in it",
        (Edit(CONTRACT, "  only: pilot_team\n", ""),),
        (
            "handoff.yml:10:3: rollout -> mode: `mode` pilot needs `only`, the condition that says which deals are in it. Add it.",
        ),
    ),
    Mistake(
        "A pilot names no condition",
        (Edit(CONTRACT, "  only: pilot_team\n", "  only: pilot_taem\n"),),
        ("handoff.yml:11:3: rollout -> only: 'pilot_taem' is no condition. Nearest: pilot_team.",),
    ),
    Mistake(
        "Won stages stand as one text",
        (Edit(CONTRACT, "won: [Closed Won, Signed]", "won: Closed Won"),),
        (
            "handoff.yml:13:3: trigger -> won: 'Closed Won' cannot be used here. Write any_won_stage, or a list: [a, b].",
        ),
    ),
    Mistake(
        "Stages before the win stand as one text",
        (Edit(CONTRACT, "prepare_at: [Verbal Yes]", "prepare_at: Verbal Yes"),),
        (
            "handoff.yml:14:3: trigger -> prepare_at: 'Verbal Yes' stands here; it must be a list. Write it as [a, b], or each item on a line of its own after '- '.",
        ),
    ),
    Mistake(
        "The base currency is a sign",
        (Edit(CONTRACT, "  base: EUR", "  base: €"),),
        ("handoff.yml:16:3: currency -> base: '€' is no currency. Use its three capital letters, such as USD.",),
    ),
    Mistake(
        "The base currency is written small",
        (Edit(CONTRACT, "  base: EUR", "  base: eur"),),
        ("handoff.yml:16:3: currency -> base: 'eur' is no currency. Use its three capital letters, such as USD.",),
    ),
    Mistake(
        "A rate is of no currency",
        (Edit(CONTRACT, "rates: {USD: 0.92,", "rates: {Dollar: 0.92,"),),
        (
            "handoff.yml:17:11: currency -> rates -> Dollar: 'Dollar' is no currency. Use its three capital letters, such as USD.",
        ),
    ),
    Mistake(
        "A rate is zero",
        (Edit(CONTRACT, "USD: 0.92", "USD: 0"),),
        ("handoff.yml:17:11: currency -> rates -> USD: 0 stands here; it must be more than 0. Write such a number.",),
    ),
    Mistake(
        "A rate is below zero",
        (Edit(CONTRACT, "USD: 0.92", "USD: -0.92"),),
        (
            "handoff.yml:17:11: currency -> rates -> USD: -0.92 stands here; it must be more than 0. Write such a number.",
        ),
    ),
    Mistake(
        "A rate is a word",
        (Edit(CONTRACT, "USD: 0.92", "USD: par"),),
        (
            "handoff.yml:17:11: currency -> rates -> USD: 'par' stands here; it must be a number. Write it like 20000 or 0.92, without quotes.",
        ),
    ),
    Mistake(
        "A rate has a comma",
        (Edit(CONTRACT, "{USD: 0.92, GBP", '{USD: "0,92", GBP'),),
        (
            "handoff.yml:17:11: currency -> rates -> USD: '0,92' stands here; it must be a number. Write it like 20000 or 0.92, without quotes.",
        ),
    ),
    Mistake(
        "The base has a rate to itself",
        (Edit(CONTRACT, "{USD: 0.92,", "{EUR: 1, USD: 0.92,"),),
        ("handoff.yml:17:11: currency -> rates -> EUR: this is the base itself. Take its rate out.",),
    ),
    Mistake(
        "Rates stand as a list",
        (Edit(CONTRACT, "rates: {USD: 0.92, GBP: 1.16}", "rates: [0.92, 1.16]"),),
        (
            "handoff.yml:17:3: currency -> rates: a list stands here; it must be keys with values. Write them as {key: value}, or each on a line of its own.",
        ),
    ),
    Mistake(
        "A condition asks about a field that nothing fills",
        (Edit(CONTRACT, "{field: arr, at_least: 80000}", "{field: ar, at_least: 80000}"),),
        ("handoff.yml:25:15: conditions -> big_deal -> 0 -> field: 'ar' is filled by no mapping. Nearest: arr.",),
    ),
    Mistake(
        "A condition asks about a field of the CRM",
        (Edit(CONTRACT, "{field: owner.team, in", "{field: Owner.Team__c, in"),),
        (
            "handoff.yml:20:17: conditions -> pilot_team -> 0 -> field: 'Owner.Team__c' is filled by no mapping. Nearest: owner.team.",
        ),
    ),
    Mistake(
        "A test has no question",
        (Edit(CONTRACT, "{field: arr, at_least: 80000}", "{field: arr}"),),
        (
            "handoff.yml:25:14: conditions -> big_deal -> 0: a test needs exactly one of is, in, at_least, contains, present, missing. Add one.",
        ),
    ),
    Mistake(
        "A test asks two questions",
        (Edit(CONTRACT, "{field: arr, at_least: 80000}", "{field: arr, at_least: 80000, present: true}"),),
        (
            "handoff.yml:25:14: conditions -> big_deal -> 0: a test needs exactly one of is, in, at_least, contains, present, missing. Split it into several tests.",
        ),
    ),
    Mistake(
        "A test has no field",
        (Edit(CONTRACT, "{field: arr, at_least: 80000}", "{at_least: 80000}"),),
        (
            "handoff.yml:25:15: conditions -> big_deal -> 0 -> at_least: `at_least` asks about no field. Write {field: arr, at_least: ...}.",
        ),
    ),
    Mistake(
        "A test asks what no test can",
        (Edit(CONTRACT, "{field: arr, at_least: 80000}", "{field: arr, at_most: 80000}"),),
        ("handoff.yml:25:27: conditions -> big_deal -> 0 -> at_most: unknown key. Nearest: at_least.",),
    ),
    Mistake(
        "A test's key is misspelt",
        (Edit(CONTRACT, "{field: arr, at_least: 80000}", "{feild: arr, at_least: 80000}"),),
        ("handoff.yml:25:15: conditions -> big_deal -> 0 -> feild: unknown key. Nearest: field.",),
    ),
    Mistake(
        "A test is written short",
        (Edit(CONTRACT, "big_deal: [{field: arr, at_least: 80000}]", "big_deal: {arr: 80000}"),),
        ("handoff.yml:25:14: conditions -> big_deal -> arr: `arr` is no key of a test. Write {field: arr, is: ...}.",),
    ),
    Mistake(
        "A number in a test has a comma",
        (Edit(CONTRACT, "{field: arr, at_least: 80000}", "{field: arr, at_least: 80,000}"),),
        (
            "handoff.yml:25:40: conditions -> big_deal -> 0 -> 000: a comma between braces ends the number before it. Write the number without commas: 80000.",
        ),
    ),
    Mistake(
        "A number in a test is written with a letter",
        (Edit(CONTRACT, "{field: arr, at_least: 80000}", "{field: arr, at_least: 80k}"),),
        (
            "handoff.yml:25:27: conditions -> big_deal -> 0 -> at_least: '80k' stands here; it must be a number. Write it like 20000 or 0.92, without quotes.",
        ),
    ),
    Mistake(
        "`in` is given one value",
        (Edit(CONTRACT, "in: [Nordics]", "in: Nordics"),),
        (
            "handoff.yml:20:36: conditions -> pilot_team -> 0 -> in: 'Nordics' stands here; it must be a list. Write it as [a, b], or each item on a line of its own after '- '.",
        ),
    ),
    Mistake(
        "`is` is given several values",
        (Edit(CONTRACT, "{field: deal_type, is: Renewal}", "{field: deal_type, is: [Renewal, Upsell]}"),),
        ("handoff.yml:26:30: conditions -> renews -> is: `is` takes one value. Write in: [a, b] for several.",),
    ),
    Mistake(
        "`in` is given no value",
        (Edit(CONTRACT, "in: [Nordics]", "in: []"),),
        (
            "handoff.yml:20:36: conditions -> pilot_team -> 0 -> in: `in`: an empty list never fits. Name at least one value.",
        ),
    ),
    Mistake(
        "`contains` is given a list",
        (Edit(CONTRACT, "contains: Enterprise}", "contains: [Enterprise, Pro]}"),),
        (
            "handoff.yml:24:27: conditions -> big -> any -> 1 -> contains: a list stands here; it must be one text. Write one.",
        ),
    ),
    Mistake(
        "`present` is given a word",
        (Edit(CONTRACT, "{field: old_tool, present: true}", "{field: old_tool, present: filled}"),),
        (
            "handoff.yml:29:32: conditions -> replaces -> 0 -> present: 'filled' stands here; it must be true or false. Write one of the two, without quotes.",
        ),
    ),
    Mistake(
        "A condition is an expression",
        (Edit(CONTRACT, "    when: big\n    extends", "    when: arr > 80000\n    extends"),),
        (
            "handoff.yml:64:5: segments -> 0 -> when: 'arr > 80000' is no condition. Write a name, a list of names, or a test: {field: arr, at_least: 20000}.",
        ),
    ),
    Mistake(
        "A condition asks for a name that is none",
        (Edit(CONTRACT, "      - big_deal\n", "      - big_deals\n"),),
        ("handoff.yml:23:9: conditions -> big -> any -> 0: 'big_deals' is no condition. Nearest: big_deal.",),
    ),
    Mistake(
        "A condition asks for itself",
        (Edit(CONTRACT, "      - big_deal\n", "      - big\n"),),
        ("handoff.yml:21:3: conditions -> big: it asks for itself: big -> big. Take one of these names away.",),
    ),
    Mistake(
        "Two conditions ask for each other",
        (Edit(CONTRACT, "big_deal: [{field: arr, at_least: 80000}]", "big_deal: [big]"),),
        (
            "handoff.yml:21:3: conditions -> big: it asks for itself: big -> big_deal -> big. Take one of these names away.",
        ),
    ),
    Mistake(
        "`any` and `all` stand side by side",
        (
            Edit(
                CONTRACT,
                "    all: [{field: company.status, is: Active}, {not: renews}]",
                "    all: [{not: renews}]\n    any: [{field: company.status, is: Active}]",
            ),
        ),
        (
            "handoff.yml:27:3: conditions -> known_customer: a condition needs exactly one of all, any, not. Put one into the other: {all: [{any: ...}]}.",
        ),
    ),
    Mistake(
        "`any` names nothing",
        (
            Edit(
                CONTRACT,
                "    any:\n      - big_deal\n      - {field: products, contains: Enterprise}\n",
                "    any: []\n",
            ),
        ),
        ("handoff.yml:22:5: conditions -> big -> any: `any`: an empty list never holds. Name at least one condition.",),
    ),
    Mistake(
        "`or` stands for `any`",
        (Edit(CONTRACT, "    any:\n      - big_deal", "    or:\n      - big_deal"),),
        ("handoff.yml:22:5: conditions -> big -> or: `or` joins nothing. Write any.",),
    ),
    Mistake(
        "Conditions stand as a list",
        (
            Edit(
                CONTRACT,
                "conditions:\n  pilot_team: [{field: owner.team, in: [Nordics]}]\n",
                "conditions:\n  - pilot_team: [{field: owner.team, in: [Nordics]}]\n",
            ),
        ),
        ("handoff.yml:21:3: a key stands among the items of a list. Begin it with '- ', or make all of it keys.",),
    ),
    Mistake(
        "A condition's name has capital letters",
        (Edit(CONTRACT, "  unnamed: [", "  Unnamed: ["),),
        ("handoff.yml:30:3: conditions -> Unnamed: 'Unnamed' is no name. Write unnamed.",),
    ),
    Mistake(
        "A kind is unknown",
        (Edit(CONTRACT, "{kind: expansion, when", "{kind: upsell, when"),),
        (
            "handoff.yml:36:6: kinds -> 1 -> kind: 'upsell' cannot be used here. Use one of: excluded, expansion, new_customer.",
        ),
    ),
    Mistake(
        "An exclusion does not say why",
        (Edit(CONTRACT, "    because: Renewals stay with their CSM\n", ""),),
        ("handoff.yml:33:5: kinds -> 0 -> kind: an exclusion is shown on the deal, so say why. Add `because`.",),
    ),
    Mistake(
        "A kind above the last has no condition",
        (Edit(CONTRACT, "{kind: expansion, when: known_customer}", "{kind: expansion}"),),
        (
            "handoff.yml:36:6: kinds -> 1 -> kind: without a `when` it takes everything, and those below get nothing. Add one.",
        ),
    ),
    Mistake(
        "The last kind has a condition",
        (Edit(CONTRACT, "{kind: new_customer, same", "{kind: new_customer, when: big, same"),),
        (
            "handoff.yml:37:26: kinds -> 2 -> when: the last kind must have no `when`: it takes what is left. Add a last line without one.",
        ),
    ),
    Mistake(
        "A kind asks about the segment, which is decided later",
        (
            Edit(
                CONTRACT,
                "{kind: expansion, when: known_customer}",
                "{kind: expansion, when: {field: segment, is: mid}}",
            ),
        ),
        ("handoff.yml:36:23: kinds -> 1 -> when: 'segment' is decided later than this. Test a field of the deal.",),
    ),
    Mistake(
        "A span names no unit that we know",
        (Edit(CONTRACT, "same_account_within: 3 weeks", "same_account_within: 3 months"),),
        (
            "handoff.yml:37:26: kinds -> 2 -> same_account_within: '3 months' is no span of time. Write it like '1 working day', '10 days' or '4 hours'.",
        ),
    ),
    Mistake(
        "A span is a bare number",
        (Edit(CONTRACT, "same_account_within: 3 weeks", "same_account_within: 21"),),
        (
            "handoff.yml:37:26: kinds -> 2 -> same_account_within: '21' is no span of time. Write it like '1 working day', '10 days' or '4 hours'.",
        ),
    ),
    Mistake(
        "An expansion is said to join",
        (
            Edit(
                CONTRACT,
                "{kind: expansion, when: known_customer}",
                "{kind: expansion, when: known_customer, same_account_within: 3 weeks}",
            ),
        ),
        (
            "handoff.yml:36:45: kinds -> 1 -> same_account_within: only a new_customer has a handoff to join. Move it there.",
        ),
    ),
    Mistake(
        "A field has no label",
        (Edit(CONTRACT, "    label: Promised go-live\n", ""),),
        ("handoff.yml:45:3: fields -> go_live_on -> label: this key is missing. Add it.",),
    ),
    Mistake(
        "A field has no section",
        (Edit(CONTRACT, "{section: risks, label: What they replace}", "{label: What they replace}"),),
        ("handoff.yml:56:3: fields -> old_tool -> section: this key is missing. Add it.",),
    ),
    Mistake(
        "A field's key is misspelt",
        (Edit(CONTRACT, "    prompt: ", "    promt: "),),
        ("handoff.yml:43:5: fields -> goal -> promt: unknown key. Nearest: prompt.",),
    ),
    Mistake(
        "A check is unknown",
        (Edit(CONTRACT, "check: measurable", "check: measureable"),),
        ("handoff.yml:44:5: fields -> goal -> check: 'measureable' is no check. Nearest: measurable.",),
    ),
    Mistake(
        "A transform is unknown",
        (Edit(CONTRACT, "    as: date\n    check", "    as: day\n    check"),),
        (
            "handoff.yml:48:5: fields -> go_live_on -> as: 'day' is no transform. Use one of: boolean, date, datetime, decimal, html, lines, list, number, percent, plain, text.",
        ),
    ),
    Mistake(
        "A field's name has a hyphen",
        (Edit(CONTRACT, "  go_live_on:\n    section", "  go-live-on:\n    section"),),
        ("handoff.yml:45:3: fields -> go-live-on: 'go-live-on' is no name. Write go_live_on.",),
    ),
    Mistake(
        "A field is filled by no source",
        (Edit(CONTRACT, "  old_tool: {section", "  old_tools: {section"),),
        (
            "handoff.yml:56:3: fields -> old_tools: no source fills 'old_tools', so it would always be missing. Map it in the source, or take it out. Nearest: old_tool.",
        ),
    ),
    Mistake(
        "No contact has the role that a field names",
        (Edit(CONTRACT, "person_with_role: Sponsor", "person_with_role: Sponser"),),
        (
            "handoff.yml:50:49: fields -> sponsor -> person_with_role: the source gives nobody the role 'Sponser'. Nearest: Sponsor.",
        ),
    ),
    Mistake(
        "A field is required by a condition that is none",
        (Edit(CONTRACT, "required_when: replaces", "required_when: replace"),),
        ("handoff.yml:60:5: fields -> why_leave -> required_when: 'replace' is no condition. Nearest: replaces.",),
    ),
    Mistake(
        "A field is required by what is decided later",
        (Edit(CONTRACT, "required_when: replaces", "required_when: {field: completeness, at_least: 0.5}"),),
        (
            "handoff.yml:60:5: fields -> why_leave -> required_when: 'completeness' is decided later than this. Test a field of the deal.",
        ),
    ),
    Mistake(
        "`list` is given a word",
        (Edit(CONTRACT, "    list: true", "    list: several"),),
        (
            "handoff.yml:54:5: fields -> promises -> list: 'several' stands here; it must be true or false. Write one of the two, without quotes.",
        ),
    ),
    Mistake(
        "Two segments have one name",
        (Edit(CONTRACT, "    standard_days: 40\n", "    standard_days: 40\n  - {name: mid, when: replaces}\n"),),
        ("handoff.yml:75:6: segments -> 2 -> name: there is a segment 'mid' already. Name this one otherwise.",),
    ),
    Mistake(
        "A segment's name has capital letters and a space",
        (Edit(CONTRACT, "    standard_days: 40\n", "    standard_days: 40\n  - {name: Very small, when: replaces}\n"),),
        ("handoff.yml:75:6: segments -> 2 -> name: 'Very small' is no name. Write very_small.",),
    ),
    Mistake(
        "A segment has no name",
        (
            Edit(
                CONTRACT,
                "  - name: mid\n    when: [{field: arr, at_least: 15000}]\n",
                "  - when: [{field: arr, at_least: 15000}]\n",
            ),
        ),
        ("handoff.yml:70:5: segments -> 1 -> name: this key is missing. Add it.",),
    ),
    Mistake(
        "A segment extends one that is none",
        (Edit(CONTRACT, "extends: small", "extends: smal"),),
        ("handoff.yml:72:5: segments -> 1 -> extends: 'smal' is no segment. Nearest: small.",),
    ),
    Mistake(
        "A segment extends itself",
        (Edit(CONTRACT, "extends: small", "extends: mid"),),
        ("handoff.yml:72:5: segments -> 1 -> extends: mid extends itself through mid. Take one `extends` out.",),
    ),
    Mistake(
        "Two segments extend each other",
        (Edit(CONTRACT, "extends: small", "extends: enterprise"),),
        (
            "handoff.yml:65:5: segments -> 0 -> extends: enterprise extends itself through mid, enterprise. Take one `extends` out.",
        ),
    ),
    Mistake(
        "The last segment has a condition",
        (Edit(CONTRACT, "  - name: small\n", "  - name: small\n    when: replaces\n"),),
        (
            "handoff.yml:76:5: segments -> 2 -> when: the last segment (small) must have no `when`: it takes what is left. Take it out.",
        ),
    ),
    Mistake(
        "A segment above the last has no condition",
        (Edit(CONTRACT, "    when: [{field: arr, at_least: 15000}]\n", ""),),
        (
            "handoff.yml:70:5: segments -> 1 -> when: mid needs a `when`: without one it takes everything, and those below get nothing. Add one.",
        ),
    ),
    Mistake(
        "A segment asks about what is decided later",
        (Edit(CONTRACT, "    when: big\n    extends", "    when: {field: completeness, at_least: 1}\n    extends"),),
        (
            "handoff.yml:64:5: segments -> 0 -> when: 'completeness' is decided later than this. Test a field of the deal.",
        ),
    ),
    Mistake(
        "A segment requires a field that is none",
        (Edit(CONTRACT, "requires: [sponsor]", "requires: [sponsors]"),),
        ("handoff.yml:66:16: segments -> 0 -> requires -> 0: 'sponsors' is no field. Nearest: sponsor.",),
    ),
    Mistake(
        "A segment's requirements stand as one text",
        (Edit(CONTRACT, "requires: [sponsor]", "requires: sponsor"),),
        (
            "handoff.yml:66:5: segments -> 0 -> requires: 'sponsor' stands here; it must be a list. Write it as [a, b], or each item on a line of its own after '- '.",
        ),
    ),
    Mistake(
        "A way of transfer is unknown",
        (Edit(CONTRACT, "transfer: cold", "transfer: warm"),),
        ("handoff.yml:77:5: segments -> 2 -> transfer: 'warm' cannot be used here. Use one of: cold, hot, hybrid.",),
    ),
    Mistake(
        "Standard days are a span",
        (Edit(CONTRACT, "standard_days: 60", "standard_days: 60 days"),),
        (
            "handoff.yml:68:5: segments -> 0 -> standard_days: '60 days' stands here; it must be a whole number. Write it like 40.",
        ),
    ),
    Mistake(
        "Standard days are zero",
        (Edit(CONTRACT, "standard_days: 60", "standard_days: 0"),),
        (
            "handoff.yml:68:5: segments -> 0 -> standard_days: 0 stands here; it must be 1 or more. Write such a number.",
        ),
    ),
    Mistake(
        "What an incomplete deal does is unknown",
        (Edit(CONTRACT, "incomplete: wait\n", "incomplete: hold\n"),),
        ("handoff.yml:69:5: segments -> 0 -> incomplete: 'hold' cannot be used here. Use one of: go_on, wait.",),
    ),
    Mistake(
        "Segments stand as keys",
        (
            Edit(
                CONTRACT,
                "segments:\n  - name: enterprise\n    when: big\n    extends: mid\n    requires: [sponsor]\n    transfer: hot\n    standard_days: 60\n    incomplete: wait\n  - name: mid\n    when: [{field: arr, at_least: 15000}]\n    extends: small\n    requires: [promises]\n    standard_days: 40\n  - name: small\n    requires: [goal, go_live_on]\n    transfer: cold\n    standard_days: 14\n    incomplete: go_on\n",
                "segments:\n  enterprise: {when: big, requires: [sponsor]}\n  small: {requires: [goal]}\n",
            ),
        ),
        (
            "handoff.yml:62:1: segments: a set of keys stands here; it must be a list. Write it as [a, b], or each item on a line of its own after '- '.",
        ),
    ),
    Mistake(
        "There is no segment",
        (
            Edit(
                CONTRACT,
                "segments:\n  - name: enterprise\n    when: big\n    extends: mid\n    requires: [sponsor]\n    transfer: hot\n    standard_days: 60\n    incomplete: wait\n  - name: mid\n    when: [{field: arr, at_least: 15000}]\n    extends: small\n    requires: [promises]\n    standard_days: 40\n  - name: small\n    requires: [goal, go_live_on]\n    transfer: cold\n    standard_days: 14\n    incomplete: go_on\n",
                "segments: []\n",
            ),
        ),
        ("handoff.yml:62:1: segments: nothing stands in it; it needs at least one. Add one.",),
    ),
    Mistake(
        "The section of segments is missing",
        (
            Edit(
                CONTRACT,
                "segments:\n  - name: enterprise\n    when: big\n    extends: mid\n    requires: [sponsor]\n    transfer: hot\n    standard_days: 60\n    incomplete: wait\n  - name: mid\n    when: [{field: arr, at_least: 15000}]\n    extends: small\n    requires: [promises]\n    standard_days: 40\n  - name: small\n    requires: [goal, go_live_on]\n    transfer: cold\n    standard_days: 14\n    incomplete: go_on\n",
                "",
            ),
        ),
        ("handoff.yml:1:1: segments: this key is missing. Add it.",),
    ),
    Mistake(
        "What incomplete deals do is unknown",
        (Edit(CONTRACT, "  do: wait\n", "  do: block\n"),),
        ("handoff.yml:82:3: incomplete -> do: 'block' cannot be used here. Use one of: go_on, wait.",),
    ),
    Mistake(
        "A span is in business days",
        (Edit(CONTRACT, "wait_at_most: 2 working days", "wait_at_most: 2 business days"),),
        (
            "handoff.yml:83:3: incomplete -> wait_at_most: '2 business days' is no span of time. Write it like '1 working day', '10 days' or '4 hours'.",
        ),
    ),
    Mistake(
        "A span has a fraction",
        (Edit(CONTRACT, "wait_at_most: 2 working days", "wait_at_most: 1.5 days"),),
        (
            "handoff.yml:83:3: incomplete -> wait_at_most: '1.5 days' is no span of time. Write it like '1 working day', '10 days' or '4 hours'.",
        ),
    ),
    Mistake(
        "A span is written in words",
        (Edit(CONTRACT, "wait_at_most: 2 working days", "wait_at_most: two days"),),
        (
            "handoff.yml:83:3: incomplete -> wait_at_most: 'two days' is no span of time. Write it like '1 working day', '10 days' or '4 hours'.",
        ),
    ),
    Mistake(
        "A span is longer than can be counted",
        (Edit(CONTRACT, "wait_at_most: 2 working days", "wait_at_most: 9000 working days"),),
        (
            "handoff.yml:83:3: incomplete -> wait_at_most: '9000 working days' is longer than 2000 working days. Write a shorter one.",
        ),
    ),
    Mistake(
        "A way to choose a receiver is unknown",
        (Edit(CONTRACT, "{use: current_csm}", "{use: current_owner}"),),
        ("handoff.yml:86:6: routing -> 0 -> use: 'current_owner' cannot be used here. Nearest: current_csm.",),
    ),
    Mistake(
        "A fixed receiver is not named",
        (Edit(CONTRACT, "    receiver: ida.holm@fjord.example\n    segments", "    segments"),),
        ("handoff.yml:88:5: routing -> 2 -> use: `use` fixed needs `receiver`. Add it.",),
    ),
    Mistake(
        "A receiver is nobody in people.yml",
        (
            Edit(
                CONTRACT,
                "    receiver: ida.holm@fjord.example\n    segments",
                "    receiver: ida.holms@fjord.example\n    segments",
            ),
        ),
        (
            "handoff.yml:89:5: routing -> 2 -> receiver: 'ida.holms@fjord.example' is nobody in people.yml. Nearest: ida.holm@fjord.example.",
        ),
    ),
    Mistake(
        "A receiver is a name and no address",
        (Edit(CONTRACT, "    receiver: ida.holm@fjord.example\n    segments", "    receiver: Ida Holm\n    segments"),),
        (
            "handoff.yml:89:5: routing -> 2 -> receiver: 'Ida Holm' is no e-mail address. Write it like priya@northwind.example.",
        ),
    ),
    Mistake(
        "A rule of routing is for a segment that is none",
        (Edit(CONTRACT, "    segments: [enterprise]\n    when", "    segments: [enterprize]\n    when"),),
        ("handoff.yml:90:16: routing -> 2 -> segments -> 0: 'enterprize' is no segment. Nearest: enterprise.",),
    ),
    Mistake(
        "A rule of routing has a condition that is none",
        (Edit(CONTRACT, "    when: replaces\n  - use: round_robin", "    when: replacing\n  - use: round_robin"),),
        ("handoff.yml:91:5: routing -> 2 -> when: 'replacing' is no condition. Nearest: replaces.",),
    ),
    Mistake(
        "A rule of routing asks who receives it",
        (
            Edit(
                CONTRACT,
                "    when: replaces\n  - use: round_robin",
                "    when: {field: receiver.email, missing: true}\n  - use: round_robin",
            ),
        ),
        (
            "handoff.yml:91:5: routing -> 2 -> when: 'receiver.email' is decided later than this. Test a field of the deal.",
        ),
    ),
    Mistake(
        "A key has no meaning with this way of choosing",
        (Edit(CONTRACT, "{use: current_csm}", "{use: current_csm, tell: lead}"),),
        ("handoff.yml:86:24: routing -> 0 -> tell: `tell` has no meaning with use: current_csm. Take it out.",),
    ),
    Mistake(
        "A team is named without `team:`",
        (Edit(CONTRACT, '    among: "team:{segment}"', "    among: enterprise"),),
        (
            "handoff.yml:93:5: routing -> 3 -> among: 'enterprise' names no team. Write team:mid_market, or team:{segment} for the segment's own.",
        ),
    ),
    Mistake(
        "A team is none",
        (Edit(CONTRACT, '    among: "team:{segment}"', "    among: team:enterprize"),),
        ("handoff.yml:93:5: routing -> 3 -> among: 'enterprize' is no team of people.yml. Nearest: enterprise.",),
    ),
    Mistake(
        "A segment has no team of its own",
        (Edit(PEOPLE, "  mid: {lead: eva.lund@fjord.example}\n", ""),),
        (
            "handoff.yml:93:5: routing -> 3 -> among: the segment 'mid' has no team of its name, and 'mid' is no team. Add it in people.yml.",
        ),
    ),
    Mistake(
        "A skill is compared with a field that nothing fills",
        (Edit(CONTRACT, "skill: account.industry", "skill: account.sector"),),
        (
            "handoff.yml:94:5: routing -> 3 -> skill: 'account.sector' is filled by no mapping. Nearest: account.country.",
        ),
    ),
    Mistake(
        "A territory is compared with a field that nothing fills",
        (Edit(CONTRACT, "territory: account.country", "territory: account.contry"),),
        (
            "handoff.yml:95:5: routing -> 3 -> territory: 'account.contry' is filled by no mapping. Nearest: account.country.",
        ),
    ),
    Mistake(
        "A rate of work is written otherwise",
        (Edit(CONTRACT, "at_most: 4 a week", "at_most: 4 per week"),),
        ("handoff.yml:96:5: routing -> 3 -> at_most: '4 per week' is no rate. Write it like '5 a week'.",),
    ),
    Mistake(
        "Round robin does not say among whom",
        (Edit(CONTRACT, '    among: "team:{segment}"\n', ""),),
        ("handoff.yml:92:5: routing -> 3 -> use: `use` round_robin needs `among`. Add it.",),
    ),
    Mistake(
        "The file of named accounts is not named",
        (Edit(CONTRACT, "{use: named, file: accounts.csv}", "{use: named}"),),
        ("handoff.yml:87:6: routing -> 1 -> use: `use` named needs `file`. Add it.",),
    ),
    Mistake(
        "The file of named accounts is not there",
        (Edit(CONTRACT, "file: accounts.csv", "file: account.csv"),),
        (
            "handoff.yml:87:18: routing -> 1 -> file: there is no 'account.csv' beside handoff.yml. Nearest: accounts.csv.",
        ),
    ),
    Mistake(
        "Who is told is nobody",
        (Edit(CONTRACT, '    tell: "lead:{segment}"', '    tell: "leads:{segment}"'),),
        ("handoff.yml:98:5: routing -> 4 -> tell: 'leads:{segment}' is nobody. Nearest: lead:{segment}.",),
    ),
    Mistake(
        "Nobody has the role that is told",
        (Edit(CONTRACT, 'tell: "person:vp"', 'tell: "person:cs_ops"'),),
        (
            "handoff.yml:116:21: ladder -> 2 -> tell: nobody in people.yml has the role 'cs_ops'. Add somebody, or name another role.",
        ),
    ),
    Mistake(
        "A role that is told is none",
        (Edit(CONTRACT, 'tell: "person:vp"', 'tell: "person:ceo"'),),
        (
            "handoff.yml:116:21: ladder -> 2 -> tell: 'ceo' is no role. Use one of: cs_ops, csm, manager, onboarding, other, rep, revops, sales_manager, vp.",
        ),
    ),
    Mistake(
        "The team whose lead is told is none",
        (Edit(CONTRACT, '    tell: "lead:{segment}"', '    tell: "lead:midd"'),),
        ("handoff.yml:98:5: routing -> 4 -> tell: 'midd' is no team of people.yml. Nearest: mid.",),
    ),
    Mistake(
        "There is no routing",
        (
            Edit(
                CONTRACT,
                'routing:\n  - {use: current_csm}\n  - {use: named, file: accounts.csv}\n  - use: fixed\n    receiver: ida.holm@fjord.example\n    segments: [enterprise]\n    when: replaces\n  - use: round_robin\n    among: "team:{segment}"\n    skill: account.industry\n    territory: account.country\n    at_most: 4 a week\n  - use: nobody\n    tell: "lead:{segment}"\n',
                "routing: []\n",
            ),
        ),
        ("handoff.yml:85:1: routing: nothing stands in it; it needs at least one. Add one.",),
    ),
    Mistake(
        "A rule that takes everything stands above others",
        (Edit(CONTRACT, "  - {use: current_csm}\n", "  - {use: nobody, tell: lead}\n  - {use: current_csm}\n"),),
        (
            "handoff.yml:86:6: routing -> 0 -> use: nobody ends the choice here, so the rules below are never asked. Move it to the end.",
        ),
    ),
    Mistake(
        "A deadline counts from no moment",
        (Edit(CONTRACT, "    from: handed_off_at", "    from: handed_over_at"),),
        ("handoff.yml:107:5: deadlines -> first_call -> from: 'handed_over_at' is no moment. Nearest: handed_off_at.",),
    ),
    Mistake(
        "A deadline's span has no unit",
        (Edit(CONTRACT, "    within: 1 working day\n", "    within: 1\n"),),
        (
            "handoff.yml:103:5: deadlines -> fill_gaps -> within: '1' is no span of time. Write it like '1 working day', '10 days' or '4 hours'.",
        ),
    ),
    Mistake(
        "A deadline has no owner",
        (Edit(CONTRACT, "    owner: receiver\n", ""),),
        ("handoff.yml:106:3: deadlines -> first_call -> owner: this key is missing. Add it.",),
    ),
    Mistake(
        "A deadline's owner is no role",
        (Edit(CONTRACT, "    owner: receiver\n", "    owner: csm\n"),),
        ("handoff.yml:109:5: deadlines -> first_call -> owner: 'csm' owns no step. Use one of: lead, receiver, rep.",),
    ),
    Mistake(
        "Nothing reports that a deadline is met",
        (Edit(CONTRACT, "    done: called_at\n", "    done: caled_at\n"),),
        ("handoff.yml:110:5: deadlines -> first_call -> done: nothing reports 'caled_at'. Nearest: called_at.",),
    ),
    Mistake(
        "A deadline is for a segment that is none",
        (Edit(CONTRACT, "segments: [enterprise, mid]", "segments: [enterprise, middle]"),),
        ("handoff.yml:111:28: deadlines -> first_call -> segments -> 1: 'middle' is no segment. Nearest: mid.",),
    ),
    Mistake(
        "A deadline's name has a space",
        (Edit(CONTRACT, "  fill_gaps:\n", "  fill gaps:\n"),),
        ("handoff.yml:101:3: deadlines -> fill gaps: 'fill gaps' is no name. Write fill_gaps.",),
    ),
    Mistake(
        "A rung of the ladder begins at a bare number",
        (Edit(CONTRACT, "{after: 2 working days, tell", "{after: 2, tell"),),
        (
            "handoff.yml:115:6: ladder -> 1 -> after: '2' is no span of time. Write it like '1 working day', '10 days' or '4 hours', or 0 for at once.",
        ),
    ),
    Mistake(
        "A rung of the ladder begins never",
        (Edit(CONTRACT, "{after: 1 week, tell", "{after: later, tell"),),
        (
            "handoff.yml:116:6: ladder -> 2 -> after: 'later' is no span of time. Write it like '1 working day', '10 days' or '4 hours', or 0 for at once.",
        ),
    ),
    Mistake(
        "A rung tells nobody we know",
        (Edit(CONTRACT, "tell: owner.manager", "tell: owner.boss"),),
        ("handoff.yml:115:29: ladder -> 1 -> tell: 'owner.boss' is nobody. Nearest: owner.",),
    ),
    Mistake(
        "A rung tells in a way that is none",
        (Edit(CONTRACT, "as: daily_digest", "as: weekly_digest"),),
        ("handoff.yml:116:40: ladder -> 2 -> as: 'weekly_digest' cannot be used here. Nearest: daily_digest.",),
    ),
    Mistake(
        "A pause reads a field that nothing fills",
        (Edit(CONTRACT, "  until: paused_until\n", "  until: paused_untill\n"),),
        ("handoff.yml:119:3: pause -> until: 'paused_untill' is filled by no mapping. Nearest: paused_until.",),
    ),
    Mistake(
        "A pause gives a reason that nothing fills",
        (Edit(CONTRACT, "  because: pause_reason\n", "  because: pause_reasons\n"),),
        ("handoff.yml:120:3: pause -> because: 'pause_reasons' is filled by no mapping. Nearest: pause_reason.",),
    ),
    Mistake(
        "A pause does not say until when",
        (Edit(CONTRACT, "  until: paused_until\n", ""),),
        ("handoff.yml:118:1: pause -> until: this key is missing. Add it.",),
    ),
    Mistake(
        "An exception is for an account's name",
        (Edit(CONTRACT, "account: 0015g00000QrStUAAV", "account: Nordwind Freight"),),
        (
            "handoff.yml:123:5: exceptions -> 0 -> account: 'Nordwind Freight' is no account id. Copy the 15 or 18 characters from the CRM.",
        ),
    ),
    Mistake(
        "An exception is for an id with a letter missing",
        (Edit(CONTRACT, "account: 0015g00000QrStUAAV", "account: 0015g00000QrStUAA"),),
        (
            "handoff.yml:123:5: exceptions -> 0 -> account: '0015g00000QrStUAA' is no account id. Copy the 15 or 18 characters from the CRM.",
        ),
    ),
    Mistake(
        "An exception's account is a number without quotes",
        (Edit(CONTRACT, "account: 0015g00000QrStUAAV", "account: 15500000123"),),
        (
            'handoff.yml:123:5: exceptions -> 0 -> account: 15500000123 stands here; it must be a text. Quote it: "15500000123".',
        ),
    ),
    Mistake(
        "An exception sets nothing",
        (Edit(CONTRACT, "set: {receiver: jon.berg@fjord.example, transfer: hybrid, segment: enterprise}", "set: {}"),),
        (
            "handoff.yml:124:5: exceptions -> 0 -> set: an exception sets at least one of receiver, transfer, segment. Add one of them.",
        ),
    ),
    Mistake(
        "An exception sets what cannot be set",
        (Edit(CONTRACT, "transfer: hybrid, segment", "priority: High, segment"),),
        (
            "handoff.yml:124:45: exceptions -> 0 -> set -> priority: unknown key. Use one of: receiver, segment, transfer.",
        ),
    ),
    Mistake(
        "An exception sends to nobody we know",
        (Edit(CONTRACT, "set: {receiver: jon.berg@fjord.example", "set: {receiver: jon.borg@fjord.example"),),
        (
            "handoff.yml:124:11: exceptions -> 0 -> set -> receiver: 'jon.borg@fjord.example' is nobody in people.yml. Nearest: jon.berg@fjord.example.",
        ),
    ),
    Mistake(
        "An exception puts into a segment that is none",
        (Edit(CONTRACT, "segment: enterprise}", "segment: enterprse}"),),
        ("handoff.yml:124:63: exceptions -> 0 -> set -> segment: 'enterprse' is no segment. Nearest: enterprise.",),
    ),
    Mistake(
        "An exception does not say why",
        (Edit(CONTRACT, "    because: Their board knows ours\n", ""),),
        ("handoff.yml:123:5: exceptions -> 0 -> because: this key is missing. Add it.",),
    ),
    Mistake(
        "An exception ends on no day",
        (Edit(CONTRACT, "    until: 2027-06-30", "    until: end of June"),),
        (
            "handoff.yml:126:5: exceptions -> 0 -> until: 'end of June' stands here; it must be a day. Write it like 2026-12-01, without quotes.",
        ),
    ),
    Mistake(
        "A step that is delivered is none",
        (Edit(CONTRACT, "gainsight.promise, gainsight.brief]\n  exp", "gainsight.promises, gainsight.brief]\n  exp"),),
        (
            "handoff.yml:129:75: deliver -> new_customer -> 3: 'gainsight.promises' is no step. Nearest: gainsight.promise.",
        ),
    ),
    Mistake(
        "A step that is delivered lacks its platform",
        (Edit(CONTRACT, "joining: [gainsight.brief]", "joining: [brief]"),),
        ("handoff.yml:131:13: deliver -> joining -> 0: 'brief' is no step. Nearest: gainsight.brief.",),
    ),
    Mistake(
        "A step that is delivered is of another platform",
        (Edit(CONTRACT, "joining: [gainsight.brief]", "joining: [totango.brief]"),),
        ("handoff.yml:131:13: deliver -> joining -> 0: 'totango.brief' is no step. Nearest: gainsight.brief.",),
    ),
    Mistake(
        "What is delivered stands as one text",
        (Edit(CONTRACT, "joining: [gainsight.brief]", "joining: gainsight.brief"),),
        (
            "handoff.yml:131:3: deliver -> joining: 'gainsight.brief' stands here; it must be a list. Write it as [a, b], or each item on a line of its own after '- '.",
        ),
    ),
    Mistake(
        "A kind for which something is delivered is none",
        (Edit(CONTRACT, "  joining: [", "  renewal: ["),),
        (
            "handoff.yml:131:3: deliver -> renewal: 'renewal' cannot be used here. Use one of: expansion, joining, new_customer.",
        ),
    ),
    Mistake(
        "Nothing is said of a kind that there is",
        (Edit(CONTRACT, "  expansion: [gainsight.onboarding, gainsight.brief]\n", ""),),
        (
            "handoff.yml:128:1: deliver: it does not say what is made for 'expansion'. Add the line expansion: [gainsight.company].",
        ),
    ),
    Mistake(
        "A number in a test has a currency sign",
        (Edit(CONTRACT, "{field: arr, at_least: 80000}", "{field: arr, at_least: $80000}"),),
        (
            "handoff.yml:25:27: conditions -> big_deal -> 0 -> at_least: '$80000' stands here; it must be a number. Write it like 20000 or 0.92, without quotes.",
        ),
    ),
    Mistake(
        "A test is a sentence",
        (Edit(CONTRACT, "[{field: arr, at_least: 80000}]", "[arr at least 80000]"),),
        (
            "handoff.yml:25:14: conditions -> big_deal -> 0: 'arr at least 80000' is no condition. Write a name, a list of names, or a test: {field: arr, at_least: 20000}.",
        ),
    ),
    Mistake(
        "`any` is written with a capital letter",
        (Edit(CONTRACT, "    any:\n      - big_deal\n", "    Any:\n      - big_deal\n"),),
        ("handoff.yml:22:5: conditions -> big -> Any: `Any` joins nothing. Write any.",),
    ),
    Mistake(
        "`any` is given one name and no list",
        (
            Edit(
                CONTRACT,
                "    any:\n      - big_deal\n      - {field: products, contains: Enterprise}",
                "    any: big_deal",
            ),
        ),
        (
            "handoff.yml:22:5: conditions -> big -> any: 'big_deal' stands here; it must be a list. Write it as [a, b], or each item on a line of its own after '- '.",
        ),
    ),
    Mistake(
        "Two conditions are joined in words",
        (Edit(CONTRACT, "    when: big\n    extends", "    when: big and replaces\n    extends"),),
        (
            "handoff.yml:64:5: segments -> 0 -> when: 'big and replaces' is no condition. Write a name, a list of names, or a test: {field: arr, at_least: 20000}.",
        ),
    ),
    Mistake(
        "A day has no day",
        (Edit(CONTRACT, "start_from: 2026-10-01", "start_from: 2026-10"),),
        (
            "handoff.yml:7:1: start_from: '2026-10' stands here; it must be a day. Write it like 2026-12-01, without quotes.",
        ),
    ),
    Mistake(
        "A day has no hyphens",
        (Edit(CONTRACT, "start_from: 2026-10-01", "start_from: 20261001"),),
        (
            "handoff.yml:7:1: start_from: 20261001 stands here; it must be a day without a time. Write it like 2026-12-01, without quotes.",
        ),
    ),
    Mistake(
        "Limits are a bare number",
        (Edit(CONTRACT, "limits: {new_per_pass: 40}", "limits: 40"),),
        (
            "handoff.yml:8:1: limits: 40 stands here; it must be keys with values. Write them as {key: value}, or each on a line of its own.",
        ),
    ),
    Mistake(
        "What is delivered is the word `all`",
        (Edit(CONTRACT, "  expansion: [gainsight.onboarding, gainsight.brief]", "  expansion: all"),),
        (
            "handoff.yml:130:3: deliver -> expansion: 'all' stands here; it must be a list. Write it as [a, b], or each item on a line of its own after '- '.",
        ),
    ),
    Mistake(
        "A rung tells an address",
        (Edit(CONTRACT, "tell: owner}", "tell: vera.moe@fjord.example}"),),
        (
            "handoff.yml:114:16: ladder -> 0 -> tell: 'vera.moe@fjord.example' is nobody. Use one of: lead, lead:{segment}, owner, owner.manager, person:vp, receiver, rep, rep.manager.",
        ),
    ),
    Mistake(
        "A rung tells several at once",
        (Edit(CONTRACT, "tell: owner}", "tell: [owner, lead]}"),),
        ("handoff.yml:114:16: ladder -> 0 -> tell: a list stands here; it must be one text. Write one.",),
    ),
    Mistake(
        "A rung does not say when",
        (Edit(CONTRACT, "{after: 0, tell: owner}", "{tell: owner}"),),
        ("handoff.yml:114:5: ladder -> 0 -> after: this key is missing. Add it.",),
    ),
    Mistake(
        "A rule of routing is one word",
        (Edit(CONTRACT, "  - {use: current_csm}\n", "  - current_csm\n"),),
        (
            "handoff.yml:86:5: routing -> 0: 'current_csm' stands here; it must be keys with values. Write them as {key: value}, or each on a line of its own.",
        ),
    ),
    Mistake(
        "A test asks for a kind that is none",
        (Edit(CONTRACT, "{field: arr, at_least: 80000}", "{field: segment, is: huge}"),),
        (
            "handoff.yml:25:14: conditions -> big_deal -> 0: no segment is called 'huge'. Use one of: enterprise, mid, small.",
            "handoff.yml:64:5: segments -> 0 -> when: 'segment' is decided later than this. Test a field of the deal.",
        ),
    ),
    Mistake(
        "A share is written as percent",
        (Edit(CONTRACT, "{field: arr, at_least: 80000}", "{field: completeness, at_least: 80}"),),
        (
            "handoff.yml:25:14: conditions -> big_deal -> 0: completeness is a share of 1. Write at_least: 0.8.",
            "handoff.yml:64:5: segments -> 0 -> when: 'completeness' is decided later than this. Test a field of the deal.",
        ),
    ),
    Mistake(
        "The last rule of platforms has a condition",
        (Edit(CONTRACT, "  - {to: main}\n", ""),),
        (
            "handoff.yml:136:22: platforms -> 2 -> to: the last rule takes what is left. Add a last line with `to` alone.",
        ),
    ),
    Mistake(
        "A rule of platforms above the last takes everything",
        (Edit(CONTRACT, "{segments: [enterprise], to: main}", "{to: main}"),),
        (
            "handoff.yml:135:6: platforms -> 1 -> to: without a condition it takes everything, and those below get nothing. Add one.",
        ),
    ),
    Mistake(
        "A rule of platforms is for a segment that is none",
        (Edit(CONTRACT, "{segments: [enterprise], to: main}", "{segments: [enterprize], to: main}"),),
        ("handoff.yml:135:17: platforms -> 1 -> segments -> 0: 'enterprize' is no segment. Nearest: enterprise.",),
    ),
    Mistake(
        "A rule of platforms asks what the platform says",
        (Edit(CONTRACT, "{when: replaces, to: small}", "{when: {field: company.status, is: Active}, to: small}"),),
        (
            "handoff.yml:136:6: platforms -> 2 -> when: 'company.status' is what the platform says, and here it is not chosen yet. Test a field of the deal.",
        ),
    ),
    Mistake(
        "A rule of platforms asks what is decided later",
        (Edit(CONTRACT, "{when: replaces, to: small}", "{when: {field: completeness, at_least: 1}, to: small}"),),
        (
            "handoff.yml:136:6: platforms -> 2 -> when: 'completeness' is decided later than this. Test a field of the deal.",
        ),
    ),
    Mistake(
        "A rule of platforms names none",
        (Edit(CONTRACT, "{crms: [emea], to: emea}", "{crms: [emea]}"),),
        ("handoff.yml:134:5: platforms -> 0 -> to: this key is missing. Add it.",),
    ),
    Mistake(
        "What says that customers are the same is no way to know them",
        (Edit(CONTRACT, "same_customer: [name]", "same_customer: [domian]"),),
        ("handoff.yml:139:17: same_customer -> 0: 'domian' cannot be used here. Nearest: domain.",),
    ),
    Mistake(
        "A way to know the same customer stands twice",
        (Edit(CONTRACT, "same_customer: [name]", "same_customer: [name, name]"),),
        ("handoff.yml:139:23: same_customer -> 1: 'name' stands above already. Take one out.",),
    ),
    Mistake(
        "A way to know the same customer is filled by no source",
        (Edit(CONTRACT, "same_customer: [name]", "same_customer: [domain, name]"),),
        (
            "handoff.yml:139:17: same_customer -> 0: no source fills 'account.domain'. Map it in the source, or take domain out.",
        ),
    ),
    Mistake(
        "A step of a backfill is none",
        (Edit(CONTRACT, "{deliver: [gainsight.brief], share", "{deliver: [gainsight.breif], share"),),
        ("handoff.yml:132:22: backfill -> deliver -> 0: 'gainsight.breif' is no step. Nearest: gainsight.brief.",),
    ),
    Mistake(
        "A backfill's share is written as percent",
        (Edit(CONTRACT, "share: 0.8}", "share: 80}"),),
        ("handoff.yml:132:40: backfill -> share: 80 stands here; it must be 1.0 or less. Write such a number.",),
    ),
    Mistake(
        "A key of `backfill` is misspelt",
        (Edit(CONTRACT, "{deliver: [gainsight.brief], share", "{delivers: [gainsight.brief], share"),),
        ("handoff.yml:132:12: backfill -> delivers: unknown key. Nearest: deliver.",),
    ),
)
