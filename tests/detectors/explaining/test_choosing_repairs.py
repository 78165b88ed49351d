import numpy as np
import pytest

from mixtura.detectors.explaining.repairs import best_two, sizes

NONE, ONE, TWO, THREE = (False, False, False), (True, False, False), (False, True, False), (False, False, True)


@pytest.mark.parametrize(
    ("gains", "suffices", "expected"),
    [
        pytest.param((100, 3, 2), ONE, 1, id="one-suffices"),
        pytest.param((50, 30, 2), TWO, 2, id="two-suffice"),
        pytest.param((50, 30, 20), THREE, 3, id="three-suffice"),
        pytest.param((2, 1, 1), ONE, 1, id="one-suffices-and-gains-little"),
        pytest.param((1.9, 1, 1), ONE, 0, id="one-suffices-and-gains-next-to-nothing"),
        pytest.param((50, 5, 1), TWO, 1, id="the-second-gains-too-little"),
        pytest.param((50, 5, 3), THREE, 1, id="the-second-and-third-gain-too-little"),
        pytest.param((3, 12, 1), TWO, 2, id="only-together"),
        pytest.param((7, 2, 1), TWO, 0, id="neither-gains-enough"),
        pytest.param((5, 4, 3), NONE, 0, id="unusual-as-a-whole"),
        pytest.param((40, 20, 3), NONE, 2, id="not-enough-and-yet-wrong"),
        pytest.param((40, 30, 20), NONE, 3, id="more-than-three"),
        pytest.param((60, 20, 3), ONE, 2, id="the-second-is-beyond-doubt"),
        pytest.param((60, 12, 3), ONE, 1, id="the-second-is-in-doubt"),
        pytest.param((60, 13, 14), ONE, 3, id="both-others-are-beyond-doubt"),
        pytest.param((60, -np.inf, np.nan), NONE, 1, id="there-is-no-other-cell"),
    ],
)
def test_how_many_cells_are_wrong(gains, suffices, expected):
    before = -200.0
    with np.errstate(invalid="ignore"):
        likely = before + np.cumsum(gains)
    found = sizes(likely[None], np.array([before]), np.array([suffices]))
    assert found.some[0] == (expected > 0)
    if expected:
        assert found.n_more[0] + 1 == expected


def test_each_row_has_a_size_of_its_own():
    likely = np.array([[-100.0, -97.0, -95.0], [-150.0, -100.0, -99.0], [-195.0, -191.0, -188.0]])
    found = sizes(likely, np.full(3, -200.0), np.array([ONE, TWO, NONE]))
    np.testing.assert_array_equal(found.some, [True, True, False])
    np.testing.assert_array_equal(found.n_more[:2], [0, 1])


def test_one_cell_at_most():
    found = sizes(np.array([[-10.0], [-199.0]]), np.full(2, -200.0), np.array([[True], [False]]))
    np.testing.assert_array_equal(found.some, [True, False])
    np.testing.assert_array_equal(found.n_more, [0, 0])


@pytest.mark.parametrize(
    ("likely", "ordinary", "expected"),
    [
        pytest.param((-3.0, -9.0, -9.5), (True, True, True), (0, -1), id="one-is-better"),
        pytest.param((-3.0, -3.5, -9.0), (True, True, True), (0, 1), id="two-are-as-good"),
        pytest.param((-9.0, -3.5, -3.0), (True, True, True), (2, 1), id="in-any-order"),
        pytest.param((-3.0, -4.0, -9.0), (True, True, True), (0, -1), id="e-times-as-likely-is-better"),
        pytest.param((-3.0, -3.5, -9.0), (False, True, True), (1, -1), id="what-does-not-suffice-is-left-out"),
        pytest.param((-3.0, -3.5, -3.6), (True, False, True), (0, 2), id="and-is-no-other-either"),
        pytest.param((-3.0, -3.5, -9.0), (False, False, False), (0, 1), id="none-suffices"),
        pytest.param((-3.0, -3.0, -3.0), (True, True, True), (0, 1), id="equal-ones-in-their-order"),
        pytest.param((-3.0, -np.inf, -np.inf), (True, False, False), (0, -1), id="there-is-one-only"),
        pytest.param((-3.0,), (True,), (0, -1), id="one-is-kept"),
    ],
)
def test_the_two_best_repairs(likely, ordinary, expected):
    first, second = best_two(np.array([likely]), np.array([ordinary]))
    assert (first[0], second[0]) == expected
