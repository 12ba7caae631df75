"""A look at what was won, so that passes over several CRMs know of the same customer's deals before they begin."""

from handoff.bridge import Bridge
from handoff.firsts import keep_marks
from handoff.intake import Intake
from handoff.report import Tally


def look_ahead(bridge: Bridge) -> int:
    """
    Keep by what the customers of newly won deals are known, and return how many deals were looked at.

    Nothing is handed off and no cursor moves: the pass reads them again. Where the files do not ask, nothing is read.
    """
    if not bridge.mappings.contract.same_customer:
        return 0
    intake, count = Intake(bridge, Tally(), limit=None, forced=frozenset()), 0
    for wave in intake.waves():
        found = intake.sorted_out(wave.page.deals)
        deals = [*found.new, *found.again]
        keep_marks(bridge.ledger, bridge.mappings, deals)
        count += len(deals)
    return count
