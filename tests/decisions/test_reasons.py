import numpy as np
import pytest

from mixtura.decisions.reasons import format_number, reasons
from mixtura.detectors.explanation import Explanation


def reason(columns, values, expected, deviation, distance, given=False):
    weights = np.square(np.clip(distance, -1e9, 1e9))
    share = weights / weights.sum()
    parts = (np.array([part], dtype=float) for part in (expected, deviation, distance, share))
    explanation = Explanation(*parts, np.full((1, len(columns)), given))
    return reasons(columns, np.array([values]), explanation)[0]


def test_the_farthest_column():
    sentence = reason(["carat", "price"], [0.3, 55000.0], [1.1, 1234.5678], [0.2, 8.5], [-4.0, 6325.4])
    assert sentence == "price = 55000, expected 1235 ± 8.5 (6325 sd above)"


def test_the_first_of_those_that_tie():
    assert reason(["a", "b"], [1.0, 9.0], [4.0, 3.0], [1.0, 2.0], [-3.0, 3.0]) == (
        "a = 1, expected 4 ± 1 (3.0 sd below)"
    )


def test_what_the_expectation_rests_on():
    assert reason(["depth"], [9.25], [3.0], [2.0], [3.125], given=True) == (
        "depth = 9.25, expected 3 ± 2 given the other columns (3.1 sd above)"
    )


def test_what_never_changed_before():
    sentence = reason(["depth", "b"], [9.25, 1.0], [3.0, 1.0], [0.0, 0.0], [np.inf, 0.0])
    assert sentence == "depth = 9.25, expected 3 (always so in the rows fitted)"


def test_a_row_without_values_has_no_column_that_stands_out():
    nothing = np.zeros((1, 2))
    explanation = Explanation(nothing, nothing + 1, nothing, nothing + 0.5, nothing > 0)
    assert reasons(["a", "b"], np.full((1, 2), np.nan), explanation) == ["no single column stands out"]


def test_nothing_stands_out():
    assert reason(["a", "b"], [1.0, 2.0], [1.5, 2.0], [0.5, 1.0], [-1.0, 0.0]) == (
        "no single column stands out; foremost is a = 1, expected 1.5 ± 0.5 (1.0 sd below)"
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (-3.0, "-3"),
        (55000.0, "55000"),
        (55000.4, "55000"),
        (123456789.0, "123456789"),
        (1234.56, "1235"),
        (0.30000001192092896, "0.3"),  # 0.3 in single precision
        (0.012345, "0.01235"),
        (-99.994, "-99.99"),
        (9.99996, "10"),
        (0.00012, "0.00012"),
        (1.25e-9, "1.25e-09"),
        (1e15, "1e+15"),
        (float("inf"), "inf"),
    ],
)
def test_numbers(value, text):
    assert format_number(value) == text


def test_no_rows():
    nothing = np.empty((0, 2))
    assert reasons(["a", "b"], nothing, Explanation(nothing, nothing, nothing, nothing, nothing > 0)) == []
