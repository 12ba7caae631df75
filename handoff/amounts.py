"""Amounts as conditions see them: in the contract's base currency."""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from handoff.contract import Contract
from handoff.model import Value
from handoff.transforms import decimal, missing, text

CENT = Decimal("0.01")
MONEY = ("arr", "deal.amount")
"""Canonical fields that are amounts in the deal's currency; conditions see them in the base currency."""


def in_base(values: Mapping[str, Value], currency: str | None, contract: Contract) -> dict[str, Value]:
    """Return the values as conditions see them: amounts in the base currency, None where no rate is known."""
    return dict(values) | {name: _amount_in_base(values.get(name), currency, contract) for name in MONEY}


def converted(
    fields: Iterable[str],
    values: Mapping[str, Value],
    judged: Mapping[str, Value],
    currency: str | None,
    contract: Contract,
) -> str:
    """Return what amounts in another currency were judged as, "" when nothing was converted."""
    base = contract.currency.base
    names = [name for name in fields if name in MONEY and judged.get(name) is not None]
    if currency in (None, base) or not names:
        return ""
    said = (f"{name} {currency} {text(values[name])} is {base} {text(judged[name].quantize(CENT))}" for name in names)
    return f" ({', '.join(said)})"


def _amount_in_base(amount: Value, currency: str | None, contract: Contract) -> Decimal | None:
    try:
        return None if missing(amount) else contract.currency.in_base(decimal(amount), currency)
    except ValueError:
        return None
