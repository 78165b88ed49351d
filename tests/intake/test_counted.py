"""Rows that count for nothing: a table with many of them is the table without them, whatever draws its rows."""

import warnings

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

from mixtura import (
    AnomalyDetector,
    BayesianGaussianMixture,
    GaussianMixture,
    IsolationForest,
    MixtureDetector,
    MixtureSearch,
    OneClassSVM,
)
from mixtura.engines import ThreadEngine
from mixtura.errors import EmptyTableError
from mixtura.intake.counted import counted_rows
from mixtura.intake.sample import take_sample
from mixtura.intake.table import Table
from mixtura.mixtures.choice.folds import folds_of
from mixtura.rows import ArrayRows
from pairwise import exhaustive

METHODS = ["kmeans", "k-means++", "random", "random_from_data"]
ROBUST = [{}, {"trim": 0.1}, {"noise": True}, {"family": "t"}]
N_ROWS = 60_000  # more than any sample takes


@pytest.fixture(scope="module", name="few")
def few_rows():
    """Eight groups of five rows."""
    random = np.random.default_rng(0)
    centers = 8 * random.normal(size=(8, 3))
    return centers[np.arange(40) % 8] + 0.3 * random.normal(size=(40, 3))


def diluted(few, by):
    """The rows among tens of thousands that weigh nothing, or that lack all their values; and the weights."""
    random = np.random.default_rng(1)
    places = np.sort(random.choice(N_ROWS, len(few), replace=False))
    if by == "values":
        X = np.full((N_ROWS, few.shape[1]), np.nan)
        weights = None
    else:
        X = 50 * random.normal(size=(N_ROWS, few.shape[1]))
        weights = np.zeros(N_ROWS)
        weights[places] = 1
    X[places] = few
    return X, weights


def fitted(estimator, X, weights=None):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return estimator.fit(X) if weights is None else estimator.fit(X, sample_weight=weights)


@pytest.mark.each_value
@pytest.mark.parametrize("by", ["weights", "values"])
@pytest.mark.parametrize("init_params", METHODS)
@pytest.mark.parametrize("robust", ROBUST)
def test_a_fit_starts_from_the_rows_that_count(few, by, init_params, robust):
    def mixture():
        return GaussianMixture(8, init_params=init_params, random_state=0, **robust)

    alone, among = fitted(mixture(), few), fitted(mixture(), *diluted(few, by))
    np.testing.assert_allclose(among.means_, alone.means_, rtol=1e-9, atol=1e-9)
    assert among.lower_bound_ == pytest.approx(alone.lower_bound_, rel=1e-9)


@pytest.mark.each_value
@pytest.mark.parametrize("by", ["weights", "values"])
@pytest.mark.parametrize(
    ("make", "scores"),
    [
        (lambda: BayesianGaussianMixture(n_components=8, random_state=0), lambda d, X: d.score_samples(X)),
        *exhaustive((lambda: MixtureSearch(range(1, 9), random_state=0), lambda d, X: d.score_samples(X))),
        (
            lambda: MixtureSearch((1, 2), criterion="cv", random_state=0),
            lambda d, X: [candidate.cv_log_likelihood for candidate in d.candidates_],
        ),
        (lambda: MixtureDetector(random_state=0), lambda d, X: np.append(d.score_samples(X), d.offset_)),
        *exhaustive(
            (
                lambda: MixtureDetector(novelty=True, random_state=0),
                lambda d, X: np.append(d.score_samples(X), d.offset_),
            )
        ),
        (lambda: MixtureDetector(GaussianMixture(2), random_state=0), lambda d, X: d.decision_function(X)),
        (lambda: IsolationForest(n_estimators=20, random_state=0), lambda d, X: d.score_samples(X)),
        (
            lambda: IsolationForest(n_estimators=20, max_samples=16, bootstrap=True, random_state=0),
            lambda d, X: d.score_samples(X),
        ),
    ],
)
def test_whatever_draws_rows_draws_those_that_count(few, by, make, scores):
    alone, among = fitted(make(), few), fitted(make(), *diluted(few, by))
    np.testing.assert_allclose(scores(among, few), scores(alone, few), rtol=1e-9, atol=1e-9)


