"""What masking keeps of a real record, and that nothing else of it is left."""

import re
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handoff.masking import Masker, letters
from handoff.prepare import Prepared
from handoff.saved_examples import as_yaml, example_of
from tests.handoff.builders import CONTRACT, NOON, PRIYA, SOURCE, a_deal, mappings_in

ACCOUNT_OF_EXCEPTION = "0015g00000QrStUAAV"
CHANGES = {
    "sources/salesforce.yml": SOURCE.replace(
        "  deal.name:",
        "  seats: {from: Seats__c, as: number}\n"
        "  renews: {from: Renews__c, as: boolean}\n"
        "  regions: {from: Regions__c, as: list}\n"
        "  tier: {from: Tier__c, values: {Gold: gold}}\n"
        "  notes: {from: Handoff_Notes__c}\n"
        "  deal.name:",
    ),
    "handoff.yml": CONTRACT
    + "exceptions:\n  - {account: "
    + ACCOUNT_OF_EXCEPTION
    + ", set: {segment: smb}, because: Board}\n"
    + "kinds:\n  - {kind: excluded, when: [{field: notes, contains: renewal}], because: Ours}\n"
    "  - {kind: new_customer}\n",
}


@pytest.fixture(scope="module")
def mappings(tmp_path_factory):
    return mappings_in(tmp_path_factory.mktemp("masking"), CHANGES)


@pytest.fixture
def masker(mappings) -> Masker:
    return Masker(mappings)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("Handoff_Notes__c", "2026-05-01 Ida Brandt (ida@x.com, +47 555) is furious"),
        ("Handoff_Notes__c", "2026-05-01 47555123"),
        ("Handoff_Notes__c", "4755-38-34"),
        ("Handoff_Notes__c", "4755512345"),
        ("Handoff_Notes__c", "IB"),
        ("Handoff_Notes__c", "<p>Call <b>Ida</b> on 47555123</p>"),
        ("Seats__c", "+4755512345"),
        ("Statement__c", "IDA"),
        ("Owner.Name", "Ida Brandt"),
        ("Owner.Email", "ida@x.com"),
        ("Commitments__c", "Ida calls | 2026-05-01 Ida | Ida | ida@x.com"),
        ("Regions__c", "Ida;Brandt"),
        ("OpportunityLineItems.Description", "For Ida"),
        ("OpportunityLineItems.Name", "Ida's lights"),
    ],
)
def test_what_a_person_wrote_is_replaced(masker, path, said):
    masked = masker.value(path, said)

    assert set(re.findall(r"\w{2,}", said.lower())) & set(re.findall(r"\w{2,}", masked.lower())) == set()


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("Handoff_Notes__c", "2026-05-01"),
        ("Handoff_Notes__c", "2026-05-01T10:00:00.000+0000"),
        ("Seats__c", "40"),
        ("ARR__c", "48000.50"),
        ("Seats__c", 40),
        ("Renews__c", "yes"),
        ("Tier__c", "Gold"),
        ("Regions__c", "Gold;2026-05-01"),
        ("Account.BillingCountryCode", "NO"),
        ("CurrencyIsoCode", "EUR"),
        ("AccountId", ACCOUNT_OF_EXCEPTION),
        ("Owner.Email", PRIYA),
        ("OpportunityLineItems.Product2.Name", "Lights"),
    ],
)
def test_what_the_mapping_decides_by_stays(masker, path, said):
    assert masker.value(path, said) == said


def test_a_text_keeps_the_word_that_a_condition_looks_for_and_nothing_else(masker):
    assert masker.value("Handoff_Notes__c", "Ida wants a Renewal") == "Example handoff notes renewal"


def test_the_same_person_is_always_called_the_same_and_no_two_alike(masker):
    people = [f"Person number {number}" for number in range(1_000)]
    called = [masker.value("Owner.Name", one) for one in people]

    assert len(set(called)) == 1_000
    assert called == [masker.value("Owner.Name", one) for one in people]


@pytest.mark.parametrize(("number", "said"), [(0, "A"), (25, "Z"), (26, "AA"), (27, "AB"), (51, "AZ"), (52, "BA")])
def test_people_are_counted_in_letters(number, said):
    assert letters(number) == said


WORDS = st.text("qxzjkvw", min_size=6, max_size=10).map(str.title)
PHONES = st.from_regex(r"\+?[1-9]\d{2} ?\d{3} ?\d{3}", fullmatch=True)
ADDRESSES = st.builds("{}@{}.test".format, WORDS, WORDS)
DAYS = st.dates().map(str)
SOUP = st.lists(st.one_of(WORDS, PHONES, ADDRESSES), min_size=1, max_size=5)
TEXTS = st.builds(
    lambda day, parts, between, shape: shape.format(between.join([*day, *parts])),
    st.lists(DAYS, max_size=1),
    SOUP,
    st.sampled_from([" ", ", ", " | ", ";", "\n", "<br>"]),
    st.sampled_from(["{}", "<p>{}</p>", "({})", "{}."]),
)
PATHS = st.sampled_from(
    [
        *("Business_Goal__c", "Commitments__c", "Handoff_Notes__c", "Regions__c", "Tier__c", "Seats__c", "Renews__c"),
        *("ARR__c", "Name", "Account.Name", "Account.BillingCountry", "Owner.Name", "Owner.Email"),
        "Promised_Go_Live__c",
    ]
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(PATHS, TEXTS, min_size=1), TEXTS, TEXTS)
def test_no_distinctive_word_of_a_deal_is_left_in_its_example(mappings, said, person, role):
    numbers = {path for path in ("Seats__c", "ARR__c") if re.fullmatch(r"\d+", said.get(path, ""))}
    texts = {path: text for path, text in said.items() if path not in numbers}
    deal = a_deal(source=texts, contacts=[(person, role)])
    text = as_yaml(example_of(Prepared(deal, {}), mappings, now=NOON, about="")).lower()

    words = {
        word for one in (*texts.values(), person, role) for word in re.findall(r"[qxzjkvw]{6,}|\d{6,}", one.lower())
    }
    phones = {one for said in (*texts.values(), person, role) for one in re.findall(r"\d{3} \d{3} ?\d{3}", said)}
    kept = {said[path] for path in numbers}
    assert [word for word in words | phones if word in text and word not in kept] == []


def test_numbers_of_the_api_are_written_as_numbers(masker):
    assert [masker.value("Amount", Decimal(said)) for said in ("48000", "48000.5")] == [48_000, 48_000.5]
