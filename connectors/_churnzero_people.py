"""ChurnZero's own users: read once where the REST API is there, else taken at the mapping's word."""

from collections.abc import Iterable

from connectors._churnzero_wire import USERS, Wire
from connectors._users import AllUsers
from handoff.model import User
from handoff.ports import Clock


class People:
    """The users of one tenant; every method may read them all, and raises what `Exchange.call` raises."""

    def __init__(self, wire: Wire, clock: Clock) -> None:
        self._wire = wire
        self._users = AllUsers(self._read, clock)

    def by_address(self, emails: Iterable[str]) -> dict[str, User]:
        """
        Return the users behind these addresses, by lower-case address; a user's id is the user name.

        Where nothing can be read everybody counts as an active user whose name is the address: ChurnZero drops an owner
        that it does not know without a word.
        """
        wanted = [email.strip().lower() for email in emails if email.strip()]
        if not self._wire.verifies:
            return {email: User(email, email, active=True) for email in wanted}
        users = self._users.where(lambda known: all(email in known for email in wanted)) if wanted else {}
        return {email: users[email] for email in wanted if email in users}

    def address_of(self, user_name: str) -> str | None:
        """Return the address of a user by name, None when there is no such user."""
        known = self._users.where(bool).values()
        named = (one.email for one in known if one.id.casefold() == user_name.strip().casefold())
        return next(named, None) if user_name.strip() else None

    def _read(self) -> dict[str, User]:
        """Of two users with one address the active one counts."""
        users: dict[str, User] = {}
        for page in self._wire.all_of(USERS, self._wire.settings.user_object):
            for row in page:
                email = str(row.get("Email") or row.get("UserName") or "").strip().lower()
                name = str(row.get(self._wire.settings.user_name) or "").strip()
                full = " ".join(str(row.get(part) or "") for part in ("FirstName", "LastName")).strip()
                user = User(name, email, row.get("IsActive") is not False, full)
                if email and name and (email not in users or user.active):
                    users[email] = user
        return users
