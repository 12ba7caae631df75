"""Ids: the checksum, the two lengths, and ids that can be told in advance."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.salesforce.ids import new_id, normalised

shorts = st.text(string.ascii_letters + string.digits, min_size=15, max_size=15)


def test_the_checksum_is_the_public_one():
    assert normalised("001D000000IqhSL") == "001D000000IqhSLIAZ"
    assert normalised("00130000000xEfB") == "00130000000xEfBAAU"
    assert normalised("ZZZZZ0000000aAz") == "ZZZZZ0000000aAz5AI"


@given(shorts)
def test_fifteen_and_eighteen_characters_name_the_same_record(short):
    long = normalised(short)

    assert (len(long), long[:15], normalised(long)) == (18, short, long)


@given(shorts)
def test_letters_of_another_case_never_pass_the_checksum(short):
    mangled = short.swapcase() + normalised(short)[15:]

    if mangled[:15] != short:
        with pytest.raises(ValueError, match="last three"):
            normalised(mangled)


@pytest.mark.parametrize("text", ["", "006", "006D00000012345678", "006D0000001234é", "006D000000-2345"])
def test_what_is_no_id_is_refused(text):
    with pytest.raises(ValueError):
        normalised(text)


@given(st.integers(0, 10**9), st.integers(0, 10**9))
def test_ids_of_one_org_differ_exactly_when_their_numbers_do(a, b):
    org = "00Dsb0000000001"

    assert (new_id("006", a, org) == new_id("006", b, org)) == (a == b)


def test_the_same_number_in_another_org_is_another_id():
    assert new_id("006", 1, "00Dsb0000000001") != new_id("006", 1, "00Dsb0000000002")
