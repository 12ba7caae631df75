"""Keys planted by older releases. They stand in customers' records: what is written here is never edited."""

from handoff.model import DealRef
from handoff.plan import plan
from tests.handoff.builders import a_deal, a_handoff, shipped, users

RELEASE_0_1 = {
    "company": "hb:main:salesforce:00D5g000004XyZwEAK:0015g00000QrStUAAV:main.company",
    "plan": "hb:main:salesforce:00D5g000004XyZwEAK:0065g00000AbCdEAAV:e1:main.plan",
    "onboarding_cta": "hb:main:salesforce:00D5g000004XyZwEAK:0065g00000AbCdEAAV:e1:main.onboarding_cta",
    "brief": "hb:main:salesforce:00D5g000004XyZwEAK:0065g00000AbCdEAAV:e1:main.brief",
}


def test_the_keys_of_release_0_1_are_still_made():
    mappings = shipped()
    steps, _ = plan(a_handoff(mappings, a_deal()), mappings, users(), platform="main")

    made = {step.name: step.key for step in steps}

    assert {name: made[name] for name in RELEASE_0_1} == RELEASE_0_1


def test_a_deal_is_still_called_as_in_release_0_1():
    ref = DealRef("main", "salesforce", "00D5g000004XyZwEAK", "0065g00000AbCdEAAV")

    assert str(ref) == "main:salesforce:00D5g000004XyZwEAK:0065g00000AbCdEAAV"
