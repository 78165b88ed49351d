"""What holds of the explanations of every detector."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from mixtura import (
    AnomalyDetector,
    EllipticEnvelope,
    IsolationForest,
    LocalOutlierFactor,
    MixtureDetector,
    OneClassSVM,
)

DETECTORS = {
    "default": lambda: AnomalyDetector(random_state=0),
    "mixture": lambda: MixtureDetector(random_state=0),
    "elliptic": lambda: EllipticEnvelope(random_state=0),
    "forest": lambda: IsolationForest(random_state=0),
    "neighbors": lambda: LocalOutlierFactor(novelty=True),
    "svm": lambda: OneClassSVM(nu=0.05),
}
ARRAYS = ("expected", "deviation", "distance", "shares", "repaired", "score_before", "score_after")

every_detector = pytest.mark.parametrize("name", DETECTORS)


def a_table(n_rows=500, seed=0):
    """Rows of six columns that two factors tell of."""
    random = np.random.default_rng(0)
    loadings = random.normal(size=(2, 6))
    loadings /= np.linalg.norm(loadings, axis=0)
    random = np.random.default_rng(seed)
    return random.normal(size=(n_rows, 2)) @ loadings * 0.9 + 0.4 * random.normal(size=(n_rows, 6))


@cache
def fitted(name):
    return DETECTORS[name]().fit(a_table())


def planted(n_wrong, n_rows=60, size=8.0):
    """New rows of the table with some cells moved, and which."""
    random = np.random.default_rng(n_wrong)
    right = a_table(n_rows, seed=n_wrong)
    wrong = random.random(right.shape).argsort(axis=1) < n_wrong
    return right + wrong * size * random.choice([-1.0, 1.0], right.shape), right, wrong


@every_detector
@pytest.mark.parametrize("n_wrong", [1, 2, 3])
def test_planted_errors_are_found_exactly(name, n_wrong):
    detector = fitted(name)
    X, right, wrong = planted(n_wrong)
    found = detector.explain(X)
    # A forest sees half of the rows with one wrong cell.
    unusual = detector.predict(X) == -1
    assert unusual.mean() >= 0.5
    assert (found.flagged_cells == wrong).all(axis=1)[unusual].mean() >= 0.95
    assert np.take_along_axis(wrong, found.column[:, None], axis=1)[unusual].all()
    # Repaired rows are ordinary where the right rows are.
    ordinary = detector.predict(right) == 1
    assert (found.score_after >= detector.offset_)[unusual & ordinary].mean() >= 0.95
    # What is told of a wrong cell by two factors is within a few deviations of what it was.
    exact = wrong & (found.flagged_cells == wrong).all(axis=1, keepdims=True)
    assert np.median(np.abs(found.repaired - right)[exact]) < 0.6


@every_detector
def test_repaired_rows_differ_in_flagged_cells_alone_and_score_what_is_said(name):
    detector = fitted(name)
    X, _, _ = planted(2)
    found = detector.explain(X)
    assert found.flagged_cells.any()
    np.testing.assert_array_equal(found.repaired[~found.flagged_cells], X[~found.flagged_cells])
    np.testing.assert_allclose(found.score_before, detector.score_samples(X), rtol=1e-9)
    np.testing.assert_allclose(found.score_after, detector.score_samples(found.repaired), rtol=1e-9)


@every_detector
def test_nothing_expected_depends_on_the_value_or_on_wrong_ones(name):
    detector = fitted(name)
    X, _, _ = planted(2, size=20.0)
    found = detector.explain(X)
    places = np.flatnonzero(found.flagged_cells.sum(axis=1) == 2)
    assert len(places) > 40
    wild = np.where(found.flagged_cells, 3 * X, X)[places]
    again = detector.explain(wild)
    same = (again.flagged_cells == found.flagged_cells[places]).all(axis=1)
    assert same.mean() > 0.95
    np.testing.assert_allclose(again.expected[same], found.expected[places[same]], rtol=1e-7, atol=1e-7)


@every_detector
def test_a_row_alone_is_explained_as_among_others(name):
    detector = fitted(name)
    X = np.vstack([planted(1)[0][:5], planted(3)[0][:5], a_table(5, seed=9)])
    together = detector.explain(X)
    for place in range(len(X)):
        alone = detector.explain(X[place : place + 1])
        for array in ("flagged_cells", "other_cells", "given", "given_others"):
            np.testing.assert_array_equal(getattr(alone, array)[0], getattr(together, array)[place])
        for array in ARRAYS:
            np.testing.assert_allclose(
                getattr(alone, array)[0], getattr(together, array)[place], rtol=1e-7, atol=1e-9, err_msg=array
            )


@every_detector
def test_of_many_wrong_cells_three_at_most_are_flagged(name):
    X, _, _ = planted(5, size=15.0)
    found = fitted(name).explain(X)
    n_flagged = found.flagged_cells.sum(axis=1)
    assert (n_flagged <= 3).all()
    # One honest cell of six does not tell what the others should have been: few rows are ordinary after a repair.
    assert (found.score_after < fitted(name).offset_).mean() > 0.8


@every_detector
@pytest.mark.parametrize("value", [1e30, -1e155, 1.7e308])
def test_however_far_a_row_is_it_has_reasons(name, value):
    X = a_table(4, seed=3)
    X[0, 1] = X[1, :3] = X[2] = value
    X[3, 4], X[3, 5] = value, -value
    found = fitted(name).explain(X)
    for array in ARRAYS:
        assert np.isfinite(getattr(found, array)).all(), array
    assert found.column[0] == 1


@pytest.mark.parametrize("name", ["default", pytest.param("mixture", marks=pytest.mark.exhaustive), "forest"])
def test_missing_values_are_neither_flagged_nor_shared_nor_repaired(name):
    X, _, wrong = planted(1, size=12.0)
    missing = ~wrong & (np.random.default_rng(3).random(X.shape) < 0.2)
    X[missing] = np.nan
    X[0], missing[0] = np.nan, True
    found = fitted_with_missing(name).explain(X)
    assert not (found.flagged_cells | found.other_cells)[missing].any()
    assert (found.shares[missing] == 0).all()
    assert (found.distance[missing] == 0).all()
    assert np.isnan(found.repaired[missing]).all()
    assert np.isfinite(found.expected).all()
    flagged = found.flagged_cells.any(axis=1)
    assert flagged.sum() > 30
    assert (found.flagged_cells == wrong).all(axis=1)[flagged].mean() >= 0.9


@cache
def fitted_with_missing(name):
    table = a_table(250)
    # Of two columns of six: a mixture is fitted to each pattern of missing values by itself.
    table[:, ::3][np.random.default_rng(5).random((250, 2)) < 0.2] = np.nan
    return DETECTORS[name]().fit(table)


@cache
def fitted_beside(constant):
    table = np.column_stack([a_table(), np.full(500, constant)])
    return AnomalyDetector(random_state=0).fit(table), table


@pytest.mark.one_case
@pytest.mark.parametrize("constant", [7.0, -3e9, 0.0])
@pytest.mark.parametrize("change", [1.0, 1e-4, -1e6])
def test_a_new_value_in_a_column_that_never_changed_is_named_first(constant, change):
    detector, table = fitted_beside(constant)
    X = table[:3].copy()
    X[1, 6] += change * max(1.0, abs(constant))
    found = detector.explain(X)
    assert found.column[1] == 6
    np.testing.assert_array_equal(np.flatnonzero(found.flagged_cells[1]), [6])
    np.testing.assert_allclose(found.repaired[1, 6], constant, rtol=1e-6)
    np.testing.assert_allclose(found.expected[:, 6], constant, rtol=1e-6)


@every_detector
@pytest.mark.filterwarnings("ignore")
def test_one_column(name):
    table = np.random.default_rng(1).normal(5.0, 2.0, size=(300, 1))
    found = DETECTORS[name]().fit(table).explain(np.array([[5.0], [60.0]]))
    np.testing.assert_array_equal(found.flagged_cells, [[False], [True]])
    np.testing.assert_allclose(found.expected, 5.0, atol=1.0)
    np.testing.assert_array_equal(found.given, -1)
    assert not found.given_others.any()


@every_detector
@pytest.mark.parametrize("n_rows", [2, 3, 5, 10, 30])
@pytest.mark.filterwarnings("ignore:.*")
def test_a_table_of_a_few_rows_has_reasons(name, n_rows):
    """Warnings of fits to few rows are not at issue."""
    table = np.random.default_rng(n_rows).normal(size=(n_rows, 3))
    detector = LocalOutlierFactor(novelty=True, n_neighbors=1) if name == "neighbors" else DETECTORS[name]()
    X = np.vstack([table, table[:1] + np.array([40.0, 0.0, 0.0]), table[:1] + 1e6])
    found = detector.fit(table).explain(X)
    for array in ARRAYS:
        assert np.isfinite(getattr(found, array)).all(), array
    np.testing.assert_array_equal(found.repaired[~found.flagged_cells], X[~found.flagged_cells])


@pytest.mark.parametrize("name", ["default", "forest"])
def test_a_model_of_an_older_file_explains_without_rows_of_the_table(name):
    model = replace(fitted(name).model_, background=None)
    X, _, wrong = planted(1, size=25.0)
    found = model.explain(X, fitted(name).offset_)
    flagged = found.flagged_cells.any(axis=1)
    assert flagged.mean() > 0.5
    assert (found.flagged_cells == wrong).all(axis=1)[flagged].mean() >= 0.9
    np.testing.assert_allclose(found.expected, found.expected[:1].repeat(len(X), axis=0))
    assert not found.given_others.any()


def test_a_table_on_a_plane_has_expectations():
    """A total is told by its parts: of three cells, nothing says which is wrong."""
    parts = np.random.default_rng(2).normal(size=(300, 3))
    table = np.column_stack([parts, parts.sum(axis=1), parts[:, 0] - 2 * parts[:, 2]])
    with pytest.warns(UserWarning, match="hyperplane"):
        detector = EllipticEnvelope(random_state=0).fit(table)
    X = table[:20].copy()
    X[:10, 2] += 15.0
    X[10:, [1, 4]] += 9.0
    found = detector.explain(X)
    for array in ARRAYS:
        assert np.isfinite(getattr(found, array)).all(), array
    wrong = found.flagged_cells
    np.testing.assert_array_equal(wrong[:10], [[False, False, True, False, False]] * 10)
    np.testing.assert_allclose(found.repaired[wrong][:10], table[:10, 2], atol=1e-3)
