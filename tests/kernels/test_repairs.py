"""The search for cells to replace, against all sets by regression on the other columns."""

import itertools

import numpy as np
import pytest

from explained_rows import CASES, Case
from pairwise import exhaustive


@pytest.mark.parametrize(("d", "count", "student"), CASES)
def test_all_sets_are_looked_at(d, count, student):
    case = Case(d, count, student=student)
    sets, values, log_densities = case.repairs(most_cells=3, kept=4)
    for row, of_row, by, reached in zip(case.X, sets, values, log_densities, strict=True):
        for size in (1, 2, 3):
            expected = [(*case.repaired(row, list(cells)), cells) for cells in itertools.combinations(range(d), size)]
            expected.sort(key=lambda one: -one[0])
            for place, (log_density, replaced, cells) in enumerate(expected[:4]):
                assert of_row[size - 1, place].tolist() == [*cells, *[-1] * (3 - size)]
                np.testing.assert_allclose(by[size - 1, place, :size], replaced, rtol=1e-8, atol=1e-8)
                assert reached[size - 1, place] == pytest.approx(log_density, rel=1e-9, abs=1e-9)
            for place in range(len(expected), 4):
                assert (of_row[size - 1, place] == -1).all()
                assert reached[size - 1, place] == -np.inf


@pytest.mark.parametrize("student", [False, True])
@pytest.mark.parametrize("wrong", [(1e7, 1e3), (1e12, 1e9), (1e12, 1e6), (1e100, 1e50), (1e100, 1e100)])
def test_far_values_leave_no_trace_where_they_are_replaced(wrong, student):
    """The sets with both wrong cells come first, in the order and with the log densities of exact arithmetic."""
    case = Case(7, 3, student=student, wrong=0)
    case.X[:, 1], case.X[:, 4] = wrong
    sets, values, log_densities = case.repairs(most_cells=3, kept=5)
    for row, of_row, by, reached in zip(case.X, sets, values, log_densities, strict=True):
        assert of_row[1, 0, :2].tolist() == [1, 4]
        both = [cells for cells in itertools.combinations(range(7), 3) if {1, 4} <= set(cells)]
        expected = sorted([(*case.repaired(row, list(cells)), cells) for cells in both], key=lambda one: -one[0])
        assert [tuple(cells) for cells in of_row[2]] == [cells for _, _, cells in expected]
        np.testing.assert_allclose(reached[2], [log_density for log_density, _, _ in expected], rtol=1e-8)
        np.testing.assert_allclose(by[2], [replaced for _, replaced, _ in expected], rtol=1e-8, atol=1e-8)


def test_equal_sets_come_in_the_order_of_their_columns():
    """Columns in pairs of equal values: any of these sets is as good as its mirror image."""
    case = Case(6, 1)
    case.means, correlation = np.zeros((1, 6)), np.full((6, 6), 0.3) + 0.7 * np.eye(6)
    case.precisions = np.linalg.inv(correlation)[None]
    case.X = np.tile([3.0, -2.0, 3.0, -2.0, 3.0, -2.0], (1, 1))
    for up_to in (6, 0):
        sets, _, log_densities = case.repairs(most_cells=2, kept=3, exhaustive_columns=up_to)
        assert sets[0, 0, :, 0].tolist() == [0, 2, 4]
        assert sets[0, 1].tolist() == [[0, 2], [0, 4], [2, 4]]
        np.testing.assert_allclose(np.diff(log_densities), 0, atol=1e-12)


@pytest.mark.parametrize(("d", "student"), [(9, False), *exhaustive((14, True), (30, False))])
def test_search_ends_where_no_exchange_is_better(d, student):
    case = Case(d, 4, student=student, n_rows=12)
    sets, _, log_densities = case.repairs(most_cells=3, kept=4, exhaustive_columns=0)
    for row, of_row, reached in zip(case.X, sets, log_densities, strict=True):
        assert (np.diff(reached) <= 1e-9).all()
        for size in (1, 2, 3):
            kept = {tuple(cells[:size]) for cells in of_row[size - 1].tolist()}
            assert len(kept) == 4
            for cells, log_density in zip(of_row[size - 1, :, :size].tolist(), reached[size - 1], strict=True):
                assert log_density == pytest.approx(case.repaired(row, cells)[0], rel=1e-9, abs=1e-9)
                for out, into in itertools.product(cells, set(range(d)) - set(cells)):
                    exchanged = sorted({*cells, into} - {out})
                    better = case.repaired(row, exchanged)[0] > reached[size - 1, -1] + 1e-8
                    assert not better or tuple(exchanged) in kept


def test_search_finds_two_wrong_cells_that_hide_each_other():
    """Two cells wrong by as much, in columns that hardly differ: they agree, and to replace one alone hardly helps."""
    d = 40
    case = Case(d, 1)
    correlation = np.eye(d)
    correlation[0, 1] = correlation[1, 0] = 0.98
    case.means, case.precisions, case.X = np.zeros((1, d)), np.linalg.inv(correlation)[None], np.zeros((1, d))
    case.X[0, :2] = 12.0
    case.X[0, 2] = 7.0
    sets, values, _ = case.repairs(most_cells=3, kept=2)
    assert sets[0, 1, 0, :2].tolist() == [0, 1]
    assert sets[0, 2, 0].tolist() == [0, 1, 2]
    np.testing.assert_allclose(values[0, 2, 0], 0, atol=1e-9)


@pytest.mark.parametrize(("degrees", "message"), [(np.ones(3), "must have"), (np.zeros(2), "must be positive")])
def test_degrees_are_checked(degrees, message):
    case = Case(3, 2)
    case.degrees = degrees
    with pytest.raises(ValueError, match=f"degrees {message}"):
        case.repairs()


@pytest.mark.parametrize(("most_cells", "kept"), [(0, 1), (1, 0)])
def test_something_has_to_be_asked_for(most_cells, kept):
    with pytest.raises(ValueError, match="at least 1"):
        Case(3, 2).repairs(most_cells, kept)
