"""Totango's own users, read once: by e-mail address, and by the full name that an account's role shows."""

from collections.abc import Iterable
from typing import Any

from connectors._totango_wire import SEARCH_USERS, Json, Wire
from connectors._users import AllUsers
from handoff.model import User, Value
from handoff.ports import Clock

STATUS = "__internal_status"
DISABLED = "Disabled"
_QUERY: Json = {
    "terms": [{"type": "string_attribute", "attribute": STATUS, "in_list": ["Active", "Created", DISABLED]}],
    "fields": [{"type": "string_attribute", "attribute": STATUS, "field_display_name": "Status"}],
}


class People:
    """The users of one tenant; every method may read them all, and raises what `Exchange.call` raises."""

    def __init__(self, wire: Wire, clock: Clock) -> None:
        self._wire = wire
        self._users = AllUsers(self._read, clock)

    def by_address(self, emails: Iterable[str]) -> dict[str, User]:
        """Return the users behind these addresses, by lower-case address; a user's id is the address."""
        wanted = [email.strip().lower() for email in emails if email.strip()]
        users = self._users.where(lambda known: all(email in known for email in wanted)) if wanted else {}
        return {email: users[email] for email in wanted if email in users}

    def as_address(self, said: Any, ours: Value) -> Value:
        """Return who has a role, by address: an account shows a full name. None when nobody has it."""
        name = str(said or "").strip()
        if not name or name.casefold() == str(ours).strip().casefold():
            return ours if name else None
        users = self._users.where(lambda known: any(one.name == name for one in known.values()))
        named = [user.email for user in users.values() if user.name == name]
        if str(ours).strip().lower() in named:
            return ours
        return named[0] if len(named) == 1 else name

    def _read(self) -> dict[str, User]:
        users: dict[str, User] = {}
        path, form = self._wire.settings.users_route, {"team_id": "-1"}
        for page in self._wire.all_of(SEARCH_USERS, path, "users", _QUERY, form):
            for hit in page:
                email = str(hit.get("name") or "").strip().lower()
                user = User(email, email, _status(hit) != DISABLED, str(hit.get("display_name") or "").strip())
                if email and (email not in users or user.active):
                    users[email] = user
        return users


def _status(hit: Json) -> str:
    selected = hit.get("selected_fields")
    return str(selected[0]) if isinstance(selected, list) and selected else ""
