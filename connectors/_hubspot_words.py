"""What HubSpot's refusals mean, in words that name fields and never a value of a record."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

NAME = re.compile(r"[a-z][a-z0-9_]{0,99}")
CODE = re.compile(r"[A-Z][A-Z0-9_]{2,60}")
SCOPE = re.compile(r"[a-z][a-z0-9._-]{2,80}")
WRITTEN = re.compile(r'\\?"error\\?":\s*\\?"([A-Z_]+)\\?"')
OF_FIELD = re.compile(r'\\?"name\\?":\s*\\?"([a-z0-9_]+)\\?"')
NO_FIELD = re.compile(r'Property \\*"?([a-z0-9_]+)\\*"? does not exist', re.IGNORECASE)
LATER = frozenset({"RATE_LIMITS", "RATE_LIMIT", "INTERNAL_ERROR", "CONFLICT", "LOCKED", "TIMEOUT"})
"""Why an input is refused for now only: the same may be sent again."""
BROKE_OFF = frozenset({"INTERNAL_ERROR", "TIMEOUT"})
"""Those of them that say that something went wrong, and not that nothing was done."""

REMEDIES = {
    "PROPERTY_DOESNT_EXIST": "Create the property in HubSpot (docs/set-up.md lists those the bridge needs), or take "
    "it out of the mapping.",
    "INVALID_OPTION": "Add the value to the property's options, or make it a single-line text.",
    "READ_ONLY_VALUE": "HubSpot fills that property itself; take it out of the mapping.",
    "OBJECT_NOT_FOUND": "The deal is gone or was merged into another.",
    "INVALID_DATE": "Make the property one of the type that the mapping writes.",
    "INVALID_INTEGER": "Make the property one of the type that the mapping writes.",
}


@dataclass(frozen=True)
class Flaw:
    """One entry of a refusal: HubSpot's codes, the properties it names, and the records it is about."""

    category: str = ""
    sub_category: str = ""
    codes: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    traces: tuple[str, ...] = ()

    @property
    def gone(self) -> bool:
        """Whether it says that the records are not there."""
        return self.category == "OBJECT_NOT_FOUND"

    @property
    def passing(self) -> bool:
        """Whether it is for now only."""
        return self.category in LATER

    @property
    def doubtful(self) -> bool:
        """Whether what was to be made may be there all the same."""
        return self.category in BROKE_OFF

    @property
    def empty(self) -> bool:
        """Whether it says no more than that a record has none of what was asked for."""
        return self.sub_category.endswith("NO_ASSOCIATIONS_FOUND")

    def words(self) -> str:
        """Return why, and what to do about it."""
        codes = self.codes or ((self.category,) if self.category else ())
        what = ", ".join(codes) or "without a code"
        on = f" on {', '.join(self.fields)}" if self.fields else ""
        remedy = next((REMEDIES[code] for code in codes if code in REMEDIES), "")
        return f"HubSpot refused it: {what}{on}. {remedy}".strip()


def flaw_in(said: Any) -> Flaw:
    """Return what one error, whole or an entry of a 207, says."""
    body = said if isinstance(said, Mapping) else {}
    message = str(body.get("message") or "")
    codes = [*WRITTEN.findall(message), *_codes(body)]
    fields = [*OF_FIELD.findall(message), *NO_FIELD.findall(message), *_named(body, "propertyName")]
    return Flaw(
        _one(CODE, body.get("category") or body.get("errorType")),
        str(body.get("subCategory") or ""),
        tuple(dict.fromkeys(codes)),
        tuple(dict.fromkeys(name for name in fields if NAME.fullmatch(name))),
        tuple(dict.fromkeys([*_named(body, "ids"), *_named(body, "id"), *_named(body, "fromObjectId")])),
        tuple(_named(body, "objectWriteTraceId")),
    )


def scopes_in(said: Any) -> tuple[str, ...]:
    """Return the scopes that an answer says are missing."""
    body = said if isinstance(said, Mapping) else {}
    names = _named(body, "requiredGranularScopes") or _named(body, "requiredScopes")
    return tuple(dict.fromkeys(name for name in names if SCOPE.fullmatch(name)))


def _codes(body: Mapping[str, Any]) -> Iterator[str]:
    for one in body.get("errors") or ():
        code = _one(CODE, one.get("code")) if isinstance(one, Mapping) else ""
        if code:
            yield code


def _named(body: Mapping[str, Any], key: str) -> list[str]:
    """Return the texts under a key of the context, of the error itself and of those inside it."""
    found: list[str] = []
    inner = body.get("errors") or ()
    for one in (body, *(each for each in inner if isinstance(each, Mapping))):
        context = one.get("context")
        told = context.get(key) if isinstance(context, Mapping) else None
        found += [str(each) for each in (told if isinstance(told, list) else [told] if told is not None else [])]
    return found


def _one(pattern: re.Pattern[str], said: Any) -> str:
    return str(said) if said is not None and pattern.fullmatch(str(said)) else ""
