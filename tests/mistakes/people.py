"""Mistakes in people.yml and in the file of named accounts."""

# ruff: noqa: E501

from tests.mistakes.table import ACCOUNTS, PEOPLE, Edit, Mistake

MISTAKES = (
    Mistake(
        "A section of people.yml is misspelt",
        (Edit(PEOPLE, "teams:\n", "teems:\n"),),
        ("people.yml:9:1: teems: unknown key. Nearest: teams.",),
    ),
    Mistake(
        "Somebody's e-mail is misspelt as a key",
        (Edit(PEOPLE, "  - {email: vera.moe", "  - {e-mail: vera.moe"),),
        ("people.yml:28:6: people -> 3 -> e-mail: unknown key. Nearest: email.",),
    ),
    Mistake(
        "Somebody has no role",
        (Edit(PEOPLE, "{email: jon.berg@fjord.example, role: csm, team", "{email: jon.berg@fjord.example, team"),),
        ("people.yml:26:5: people -> 1 -> role: this key is missing. Add it.",),
    ),
    Mistake(
        "Somebody's role is none",
        (Edit(PEOPLE, "role: vp,", "role: VP Customer Success,"),),
        (
            "people.yml:28:37: people -> 3 -> role: 'VP Customer Success' is no role. Use one of: cs_ops, csm, manager, onboarding, other, rep, revops, sales_manager, vp.",
        ),
    ),
    Mistake(
        "Somebody's role is written with capitals",
        (Edit(PEOPLE, "role: vp,", "role: VP,"),),
        ("people.yml:28:37: people -> 3 -> role: 'VP' is no role. Nearest: vp.",),
    ),
    Mistake(
        "Somebody has no address",
        (Edit(PEOPLE, "- {email: vera.moe@fjord.example, role", "- {email: vera.moe, role"),),
        (
            "people.yml:28:6: people -> 3 -> email: 'vera.moe' is no e-mail address. Write it like priya@northwind.example.",
        ),
    ),
    Mistake(
        "An address holds a space",
        (Edit(PEOPLE, "- {email: vera.moe@fjord.example, role", "- {email: vera moe@fjord.example, role"),),
        (
            "people.yml:28:6: people -> 3 -> email: 'vera moe@fjord.example' is no e-mail address. Write it like priya@northwind.example.",
        ),
    ),
    Mistake(
        "Somebody is there twice",
        (
            Edit(
                PEOPLE,
                "  - {email: vera.moe@fjord",
                "  - {email: Ida.Holm@fjord.example, role: csm}\n  - {email: vera.moe@fjord",
            ),
        ),
        ("people.yml:28:6: people -> 3 -> email: 'Ida.Holm@fjord.example' is there already. Keep one of the two.",),
    ),
    Mistake(
        "Somebody is in a team that is none",
        (Edit(PEOPLE, "role: csm, team: small", "role: csm, team: smal"),),
        ("people.yml:26:48: people -> 1 -> team: 'smal' is no team. Nearest: small.",),
    ),
    Mistake(
        "Somebody has a calendar that is none",
        (Edit(PEOPLE, "calendar: austin}", "calendar: boston}"),),
        ("people.yml:26:61: people -> 1 -> calendar: 'boston' is no calendar. Use one of: austin, oslo.",),
    ),
    Mistake(
        "Somebody is their own manager",
        (Edit(PEOPLE, "    manager: eva.lund@fjord.example\n", "    manager: ida.holm@fjord.example\n"),),
        (
            "people.yml:16:5: people -> 0 -> manager: 'ida.holm@fjord.example' cannot be their own manager. Name somebody else, or take it out.",
        ),
    ),
    Mistake(
        "Somebody's manager is a name",
        (Edit(PEOPLE, "    manager: eva.lund@fjord.example\n", "    manager: Eva Lund\n"),),
        (
            "people.yml:16:5: people -> 0 -> manager: 'Eva Lund' is no e-mail address. Write it like priya@northwind.example.",
        ),
    ),
    Mistake(
        "A capacity is a word",
        (Edit(PEOPLE, "    capacity: 20", "    capacity: many"),),
        ("people.yml:20:5: people -> 0 -> capacity: 'many' stands here; it must be a whole number. Write it like 40.",),
    ),
    Mistake(
        "A capacity is below zero",
        (Edit(PEOPLE, "    capacity: 20", "    capacity: -20"),),
        ("people.yml:20:5: people -> 0 -> capacity: -20 stands here; it must be 0 or more. Write such a number.",),
    ),
    Mistake(
        "Skills stand as one text",
        (Edit(PEOPLE, "skills: [Shipping]", "skills: Shipping"),),
        (
            "people.yml:19:5: people -> 0 -> skills: 'Shipping' stands here; it must be a list. Write it as [a, b], or each item on a line of its own after '- '.",
        ),
    ),
    Mistake(
        "An absence ends before it begins",
        (Edit(PEOPLE, "{from: 2026-12-21, to: 2027-01-03}", "{from: 2026-12-21, to: 2026-01-03}"),),
        (
            "people.yml:23:28: people -> 0 -> away -> 0 -> to: it ends 2026-01-03 and begins 2026-12-21. Swap the two days.",
        ),
    ),
    Mistake(
        "An absence has no end",
        (Edit(PEOPLE, "{from: 2026-12-21, to: 2027-01-03}", "{from: 2026-12-21}"),),
        ("people.yml:23:9: people -> 0 -> away -> 0 -> to: this key is missing. Add it.",),
    ),
    Mistake(
        "An absence is no list",
        (
            Edit(
                PEOPLE,
                "    away:\n      - {from: 2026-12-21, to: 2027-01-03}",
                "    away: {from: 2026-12-21, to: 2027-01-03}",
            ),
        ),
        (
            "people.yml:22:5: people -> 0 -> away: a set of keys stands here; it must be a list. Write it as [a, b], or each item on a line of its own after '- '.",
        ),
    ),
    Mistake(
        "An absence begins on a day that does not exist",
        (Edit(PEOPLE, "{from: 2026-12-21, to", "{from: 2026-02-30, to"),),
        (
            "people.yml:23:16: '2026-02-30' is no day or moment that exists: day is out of range for month. Correct it, or quote it if it is text.",
        ),
    ),
    Mistake(
        "A zone is a city",
        (Edit(PEOPLE, "zone: Europe/Oslo", "zone: Oslo"),),
        ("people.yml:5:5: calendars -> oslo -> zone: 'Oslo' is no time zone. Nearest: Europe/Oslo.",),
    ),
    Mistake(
        "A zone is misspelt",
        (Edit(PEOPLE, "zone: Europe/Oslo", "zone: Europe/Olso"),),
        ("people.yml:5:5: calendars -> oslo -> zone: 'Europe/Olso' is no time zone. Nearest: Europe/Oslo.",),
    ),
    Mistake(
        "A zone is written with a space",
        (Edit(PEOPLE, "zone: America/Chicago", "zone: America/New York"),),
        (
            "people.yml:8:37: calendars -> austin -> zone: 'America/New York' is no time zone. Nearest: America/New_York.",
        ),
    ),
    Mistake(
        "A country is a name",
        (Edit(PEOPLE, 'country: "NO"', "country: Norway"),),
        ("people.yml:4:5: calendars -> oslo -> country: 'Norway' is no country we know the holidays of. Nearest: NO.",),
    ),
    Mistake(
        "A country is written small",
        (Edit(PEOPLE, 'country: "NO"', "country: no"),),
        ("people.yml:4:5: calendars -> oslo -> country: 'no' is no country we know the holidays of. Nearest: NO.",),
    ),
    Mistake(
        "A country has no such region",
        (Edit(PEOPLE, "region: TX", "region: TEX"),),
        ("people.yml:8:25: calendars -> austin -> region: 'TEX' is no region of US. Nearest: TX.",),
    ),
    Mistake(
        "A region is named without its country",
        (Edit(PEOPLE, "{country: US, region: TX", "{region: TX"),),
        (
            "people.yml:8:12: calendars -> austin -> region: 'TX' is a region without its country. Add country: US, or whose it is.",
        ),
    ),
    Mistake(
        "A working day is written in full",
        (Edit(PEOPLE, "days: [mon, tue, wed, thu, fri]", "days: [monday, tue, wed, thu, fri]"),),
        ("people.yml:6:12: calendars -> oslo -> days -> 0: 'monday' is no day. Nearest: mon.",),
    ),
    Mistake(
        "Working days stand as a range",
        (Edit(PEOPLE, "days: [mon, tue, wed, thu, fri]", "days: mon-fri"),),
        (
            "people.yml:6:5: calendars -> oslo -> days: 'mon-fri' stands here; it must be a list. Write it as [a, b], or each item on a line of its own after '- '.",
        ),
    ),
    Mistake(
        "Nobody ever works",
        (Edit(PEOPLE, "days: [mon, tue, wed, thu, fri]", "days: []"),),
        ("people.yml:6:5: calendars -> oslo -> days: nothing stands in it; it needs at least one. Add one.",),
    ),
    Mistake(
        "Working hours have no minutes",
        (Edit(PEOPLE, 'hours: "08:00-16:00"', 'hours: "8-16"'),),
        (
            "people.yml:7:5: calendars -> oslo -> hours: '8-16' are no hours. Write them like \"09:00-17:30\", in quotes.",
        ),
    ),
    Mistake(
        "Working hours end before they begin",
        (Edit(PEOPLE, 'hours: "08:00-16:00"', 'hours: "16:00-08:00"'),),
        (
            "people.yml:7:5: calendars -> oslo -> hours: '16:00-08:00' are no hours. Write them like \"09:00-17:30\", in quotes.",
        ),
    ),
    Mistake(
        "Working hours are on a clock of twelve",
        (Edit(PEOPLE, 'hours: "09:00-17:00"', 'hours: "9:00am-5:00pm"'),),
        (
            "people.yml:8:60: calendars -> austin -> hours: '9:00am-5:00pm' are no hours. Write them like \"09:00-17:30\", in quotes.",
        ),
    ),
    Mistake(
        "A team has no lead",
        (Edit(PEOPLE, "  mid: {lead: eva.lund@fjord.example}", "  mid: {}"),),
        ("people.yml:11:3: teams -> mid -> lead: this key is missing. Add it.",),
    ),
    Mistake(
        "A team's lead is a name",
        (Edit(PEOPLE, "  mid: {lead: eva.lund@fjord.example}", "  mid: {lead: Eva}"),),
        ("people.yml:11:9: teams -> mid -> lead: 'Eva' is no e-mail address. Write it like priya@northwind.example.",),
    ),
    Mistake(
        "A team's lead is nobody in people.yml",
        (Edit(PEOPLE, "  mid: {lead: eva.lund@fjord.example}", "  mid: {lead: eva.lundt@fjord.example}"),),
        (
            "people.yml:11:9: teams -> mid -> lead: 'eva.lundt@fjord.example' is nobody under `people`. Nearest: eva.lund@fjord.example.",
        ),
    ),
    Mistake(
        "A team is an address and no keys",
        (Edit(PEOPLE, "  mid: {lead: eva.lund@fjord.example}", "  mid: eva.lund@fjord.example"),),
        (
            "people.yml:11:3: teams -> mid: an e-mail address stands here; it must be keys with values. Write them as {key: value}, or each on a line of its own.",
        ),
    ),
    Mistake(
        "People stand as keys",
        (
            Edit(
                PEOPLE,
                "people:\n  - email: ida.holm@fjord.example\n    role: csm\n",
                "people:\n  ida.holm@fjord.example:\n    role: csm\n",
            ),
        ),
        ("people.yml:26:3: an item of a list stands among keys. Write either keys or items with '- '.",),
    ),
    Mistake(
        "The columns have other names",
        (Edit(ACCOUNTS, "account_id,csm_email,because", "Account ID,CSM,Reason"),),
        (
            "accounts.csv:1:1: the column 'account_id' is missing. Write account_id,csm_email,because into the first line.",
        ),
    ),
    Mistake(
        "The columns are divided by semicolons",
        (
            Edit(
                ACCOUNTS,
                "account_id,csm_email,because\n0015g00000QrStUAAV,ida.holm@fjord.example,They asked for her\n0015g00000AbCdEAAV,jon.berg@fjord.example,Same building\n",
                "account_id;csm_email;because\n0015g00000QrStUAAV;ida.holm@fjord.example;They asked for her\n",
            ),
        ),
        (
            "accounts.csv:1:1: the columns are divided by semicolons. Save it with commas. Write account_id,csm_email,because into the first line.",
        ),
    ),
    Mistake(
        "The line of column names is missing",
        (Edit(ACCOUNTS, "account_id,csm_email,because\n", ""),),
        (
            "accounts.csv:1:1: the column 'account_id' is missing. Write account_id,csm_email,because into the first line.",
        ),
    ),
    Mistake(
        "An id was turned into a number by a spreadsheet",
        (Edit(ACCOUNTS, "0015g00000AbCdEAAV,jon", "1.5E+17,jon"),),
        ("accounts.csv:3:1: '1.5E+17' is no account id. Copy the 15 or 18 characters from the CRM.",),
    ),
    Mistake(
        "An account is named and not its id",
        (Edit(ACCOUNTS, "0015g00000AbCdEAAV,jon", "Nordwind Freight,jon"),),
        ("accounts.csv:3:1: 'Nordwind Freight' is no account id. Copy the 15 or 18 characters from the CRM.",),
    ),
    Mistake(
        "A CSM is nobody in people.yml",
        (Edit(ACCOUNTS, "jon.berg@fjord.example", "jon.burg@fjord.example"),),
        ("accounts.csv:3:1: 'jon.burg@fjord.example' is nobody in people.yml. Nearest: jon.berg@fjord.example.",),
    ),
    Mistake(
        "A line names no CSM",
        (Edit(ACCOUNTS, "AAV,jon.berg@fjord.example,Same building", "AAV,,Same building"),),
        ("accounts.csv:3:1: no CSM is named. Write the address of one, or delete the line.",),
    ),
    Mistake(
        "An account stands in two lines",
        (Edit(ACCOUNTS, "0015g00000AbCdEAAV,jon", "0015g00000QrStUAAV,jon"),),
        ("accounts.csv:3:1: the account 0015g00000QrStUAAV is in line 2 already. Keep one of the two.",),
    ),
    Mistake(
        "A line has a comma too many",
        (Edit(ACCOUNTS, "Same building", "Same building, same floor"),),
        ("accounts.csv:3:1: it has 4 columns and the first line 3. Quote a text that holds a comma.",),
    ),
    Mistake(
        "The file is empty",
        (
            Edit(
                ACCOUNTS,
                "account_id,csm_email,because\n0015g00000QrStUAAV,ida.holm@fjord.example,They asked for her\n0015g00000AbCdEAAV,jon.berg@fjord.example,Same building\n",
                "",
            ),
        ),
        (
            "accounts.csv:1:1: the column 'account_id' is missing. Write account_id,csm_email,because into the first line.",
        ),
    ),
    Mistake(
        "A calendar's name has a capital letter",
        (Edit(PEOPLE, "  oslo:\n", "  Oslo:\n"),),
        ("people.yml:3:3: calendars -> Oslo: 'Oslo' is no name. Write oslo.",),
    ),
    Mistake(
        "An address stands between angle brackets",
        (Edit(PEOPLE, "  - email: ida.holm@fjord.example\n", "  - email: <ida.holm@fjord.example>\n"),),
        (
            "people.yml:14:5: people -> 0 -> email: '<ida.holm@fjord.example>' is no e-mail address. Write it like priya@northwind.example.",
        ),
    ),
    Mistake(
        "Somebody has two roles",
        (Edit(PEOPLE, "    role: csm\n", "    role: [csm, manager]\n"),),
        ("people.yml:15:5: people -> 0 -> role: a list stands here; it must be one text. Write one.",),
    ),
    Mistake(
        "A Slack id is a number without quotes",
        (Edit(PEOPLE, "    slack: U0IDA\n", "    slack: 123\n"),),
        ('people.yml:24:5: people -> 0 -> slack: 123 stands here; it must be a text. Quote it: "123".',),
    ),
)
