"""The keys that are planted in the platforms' records."""

import pytest

from handoff.errors import ConfigError
from handoff.keys import account_key, beside, deal_key, step_key
from handoff.model import DealRef

REF = DealRef("main", "salesforce", "00D5g000004XyZwEAK", "0065g00000AbCdEAAV")


def test_a_key_names_instance_system_org_deal_episode_and_step():
    assert deal_key(REF, 1) == "hb:main:salesforce:00D5g000004XyZwEAK:0065g00000AbCdEAAV:e1"
    assert step_key(REF, 12, "eu", "brief") == "hb:main:salesforce:00D5g000004XyZwEAK:0065g00000AbCdEAAV:e12:eu.brief"


def test_an_account_s_key_names_no_deal_and_no_episode():
    key = account_key(REF, "0015g00000QrStUAAV", "eu", "company")

    assert key == "hb:main:salesforce:00D5g000004XyZwEAK:0015g00000QrStUAAV:eu.company"


def test_a_key_has_at_most_a_hundred_characters():
    room = 100 - len("hb:main:salesforce:00D5g000004XyZwEAK:0065g00000AbCdEAAV:e1:eu.")

    assert len(step_key(REF, 1, "eu", "x" * room)) == 100
    for one_too_long in (
        lambda: step_key(REF, 1, "eu", "x" * (room + 1)),
        lambda: account_key(REF, "0015g00000QrStUAAV", "eu", "x" * 50),
        lambda: deal_key(DealRef("m" * 60, "salesforce", REF.org, REF.id), 1),
    ):
        with pytest.raises(ConfigError, match=r"is longer than 100 characters. Give instances and steps shorter names"):
            one_too_long()


def test_the_longest_names_that_are_shipped_leave_room_for_ten_wins():
    assert len(step_key(REF, 10, "gainsight_eu", "onboarding_cta")) <= 100


def test_a_note_stands_beside_the_entry_of_its_handoff():
    entry = step_key(REF, 1, "main", "brief")

    assert beside(entry, "change-1f2e3d4c") == f"{entry.removesuffix('brief')}change-1f2e3d4c"
