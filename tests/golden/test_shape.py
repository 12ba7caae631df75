"""Shapes: the same keys and types, whatever the values."""

import pytest

from tests.golden.shape import ANY_KEY, ANYTHING, shape_differences


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        (1, 2.5),
        ({"a": "x"}, {"a": "y"}),
        ([{"a": 1}], [{"a": 2}, {"a": 3}]),
        ([{"a": 1}, {"a": None}], [{"a": None}, {"a": 4}]),
        ({ANY_KEY: "id"}, {"1": "x", "2": "y"}),
        ({"a": ANYTHING}, {"a": [1, {"b": 2}]}),
        ([], []),
    ],
)
def test_values_of_one_shape_do_not_differ(expected, actual):
    assert shape_differences(expected, actual) == []


@pytest.mark.parametrize(
    ("expected", "actual", "line"),
    [
        (1, "1", "$: expected number, got string"),
        (1, True, "$: expected number, got boolean"),
        ("a", None, "$: expected string, got null"),
        ({"a": {"b": 1}}, {"a": {}}, "$.a.b: missing"),
        ({}, {"a": 1}, "$.a: not expected"),
        ([{"a": 1}], [{"a": 1}, {"a": "x"}], "$[1].a: expected number, got string"),
        ([1], [], "$: expected elements, got 0"),
        ([], [1], "$: expected an empty list, got 1"),
        ({ANY_KEY: 1}, {"x": "y"}, "$.x: expected number, got string"),
        ({ANY_KEY: 1}, {}, "$: expected some key, got none"),
    ],
)
def test_a_difference_is_named_with_its_place(expected, actual, line):
    assert shape_differences(expected, actual) == [line]
