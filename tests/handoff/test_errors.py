"""What can go wrong."""

import inspect
import pickle

import pytest

from handoff import errors
from handoff.errors import (
    Ambiguous,
    BridgeBug,
    ConfigError,
    HandoffError,
    LeaseLost,
    NotAllowed,
    RecordError,
    Rejected,
    ServiceError,
    Stopped,
    TooLate,
    Transient,
)

TREE = {
    ConfigError: HandoffError,
    RecordError: HandoffError,
    BridgeBug: HandoffError,
    ServiceError: HandoffError,
    Transient: ServiceError,
    TooLate: Transient,
    Stopped: Transient,
    Rejected: ServiceError,
    NotAllowed: ServiceError,
    Ambiguous: ServiceError,
    LeaseLost: ServiceError,
}
FACTS = {
    "system": "salesforce main",
    "doing": "reading won deals",
    "why": "rate limit; tried 4 times in 31 s.",
    "remedy": "Ask for a higher limit.",
    "status": 429,
    "request_id": "7f3a",
    "code": "REQUEST_LIMIT_EXCEEDED",
}


def made(kind: type[HandoffError]) -> HandoffError:
    if issubclass(kind, ServiceError):
        return kind(**FACTS)
    return ConfigError("handoff.yml has 1 mistake.", ("handoff.yml:3: x",)) if kind is ConfigError else kind("Said so.")


def test_the_tree_is_whole():
    classes = {kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, HandoffError)}

    assert classes == {HandoffError, *TREE}
    assert all(kind.__base__ is base for kind, base in TREE.items())


@pytest.mark.parametrize("kind", [HandoffError, *TREE])
def test_every_error_survives_pickling_with_all_it_carries(kind):
    error = made(kind)

    again = pickle.loads(pickle.dumps(error))

    assert type(again) is kind
    assert str(again) == str(error)
    assert again.__dict__ == error.__dict__


def test_a_hint_to_wait_survives_pickling():
    error = Transient(**FACTS)
    error.wait = 12.5

    assert pickle.loads(pickle.dumps(error)).wait == 12.5


def test_a_service_error_says_what_we_did_what_went_wrong_and_what_to_do():
    assert str(Transient(**FACTS)) == (
        "salesforce main failed while reading won deals (HTTP 429, request 7f3a): "
        "rate limit; tried 4 times in 31 s. Ask for a higher limit."
    )


def test_a_service_error_without_an_answer_says_only_what_is_known():
    error = Ambiguous(system="gainsight main", doing="creating CTAs", why="no answer within 10 s.")

    assert str(error) == "gainsight main failed while creating CTAs: no answer within 10 s."


def test_a_service_error_has_no_place_for_a_body_or_a_token():
    assert set(inspect.signature(ServiceError).parameters) == set(FACTS)


def test_a_config_error_lists_its_findings_below_its_message():
    assert str(ConfigError("2 mistakes.", ("a.yml:1: x", "a.yml:2: y"))) == "2 mistakes.\na.yml:1: x\na.yml:2: y"
    assert str(ConfigError("Alone.")) == "Alone."
