"""
What can go wrong, sorted by what the reader must do.

    HandoffError
    ├── ConfigError         change a file or a setting; nothing was sent
    ├── RecordError         fix this one deal; the others went on
    ├── BridgeBug           our mistake; the run stops and says so
    └── ServiceError        an outside system said no
        ├── Transient       it may work later: the next run tries again
        │   ├── TooLate     it was surely not sent: its time was over
        │   └── Stopped     somebody asked the run to stop; the next one goes on
        ├── Rejected        it will not work as it stands
        ├── NotAllowed      credentials or permissions: stop this connector
        ├── Ambiguous       it may have happened: look first
        └── LeaseLost       this run stood still for too long, and another may do its work: stop
"""

from typing import Any


class HandoffError(Exception):
    """Base of all that Handoff Bridge raises on purpose. Its text names what, why and what to do."""


class ConfigError(HandoffError):
    """A file or setting is wrong; `findings` holds one line for each mistake."""

    def __init__(self, message: str, findings: tuple[str, ...] = ()) -> None:
        super().__init__(message, findings)
        self.message = message
        self.findings = findings

    def __str__(self) -> str:
        return "\n".join((self.message, *self.findings))


class RecordError(HandoffError):
    """One deal cannot be handed off as it stands; its neighbours can."""


class BridgeBug(HandoffError):
    """Something that this code promises did not hold."""


class ServiceError(HandoffError):
    """
    A call to an outside system did not do what was asked.

    Args:
        system: The instance that was called, `salesforce main`.
        doing: What was asked of it, in words: `reading won deals`.
        why: What it answered, without any response body, token or address.
        remedy: What the reader can do.
        status: The HTTP status, if an answer came.
        request_id: The vendor's own id of the call, if it gave one.
    """

    def __init__(
        self,
        *,
        system: str,
        doing: str,
        why: str,
        remedy: str = "",
        status: int | None = None,
        request_id: str | None = None,
        code: str | None = None,
    ) -> None:
        super().__init__(why)
        self.system, self.doing, self.why, self.remedy = system, doing, why, remedy
        self.status, self.request_id, self.code = status, request_id, code

    def __str__(self) -> str:
        facts = [f"HTTP {self.status}"] if self.status else []
        facts += [f"request {self.request_id}"] if self.request_id else []
        said = f" ({', '.join(facts)})" if facts else ""
        remedy = f" {self.remedy}" if self.remedy else ""
        return f"{self.system} failed while {self.doing}{said}: {self.why}{remedy}"

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.__dict__)


class Transient(ServiceError):
    """It may work later; `wait` is the vendor's own hint in seconds, if it gave one."""

    wait: float | None = None


class TooLate(Transient):
    """The moment until which it could be sent had passed; nothing was sent."""


class Stopped(Transient):
    """Somebody asked the run to stop, and nothing was under way; `signal` is the signal's number, 0 if it was none."""

    signal = 0

    @classmethod
    def as_asked(cls) -> "Stopped":
        """Return the error of a run that was asked to stop."""
        return cls(system="handoff", doing="going on", why="somebody asked it to stop.")

    def __str__(self) -> str:
        return "Stopped. What was done is in the ledger; the next run goes on from there."


class Rejected(ServiceError):
    """The system refused this request and will refuse it again."""


class NotAllowed(ServiceError):
    """The system does not let us in, or not to this; retrying cannot help."""


class Ambiguous(ServiceError):
    """The request may have been carried out although no proper answer came."""


class LeaseLost(ServiceError):
    """This run gave no sign of life for too long; whatever it holds, another run may hold by now."""


def _rebuild(kind: type[ServiceError], state: dict[str, Any]) -> ServiceError:
    keys = ("system", "doing", "why", "remedy", "status", "request_id", "code")
    error = kind(**{key: state[key] for key in keys})
    error.__dict__.update(state)
    return error
