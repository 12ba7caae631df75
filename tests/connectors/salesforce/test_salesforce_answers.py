"""What Salesforce's answers become before anything else sees them."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from connectors._salesforce_records import parsed


def test_half_an_emoji_becomes_the_replacement_sign_and_a_whole_one_stays():
    body = rb'{"Name": "cut \ud83d here", "rows": ["\ud83d\ude80 whole", 1.10]}'

    assert parsed(body) == {"Name": "cut � here", "rows": ["\U0001f680 whole", Decimal("1.10")]}


@given(st.text(st.characters(exclude_categories=())))
def test_whatever_a_record_says_can_be_stored_and_sent_on(text):
    escaped = "".join(f"\\u{unit:04x}" for unit in _units(text))

    parsed(f'"{escaped}"'.encode()).encode("utf-8")


def _units(text: str) -> list[int]:
    raw = text.encode("utf-16-le", "surrogatepass")
    return [int.from_bytes(raw[at : at + 2], "little") for at in range(0, len(raw), 2)]
