"""Makes an example from a real deal, with people, companies and texts replaced by invented ones."""

import datetime as dt
import io
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.scalarstring import LiteralScalarString

from handoff.contract import JOINING
from handoff.example_files import CustomerThen, Example, Expect, Given, OpenedThen
from handoff.examples import Came, comparable, worked_out
from handoff.mapping import Mappings
from handoff.masking import Masker
from handoff.model import Customer, Deal
from handoff.prepare import Prepared
from handoff.routing import receivers

HEADING = """\
# Made from a real deal by `handoff preview --save-example`: names, addresses and texts of the deal are invented;
# colleagues named in the mapping files stay. `handoff check` runs it in the examples/ folder of the mappings.
# Read it once more before you commit it: numbers, days, products and what a picklist says are kept.
"""


def example_of(one: Prepared, mappings: Mappings, *, now: dt.datetime, about: str) -> Example:
    """
    Return an example whose record is the deal's, masked, and what the mapping makes of it.

    Args:
        now: When the deal would be handed off; of one that was judged, that moment counts.
    """
    masker = Masker(mappings)
    given = _given(one, mappings, masker, now)
    draft = Example(
        about=about,
        crm=mappings.source.called,
        platform=mappings.target.called,
        given=given,
        record=masker.record(one.deal),
        expect=Expect(steps={}),
    )
    draft, came = _received(draft, mappings, one)
    return draft.model_copy(update={"expect": _expected(came)})


def _given(one: Prepared, mappings: Mappings, masker: Masker, now: dt.datetime) -> Given:
    deal, filled = one.deal, mappings.source.file.fields
    account = next((e.account for e in mappings.contract.exceptions if e.names(deal.account_id)), None)
    said: dict[str, Any] = {
        "account": account,
        "amount": deal.amount if "deal.amount" not in filled else None,
        "owner": masker.address(deal.owner_email) if deal.owner_email and "owner.email" not in filled else None,
        "currency": deal.currency,
        "stage": deal.stage,
        "won_at": deal.won_at.replace(microsecond=0),
        "now": (one.handoff.handed_off_at if one.handoff else now).replace(microsecond=0),
        "customer": _customer(one.background.customer, masker),
        "opened": _opened(one, deal),
    }
    return Given(**{name: value for name, value in said.items() if value is not None})


def _customer(customer: Customer | None, masker: Masker) -> CustomerThen | None:
    if customer is None:
        return None
    return CustomerThen(
        name=masker.value("Account.Name", customer.name) or None,
        status=customer.status,
        stage=customer.stage,
        csm=masker.value("company.csm", customer.csm_email),
    )


def _opened(one: Prepared, deal: Deal) -> OpenedThen | None:
    """Return the handoff that is open; of a deal that was found to join one long ago, its moment is the deal's."""
    if one.background.opened is not None:
        return OpenedThen(won_at=one.background.opened)
    joins = one.handoff is not None and one.handoff.kind == JOINING
    return OpenedThen(won_at=deal.won_at) if joins else None


def _received(draft: Example, mappings: Mappings, one: Prepared) -> tuple[Example, Came]:
    """Return the example and what comes of it, those named as inactive who could not receive the deal itself."""
    came = worked_out(draft, mappings)
    wanted = one.handoff.receiver if one.handoff else came.handoff.receiver
    for _ in receivers(mappings):
        if came.handoff.receiver in (wanted, None):
            break
        away = [*draft.given.inactive, str(came.handoff.receiver)]
        draft = draft.model_copy(update={"given": draft.given.model_copy(update={"inactive": away})})
        came = worked_out(draft, mappings)
    return draft, came


def _expected(came: Came) -> Expect:
    handoff = came.handoff
    return Expect(
        kind=handoff.kind,
        segment=handoff.segment,
        transfer=handoff.values.get("transfer"),
        receiver=handoff.receiver,
        missing=[gap.field for gap in handoff.gaps],
        steps={
            step.key.rpartition(".")[2]: {name: comparable(value) for name, value in step.payload.items()}
            for step in came.steps
            if not step.reference
        },
    )


def as_yaml(example: Example) -> str:
    """Return an example as its file holds it."""
    said: Mapping[str, Any] = example.model_dump(by_alias=True, exclude_none=True, exclude_defaults=True)
    yaml = YAML()
    yaml.width = 110
    yaml.default_flow_style = False
    text = io.StringIO()
    yaml.dump(_laid_out(said), text)
    return HEADING + text.getvalue()


def _laid_out(said: Any) -> Any:
    """Return the data so that it reads well: texts of several lines as blocks, a step's id on one line."""
    if isinstance(said, Mapping):
        laid = CommentedMap((key, _laid_out(value)) for key, value in said.items())
        if set(laid) <= {"step", "contains"}:
            laid.fa.set_flow_style()
        return laid
    if isinstance(said, list):
        return [_laid_out(one) for one in said]
    if isinstance(said, Decimal):
        return float(said) if said % 1 else int(said)
    return LiteralScalarString(said) if isinstance(said, str) and "\n" in said else said
