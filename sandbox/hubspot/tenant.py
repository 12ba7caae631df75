"""The set-up of the portal: hidden properties, options, people who left, rules, scopes and the switches."""

from collections.abc import Iterable, Mapping
from typing import Any

from sandbox.hubspot.portal import Portal
from sandbox.hubspot.schema import kind_named
from sandbox.wire import Json, Loss, Record

SHARED = ("hidden_fields", "picklists", "inactive_users")


def set_up(portal: Portal, settings: Mapping[str, Json]) -> None:
    """
    Take the settings that concern HubSpot and pass over the names it does not have.

    Besides the shared ones: `scopes` gives tokens and what they may do (null: all), `rules` are the admin's rules,
    `association_labels` the labels of deals to contacts. All else is a switch of `choices`. These stand by themselves
    or under `hubspot`. Raises `ValueError` for a switch, property or value that HubSpot does not have; then nothing
    has changed.
    """
    settings = _unwrapped(settings)
    own = {name: value for name, value in settings.items() if name not in (*SHARED, *_OWN)}
    choices = portal.choices.with_switches(own)
    hidden = _ours(portal, settings["hidden_fields"]) if "hidden_fields" in settings else portal.schema.hidden
    lists = {name: values for name, values in settings.get("picklists", {}).items() if portal.schema.owns(name)}
    made = {name: _OWN[name](settings[name]) for name in _OWN if name in settings}
    portal.choices, portal.schema.hidden = choices, frozenset(hidden)
    for name, values in lists.items():
        kind, _, field = name.partition(".")
        portal.schema.set_options(kind, field, values)
    portal.rules = made.get("rules", portal.rules)
    portal.scopes = made.get("scopes", portal.scopes)
    for label in made.get("association_labels", ()):
        portal.links.types.add("deals", "contacts", label)
    if "inactive_users" in settings:
        retire(portal, [str(each).lower() for each in settings["inactive_users"]])


def _unwrapped(settings: Mapping[str, Json]) -> dict[str, Json]:
    own = settings.get("hubspot", {})
    if not isinstance(own, Mapping):
        raise ValueError(f"'hubspot' takes switches and their values; got {own!r}.")
    return {**{name: value for name, value in settings.items() if name != "hubspot"}, **own}


def withhold(portal: Portal, fields: Mapping[str, Loss]) -> None:
    """Withhold exactly these properties, beside those the set-up hides; `ValueError` for one HubSpot has not."""
    withheld: dict[tuple[str, str], Loss] = {}
    for full, loss in fields.items():
        owned = portal.schema.owns(full)
        if owned is None:
            raise ValueError(f"HubSpot has no object of the property {full!r}. Write it like deals.amount.")
        withheld[owned] = loss
    portal.schema.withheld = withheld


def retire(portal: Portal, named: Iterable[str]) -> None:
    """Archive the owners with these ids or addresses, and bring back those retired before and named no more."""
    left = set(named)
    for owner_id, owner in portal.owners.items():
        gone = bool({owner_id, owner["email"].lower()} & left)
        if gone or owner_id in portal.retired:
            user_id = None if gone else owner["userIdIncludingInactive"]
            portal.owners[owner_id] = {**owner, "archived": gone, "userId": user_id}
            (portal.retired.add if gone else portal.retired.discard)(owner_id)


def _ours(portal: Portal, names: Iterable[Any]) -> set[tuple[str, str]]:
    owned = (portal.schema.owns(str(full)) for full in names)
    return {each for each in owned if each is not None}


def _rules(value: Any) -> list[Record]:
    return [_rule(dict(each)) for each in value]


def _rule(each: Record) -> Record:
    made = {
        "object": each.pop("object", "deals"),
        "when": dict(each.pop("when", {})),
        "required": list(each.pop("required", [])),
        "on_create": bool(each.pop("on_create", False)),
    }
    if each:
        raise ValueError(f"A rule has no key {min(each)!r}. Use: object, when, required, on_create.")
    kind = kind_named(made["object"])
    if kind is None:
        raise ValueError(f"A rule is of an object such as deals, not {made['object']!r}.")
    return {**made, "object": kind.name}


def _scopes(value: Any) -> dict[str, list[str] | None]:
    return {str(token): None if scopes is None else [str(each) for each in scopes] for token, scopes in value.items()}


_OWN: Mapping[str, Any] = {
    "rules": _rules,
    "scopes": _scopes,
    "association_labels": lambda value: [str(each) for each in value],
}
