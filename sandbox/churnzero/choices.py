"""Every answer the reference leaves open, chosen in one place and open to a switch.

The grades are the reference's: C confirmed, C2 seen in third-party code or documentation, I inferred, U unknown.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.switches import one_of, thrown


@dataclass(frozen=True)
class Choices:
    """One tenant's behaviour wherever the reference is silent or of two minds; each name is a switch."""

    app_key: str = "sandbox"  # C
    api_user: str = "sandbox"  # C2: HTTP Basic, a user name
    api_key: str = "sandbox"  # C2: and its key
    add_on: bool = True  # C: the REST API is bought apart; U what is answered without it (403)
    bad_parameters: str = one_of("200", "422")  # C: always 200; C2 one client knows 422
    per_minute: int = 0  # U: the push API's limit; 0 is none
    soft_per_minute: int = 60  # C that there is one, U how many: above it calls are slowed
    hard_per_minute: int = 120  # C that there is one, U how many: above it calls are refused (429)
    slowed_seconds: float = 0.0  # U: by how much, in real time
    array: int = 100  # U: how many actions one call takes
    page: int = 100  # C
    csv_delay_seconds: int = 60  # C2: CSV files are applied later
    read_lag_seconds: int = 5  # U: until the REST API shows what was pushed
    external_id_filter: str = one_of("works", "refused")  # C2, a conflict: a list filtered by an external id
    account_columns: str = one_of("seen", "all")  # C2 which were seen; U whether other standard ones are shown
    unknown_account: str = one_of("error", "message", "empty", "204")  # U: the answer for one account that is not there
    user_object: str = "UserAccount"  # U: the reference says "users", and not what the list is called
    identity_hash: bool = False  # C that it exists: both ids want a hash; the hash itself is not checked

    def with_switches(self, switches: Mapping[str, Any]) -> "Choices":
        """Return these choices with `switches` thrown; raises `ValueError` for a name or value unknown."""
        return thrown(self, switches, "ChurnZero")
