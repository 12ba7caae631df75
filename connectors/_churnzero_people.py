"""ChurnZero's own users: read once where the REST API is there, else taken at the mapping's word."""

import threading
from collections.abc import Iterable
from datetime import datetime, timedelta

from connectors._churnzero_wire import USERS, Wire
from handoff.model import User
from handoff.ports import Clock

MISS = timedelta(minutes=10)
"""How long somebody who is not there is not asked for again."""


class People:
    """The users of one tenant; every method may read them all, and raises what `Exchange.call` raises."""

    def __init__(self, wire: Wire, clock: Clock) -> None:
        self._wire, self._clock = wire, clock
        self._users: dict[str, User] = {}
        self._read_at: datetime | None = None
        self._lock = threading.Lock()

    def by_address(self, emails: Iterable[str]) -> dict[str, User]:
        """
        Return the users behind these addresses, by lower-case address; a user's id is the user name.

        Where nothing can be read everybody counts as an active user whose name is the address: ChurnZero drops an owner
        that it does not know without a word.
        """
        wanted = [email.strip().lower() for email in emails if email.strip()]
        if not self._wire.verifies:
            return {email: User(email, email, active=True) for email in wanted}
        users = self._all(wanted) if wanted else {}
        return {email: users[email] for email in wanted if email in users}

    def address_of(self, user_name: str) -> str | None:
        """Return the address of a user by name, None when there is no such user."""
        named = (one.email for one in self._all([]).values() if one.id.casefold() == user_name.strip().casefold())
        return next(named, None) if user_name.strip() else None

    def _all(self, wanted: Iterable[str]) -> dict[str, User]:
        with self._lock:
            stale = self._read_at is None or self._clock.now() - self._read_at > MISS
            if stale and not (self._users and all(email in self._users for email in wanted)):
                self._users, self._read_at = self._read(), self._clock.now()
            return self._users

    def _read(self) -> dict[str, User]:
        """Of two users with one address the active one counts."""
        users: dict[str, User] = {}
        for page in self._wire.all_of(USERS, "UserAccount"):
            for row in page:
                email = str(row.get("Email") or row.get("UserName") or "").strip().lower()
                name = str(row.get(self._wire.settings.user_name) or "").strip()
                full = " ".join(str(row.get(part) or "") for part in ("FirstName", "LastName")).strip()
                user = User(name, email, row.get("IsActive") is not False, full)
                if email and name and (email not in users or user.active):
                    users[email] = user
        return users
