"""One fault as it was set: whether it strikes a call, and how often it did."""

import json
from random import Random

from sandbox.faults.kinds import KINDS
from sandbox.faults.matching import Asked, Route, in_scope
from sandbox.stand_ins import stand_ins
from sandbox.wire import Json, Loss, Objects, Record


class Fault:
    """
    One fault of the list.

    Calls it concerns are counted from 1; by `nth`, by a `rate` drawn from its own seed, or always it strikes
    them, `times` at most. The same list meets the same calls in the same way.
    """

    def __init__(self, said: Record, *, route: Route, arguments: Record, place: int) -> None:
        self.said, self.route, self.arguments = said, route, arguments
        self.do, self.kind, self.record = str(said["do"]), KINDS[said["do"]], str(said.get("record", ""))
        # JSON escapes quotes, and what is no ASCII as the caller likes.
        in_json = (json.dumps(self.record, ensure_ascii=each)[1:-1] for each in (True, False))
        self._spellings = {self.record, *in_json}
        nth = said.get("nth")
        self._nth = {nth} if isinstance(nth, int) else set(nth or ())
        self._rate, self._times = said.get("rate"), said.get("times")
        self.chance = Random(f"{said.get('seed', 0)}/{place}/{self.do}")
        self.calls = self.struck = 0
        self._error: str | None = None

    def strikes(self, asked: Asked) -> bool:
        """Return whether it strikes this call; asking counts."""
        return in_scope(self.kind.scope, asked, self.route) and self.route.means(asked) and self.meets(asked.words)

    def meets(self, words: str) -> bool:
        """Return whether it strikes something it concerns by its kind and route, told in these words; asking counts."""
        if self.record and self.do != "edit_record" and not any(each in words for each in self._spellings):
            return False
        self.calls += 1
        if not self._due():
            return False
        self.struck += 1
        return True

    def strikes_load(self, system: str, objects: Objects) -> bool:
        """Return whether it strikes what people load into a system; asking counts."""
        if self.kind.scope != "loads" or self.said["system"] != system:
            return False
        return self.meets(json.dumps(objects) if self.record else "")

    def hidden(self) -> dict[str, Loss]:
        """Return the field that it takes, and what is lost of it."""
        return {self["field"] or stand_ins()[self.said["system"]].hides: self["lose"]}

    def failed(self, why: str) -> None:
        """Take a strike back that could not be carried out, and keep why."""
        self.missed()
        self._error = why

    def missed(self) -> None:
        """Take a strike back that met nothing."""
        self.struck -= 1

    def report(self) -> Record:
        """Return the fault as it was set, the calls it concerned, how many it struck, and the last error if any."""
        report: Record = {"fault": self.said, "calls": self.calls, "struck": self.struck}
        return report if self._error is None else {**report, "error": self._error}

    def __getitem__(self, name: str) -> Json:
        """Return an argument."""
        return self.arguments[name]

    def _due(self) -> bool:
        # Drawn for every call, so that `times` shifts nothing.
        drawn = self.chance.random() if self._rate is not None else 0.0
        if self._times is not None and self.struck >= self._times:
            return False
        if self._nth:
            return self.calls in self._nth
        return self._rate is None or drawn < self._rate