@pytest.mark.exhaustive
@pytest.mark.parametrize("trim", [None, 0.0])
def test_rows_without_values_do_not_tell_for_more_components(trim):
    """The default mixture is chosen by BIC, in which as many rows count as there are."""
    random = np.random.default_rng(5)
    few = random.standard_t(5, size=(60, 1))
    alone, among = (MixtureDetector(trim=trim, random_state=0) for _ in range(2))
    fitted(alone, few)
    fitted(among, diluted(few, "values")[0])
    assert among.model_.mixture.n_components == alone.model_.mixture.n_components


def test_detectors_that_take_values_or_weights_alone(few):
    X, weights = diluted(few, "weights")
    alone, among = (OneClassSVM(gamma=0.1, approximate=True, n_landmarks=20, random_state=0) for _ in range(2))
    np.testing.assert_allclose(
        among.fit(X, sample_weight=weights).score_samples(few), alone.fit(few).score_samples(few), rtol=1e-6
    )
    X, _ = diluted(few, "values")
    alone, among = (AnomalyDetector(random_state=0) for _ in range(2))
    np.testing.assert_allclose(among.fit(X).score_samples(few), alone.fit(few).score_samples(few), rtol=1e-9)


def test_a_dask_fit_starts_from_the_rows_that_count(few, need):
    da = need("dask.array")
    X, weights = diluted(few, "weights")
    alone, among = (GaussianMixture(8, random_state=0) for _ in range(2))
    among.fit(da.from_array(X, chunks=(7_001, 3)), sample_weight=da.from_array(weights, chunks=9_000))
    np.testing.assert_allclose(among.means_, alone.fit(few).means_, rtol=1e-9)


def test_a_large_part_that_counts_is_sampled_as_if_alone():
    """What is drawn are numbers among the rows that count, not positions in the table."""
    random = np.random.default_rng(0)
    X, weights = random.normal(size=(N_ROWS, 2)), (random.random(N_ROWS) < 0.5).astype(float)
    X[random.random(N_ROWS) < 0.3] = np.nan
    kept = (weights > 0) & ~np.isnan(X).all(axis=1)
    table, part = ArrayRows(X, sample_weight=weights, missing="allow"), ArrayRows(X[kept], missing="allow")
    among, alone = (
        take_sample(Table(rows, ThreadEngine(2)), np.random.RandomState(0), 2, max_rows=3000) for rows in (table, part)
    )
    np.testing.assert_array_equal(among.X, alone.X)
    assert not among.whole
    counted = counted_rows(Table(table, ThreadEngine(2)))
    assert counted.n_rows == kept.sum()
    folds = folds_of(counted, 5, 2, np.random.RandomState(0))
    whole = folds_of(counted_rows(Table(part, ThreadEngine(1))), 5, 2, np.random.RandomState(0))
    labels = np.concatenate([folds.of(block) for block in table.blocks()])
    np.testing.assert_array_equal(labels[kept], np.concatenate([whole.of(block) for block in part.blocks()]))


def test_a_row_counts_for_its_weight_and_any_value():
    nan = np.nan
    rows = ArrayRows(
        [[nan, nan], [nan, 1.0], [1.0, nan], [1.0, 1.0], [2.0, 2.0]], sample_weight=[1, 1, 1, 0, 3], missing="allow"
    )
    counted = counted_rows(Table(rows, ThreadEngine(1)))
    assert counted.n_rows == 3
    (block,) = rows.blocks()
    assert counted.take(block, np.array([0, 2])).tolist() == [1, 4]


@pytest.mark.parametrize("by", ["weights", "values"])
def test_fewer_rows_that_count_than_components(few, by):
    with pytest.raises(EmptyTableError, match=f"41 components start .* and 40 of {N_ROWS} have one"):
        fitted(GaussianMixture(41, random_state=0), *diluted(few, by))
