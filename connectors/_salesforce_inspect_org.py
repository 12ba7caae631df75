"""What an org's records and limits tell of it: its stages, the deals that we see, the calls that are left."""

from collections.abc import Mapping

from connectors._http import Route
from connectors._salesforce_gateway import Gateway
from handoff.errors import NotAllowed, Rejected
from handoff.inspection import OPERATOR, REVOPS, Check, ExpectedOfCrm, Finding, looked, not_checked
from handoff.yaml_files import nearest

STAGES = Route("reading all stages", reads=True, repeatable=True)
COUNT = Route("counting opportunities", reads=True, repeatable=True)
RECORD_COUNT = Route("asking how many opportunities the org holds", reads=True, repeatable=True)
LIMITS = Route("asking for the org's limits", reads=True, repeatable=True)

ADMIN = "a Salesforce admin"
DEAL = "Opportunity"
ALL_STAGES = "SELECT ApiName, MasterLabel, IsWon FROM OpportunityStage"
CALLS_A_PASS = 8
"""Calls of a quiet pass that looks again at deals still open, its login included; once an hour one more."""
LARGEST_SHARE = 0.2
"""Of the calls left in the day; the org's other tools live on the rest."""
LEAST_SEEN = 0.95
"""Of the org's own count, which is a snapshot of some earlier moment."""
DAY_SECONDS = 86_400
SLOWEST_SECONDS = 3_600
"""Slower polling is no remedy that we propose."""
STAGE = "Write the stage as the org names it (Setup, Object Manager, Opportunity, Stage)."


class Numbers:
    """Asks one org about its stages, its deals and its calls."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway, self._system = gateway, gateway.exchange.system

    def stages(self, name: str, wanted: ExpectedOfCrm) -> Check:
        """Return the check of the stages that the contract names: a name that no deal has leaves every deal out."""
        if not wanted.stages:
            return looked(self._system, name, told="handoff.yml names none: every stage that counts as won is ours")
        there = self._stages()
        won = {stage for stage, is_won in there.items() if is_won}
        found = []
        for one in wanted.stages:
            fitting = won if one.won else set(there)
            if one.name not in fitting:
                state = "no won stage" if one.name in there else "no stage"
                what = f"{one.name!r} is {state} of the org; it is named by {one.place}. {nearest(one.name, fitting)}"
                found.append(Finding(what, REVOPS, STAGE))
        return looked(self._system, name, found, f"{len(wanted.stages)} named in handoff.yml")

    def _stages(self) -> dict[str, bool]:
        """Return the org's stages, by both their names, and whether a deal in each is won."""
        page = self._gateway.ask(STAGES, "GET", "query/", params={"q": ALL_STAGES})
        names = ("ApiName", "MasterLabel")
        return {str(row[name]): row["IsWon"] is True for row in page["records"] for name in names if row.get(name)}

    def deals(self, name: str, wanted: ExpectedOfCrm) -> Check:
        """Return the check whether sharing hides deals from us."""
        since = f" AND CloseDate >= {wanted.starts:%Y-%m-%d}" if wanted.starts else ""
        visible = self._count(f" WHERE IsWon = true{since}")
        told = f"{visible:,} won deals" + (f" with a close date from {wanted.starts:%Y-%m-%d} on" if since else "")
        if wanted.won_deals is not None:
            found = [] if visible >= wanted.won_deals else [_hidden(f"{visible:,} of {wanted.won_deals:,} won deals")]
            return looked(self._system, name, found, f"{told}; by the admin's count {wanted.won_deals:,}")
        try:
            whole = self._whole()
        except (NotAllowed, Rejected):
            whole = 0
        if not whole:
            because = "the org does not tell this user how many there are (it takes View Setup and Configuration); "
            return not_checked(
                self._system, name, because + "give the number of an admin's report: --won-deals N", told
            )
        seen = self._count("")
        told += f"; of all opportunities {seen:,} of about {whole:,} are in sight (the vendor's count is approximate)"
        short = seen < whole * LEAST_SEEN
        return looked(
            self._system, name, [_hidden(f"{seen:,} of about {whole:,} opportunities")] if short else [], told
        )

    def _count(self, where: str) -> int:
        said = self._gateway.ask(COUNT, "GET", "query/", params={"q": f"SELECT COUNT() FROM {DEAL}{where}"})  # noqa: S608
        return int(said["totalSize"])

    def _whole(self) -> int:
        said = self._gateway.ask(RECORD_COUNT, "GET", "limits/recordCount", params={"sObjects": DEAL})
        rows = said.get("sObjects") if isinstance(said, Mapping) else None
        return sum(int(row["count"]) for row in rows or () if row.get("name") == DEAL)

    def calls(self, name: str, wanted: ExpectedOfCrm) -> Check:
        """Return the check of what polling takes of the org's calls."""
        used, most = self._gateway.api_usage or self._limits()
        left, a_day = max(most - used, 0), CALLS_A_PASS * DAY_SECONDS // wanted.every_seconds
        told = (
            f"polling every {wanted.every_seconds} s takes about {a_day:,} of the {left:,} calls left of {most:,} a day"
        )
        if a_day <= left * LARGEST_SHARE:
            return looked(self._system, name, told=f"{told} ({a_day / left:.0%})")
        share = f"{a_day / left:.0%} of the calls left" if left else "calls of which none is left"
        remedy = f"{_slower(left)}See which tools use up the org's calls, or buy more."
        return looked(self._system, name, [Finding(f"Polling takes {share} in the org's day.", OPERATOR, remedy)], told)

    def _limits(self) -> tuple[int, int]:
        """The header that every answer carries was taken away on the way here, so it is asked for."""
        daily = self._gateway.ask(LIMITS, "GET", "limits/")["DailyApiRequests"]
        return int(daily["Max"]) - int(daily["Remaining"]), int(daily["Max"])


def _slower(left: int) -> str:
    """Return the advice to poll just so slowly that it suits, in whole minutes; "" where that is too slow."""
    a_day = int(left * LARGEST_SHARE)
    every = -(-CALLS_A_PASS * DAY_SECONDS // (a_day * 60)) * 60 if a_day else 0
    if not 0 < every <= SLOWEST_SECONDS:
        return ""
    slower = f"--every {every}"
    return f"Poll less often: `handoff serve {slower}`, and look again with `handoff check --live {slower}`. "


def _hidden(sight: str) -> Finding:
    remedy = (
        "Share the rest with it: a sharing rule, or View All on Opportunity. What it does not see is not refused but "
        "invisible, and never handed off. Then compare with a report of yours: --won-deals N."
    )
    return Finding(f"The integration user sees {sight}.", ADMIN, remedy)
