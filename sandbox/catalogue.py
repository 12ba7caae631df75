"""What Harbor sells, through which stages, to whom and why: the words of the generated tenant."""

from typing import NamedTuple


class Stage(NamedTuple):
    """A stage of the default org and what follows from it."""

    name: str
    probability: int
    forecast: str


STAGES = (
    Stage("Prospecting", 10, "Pipeline"),
    Stage("Qualification", 10, "Pipeline"),
    Stage("Needs Analysis", 20, "Pipeline"),
    Stage("Value Proposition", 50, "Pipeline"),
    Stage("Id. Decision Makers", 60, "Pipeline"),
    Stage("Perception Analysis", 70, "Pipeline"),
    Stage("Proposal/Price Quote", 75, "Pipeline"),
    Stage("Negotiation/Review", 90, "Pipeline"),
)
CLOSED_WON = Stage("Closed Won", 100, "Closed")
CLOSED_LOST = Stage("Closed Lost", 0, "Omitted")


class Country(NamedTuple):
    """Where accounts are, in whose language their people are named, and what they pay in."""

    name: str
    code: str
    locale: str
    currency: str
    residency: str


COUNTRIES = (
    Country("United States", "US", "en_US", "USD", "United States (us-east)"),
    Country("United Kingdom", "GB", "en_GB", "GBP", "United Kingdom only"),
    Country("United States", "US", "en_US", "USD", "United States (us-west)"),
    Country("Germany", "DE", "de_DE", "EUR", "EU only, Frankfurt"),
    Country("Canada", "CA", "en_CA", "USD", "Canada preferred"),
    Country("United States", "US", "en_US", "USD", "No requirement"),
    Country("France", "FR", "fr_FR", "EUR", "EU only"),
)
INDUSTRIES = (
    "Manufacturing",
    "Retail",
    "Healthcare",
    "Banking",
    "Technology",
    "Energy",
    "Education",
)
TEAMS = ("AMER Mid-Market", "AMER Enterprise", "EMEA Mid-Market", "EMEA Enterprise")
PRODUCTS = (  # name, family, code, list price in USD
    ("Platform", "Platform", "HBR-PLT", 18_000),
    ("Insights", "Analytics", "HBR-INS", 9_000),
    ("Forecasting", "Analytics", "HBR-FOR", 12_000),
    ("Connect for ERP", "Integration", "HBR-ERP", 6_500),
    ("Connect for Carriers", "Integration", "HBR-CAR", 4_800),
    ("Yard Mobile", "Mobile", "HBR-MOB", 240),
    ("Compliance Vault", "Security", "HBR-VLT", 7_200),
    ("Guided Onboarding", "Services", "HBR-ONB", 3_500),
)
TITLES = (  # title, role in the deal
    ("VP Operations", "Economic Buyer"),
    ("Director of Logistics", "Decision Maker"),
    ("Process Owner, Inbound", "Evaluator"),
    ("Chief Operating Officer", "Executive Sponsor"),
    ("Head of IT", "Technical Buyer"),
    ("Procurement Lead", "Influencer"),
)


class Play(NamedTuple):
    """One reason to buy, and everything that goes with it; braces take dates and names."""

    goal: str
    metric: str
    replacing: str
    switch: str
    commitments: tuple[str, ...]
    notes: str


PLAYS = (
    Play(
        "<p>Cut the time from dock to stock from <b>11 hours to 4</b> by {by}, before the new Leeds shift starts.</p>",
        "Median dock-to-stock time, 11 h today, 4 h by {by}; read weekly from the WMS",
        "Spreadsheets and a shared mailbox",
        "Two audits found stock counts a day old",
        (
            "Carrier feeds of the top 12 carriers live | {early} | integration | {rep}",
            "Weekly steering call until go-live | {golive} | service | {csm}",
        ),
        "They tried a pilot with another vendor in spring; it failed because nobody owned the carrier onboarding.",
    ),
    Play(
        "<p>Bring on-time delivery from 88% to 96% across four regions by {by}; "
        "the board sees this number each quarter.</p>",
        "OTIF 96% over four weeks in a row, from 88% in September",
        "TransitEye 5",
        "Contract ends in January and the renewal quote rose by 38%",
        (
            "Old shipment history (3 years) imported | {golive} | migration | {csm}",
            "Single sign-on with Entra ID in place | {early} | technical | {rep}",
            "Price held for a third year | {end} | commercial | {rep}",
        ),
        "The COO was burned by a slow roll-out in 2023. Show a first result within three weeks or we lose her.",
    ),
    Play(
        "<p>Retire <i>three</i> local planning tools and save 240,000 a year in licences by {by}.</p>",
        "Three tools switched off, last invoice cancelled by {by}",
        "PlanRight, StockSheet and an Access database",
        "The author of the Access database retires in March",
        ("Data mapping workshop on site | {early} | service | {csm}",),
        "Finance signs off only against cancelled invoices, so ask for the cancellation dates in the kickoff.",
    ),
    Play(
        "<p>Reduce detention and demurrage fees from 1.9 M to under 1.2 M a year by {by}.</p>",
        "Fees per container, 212 today, below 135 by {by}",
        "",
        "",
        (
            "Alert rules for free-time expiry configured | {early} | configuration | {csm}",
            "Training for 40 dispatchers in two languages | {golive} | training | {csm}",
        ),
        "Champion changed roles during the deal; her successor starts on the first of next month.",
    ),
    Play(
        "<ul><li>Close the month in 4 days instead of 9</li><li>No manual freight accruals after {by}</li></ul>",
        "Days to close, 9 in the last quarter, 4 by {by}",
        "FreightLedger",
        "No API, every accrual is typed twice",
        ("ERP connector certified with their SAP release | {golive} | integration | {rep}",),
        "Their SAP upgrade freezes changes for two weeks in December; plan around it.",
    ),
    Play(
        "<p>Give 600 yard drivers one app in place of radio calls; <b>gate time under 7 minutes</b> by {by}.</p>",
        "Average gate time in minutes, 19 today, 7 by {by}",
        "Two-way radio and paper slips",
        "A safety finding in June requires a written trail of every move",
        (
            "Works council presentation held | {early} | change | {csm}",
            "Offline mode proven at the Rotterdam gate | {golive} | product | {rep}",
        ),
        "The works council agrees in principle but wants to see what the app records. Bring the data sheet.",
    ),
    Play(
        "<p>Pass the customs audit of next spring without findings; all 4,200 declarations traceable by {by}.</p>",
        "Share of declarations with full trail, 61% today, 100% by {by}",
        "A document share with 190,000 scans",
        "The auditor named it a material weakness",
        ("Audit export in the authority's format | {golive} | product | {rep}",),
        "General counsel reads every mail about retention. Copy her when dates move.",
    ),
)
