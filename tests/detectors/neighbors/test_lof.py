"""The local outlier factor: scikit-learn's where no row has copies, its definition, and what copies change."""

import pickle
import warnings

import numpy as np
import pytest
import sklearn.neighbors
from scipy.sparse import csr_array
from scipy.spatial.distance import cdist

from mixtura import LocalOutlierFactor
from mixtura.detectors.neighbors.model import LofModel
from mixtura.errors import DataError, MissingValuesError
from mixtura.rows import ArrayRows

# scikit-learn adds 1e-10 to every mean reachability, and theirs are above 0.1 in these tables.
AGREEMENT = 1e-9

METRICS = [
    {},
    {"p": 1},
    {"p": 3},
    {"p": np.inf},
    {"metric": "euclidean"},
    {"metric": "manhattan"},
    {"metric": "l1"},
    {"metric": "chebyshev"},
]


def groups(n_rows, d, seed=0):
    random = np.random.default_rng([n_rows, d, seed])
    centers = 6 * random.normal(size=(3, d))
    return centers[random.integers(3, size=n_rows)] + random.normal(size=(n_rows, d))


def by_definition(X, k):
    """Breunig et al. (2000), definitions 3 to 7, for rows at unequal distances."""
    distances = cdist(X, X)
    np.fill_diagonal(distances, np.inf)
    near = np.argsort(distances, axis=1)[:, :k]
    k_distance = np.sort(distances, axis=1)[:, k - 1]
    density = np.array([1 / np.mean([max(k_distance[o], distances[p, o]) for o in near[p]]) for p in range(len(X))])
    return np.array([np.mean([density[o] / density[p] for o in near[p]]) for p in range(len(X))])


@pytest.mark.parametrize("d", [1, 4, 20])
@pytest.mark.parametrize("k", [1, 3, 20])
def test_factor_is_that_of_the_definition(d, k):
    X = groups(150, d)
    factors = -LocalOutlierFactor(k).fit(X).negative_outlier_factor_
    np.testing.assert_allclose(factors, by_definition(X, k), rtol=1e-12)


@pytest.mark.parametrize("parameters", METRICS)
@pytest.mark.parametrize("d", [2, 15, 16])
def test_agrees_with_scikit_learn(parameters, d):
    X, new = groups(400, d), groups(50, d, seed=1)
    ours, theirs = (
        kind(novelty=True, contamination=0.1, **parameters).fit(X)
        for kind in (LocalOutlierFactor, sklearn.neighbors.LocalOutlierFactor)
    )
    np.testing.assert_allclose(ours.negative_outlier_factor_, theirs.negative_outlier_factor_, rtol=AGREEMENT * 10)
    np.testing.assert_allclose(ours.score_samples(new), theirs.score_samples(new), rtol=AGREEMENT * 10)
    np.testing.assert_array_equal(ours.predict(new), theirs.predict(new))
    assert ours.offset_ == pytest.approx(theirs.offset_, rel=AGREEMENT * 10)
    assert ours.effective_metric_ == theirs.effective_metric_
    assert ours.effective_metric_params_ == theirs.effective_metric_params_
    assert ours.n_samples_fit_ == theirs.n_samples_fit_ == 400


def test_agrees_with_scikit_learn_on_angles():
    # Angles between near rows of three columns are small; so many columns keep them above what scikit-learn adds.
    X, new = np.random.default_rng(0).normal(size=(2, 300, 25))
    ours, theirs = (
        kind(metric="cosine", novelty=True).fit(X)
        for kind in (LocalOutlierFactor, sklearn.neighbors.LocalOutlierFactor)
    )
    np.testing.assert_allclose(ours.negative_outlier_factor_, theirs.negative_outlier_factor_, rtol=AGREEMENT)
    np.testing.assert_allclose(ours.score_samples(new), theirs.score_samples(new), rtol=AGREEMENT)


@pytest.mark.parametrize(
    "parameters",
    [
        {"metric": "canberra"},
        {"metric": "minkowski", "metric_params": {"w": np.arange(1.0, 5.0)}},
        {"metric": lambda x, y: np.abs(x - y).sum() ** 0.5},
    ],
    ids=["canberra", "weights", "callable"],
)
def test_other_metrics_are_those_of_scikit_learn(parameters):
    X, new = groups(120, 4), groups(20, 4, seed=1)
    ours, theirs = (
        kind(5, novelty=True, **parameters).fit(X)
        for kind in (LocalOutlierFactor, sklearn.neighbors.LocalOutlierFactor)
    )
    np.testing.assert_allclose(ours.negative_outlier_factor_, theirs.negative_outlier_factor_, rtol=1e-7)
    np.testing.assert_allclose(ours.score_samples(new), theirs.score_samples(new), rtol=1e-7)
    with pytest.raises(ValueError, match="factors in a metric that scikit-learn computes cannot be explained"):
        ours.explain(X)
    with pytest.raises(ValueError, match="cannot be saved: use metric= one of euclidean"):
        ours.model_.arrays()


def test_distances_and_sparse_tables_give_what_the_rows_give():
    X, new = groups(90, 3), groups(20, 3, seed=1)
    rows = LocalOutlierFactor(4, novelty=True).fit(X)
    pairs = LocalOutlierFactor(4, novelty=True, metric="precomputed").fit(cdist(X, X))
    sparse = LocalOutlierFactor(4, novelty=True).fit(csr_array(X))
    expected = rows.score_samples(new)
    np.testing.assert_allclose(pairs.score_samples(cdist(new, X)), expected, rtol=1e-9)
    np.testing.assert_allclose(sparse.score_samples(csr_array(new)), expected, rtol=1e-9)
    np.testing.assert_array_equal(pairs.kneighbors()[1], rows.kneighbors()[1])
    np.testing.assert_array_equal(sparse.kneighbors(csr_array(new))[1], rows.kneighbors(new)[1])


def test_neighbors_and_their_graph():
    X, new = groups(80, 3), groups(9, 3, seed=1)
    ours = LocalOutlierFactor(6).fit(X)
    theirs = sklearn.neighbors.LocalOutlierFactor(6).fit(X)
    for table in (None, new):
        np.testing.assert_array_equal(ours.kneighbors(table)[1], theirs.kneighbors(table)[1])
        np.testing.assert_allclose(ours.kneighbors(table, 3)[0], theirs.kneighbors(table, 3)[0], rtol=1e-12)
        for mode in ("connectivity", "distance"):
            mine, other = (lof.kneighbors_graph(table, 4, mode).toarray() for lof in (ours, theirs))
            np.testing.assert_allclose(mine, other, rtol=1e-12)
    np.testing.assert_array_equal(ours.kneighbors(n_neighbors=2, return_distance=False), ours.kneighbors()[1][:, :2])
    for wrong, error in ((0, ValueError), (2.5, TypeError), (80, ValueError)):
        with pytest.raises(error, match="n_neighbors"):
            ours.kneighbors(n_neighbors=wrong)
    with pytest.raises(ValueError, match="mode must be 'connectivity' or 'distance', not 'path'"):
        ours.kneighbors_graph(mode="path")


def fit_with_copies(X, k, **parameters):
    with pytest.warns(UserWarning, match=f"neighbours with {k} copies or more"):
        return LocalOutlierFactor(k, **parameters).fit(X)


def test_copies_have_the_factor_one():
    """scikit-learn's factors of the rows beside the copies are millions; ours follow from the spacing of the table."""
    rows = groups(300, 2)
    X = np.vstack([np.repeat(rows[:1], 50, axis=0), rows])
    lof = fit_with_copies(X, 10)
    factors = -lof.negative_outlier_factor_
    np.testing.assert_array_equal(factors[:51], 1.0)
    assert np.isfinite(factors).all()
    assert factors.max() < 20
    with pytest.warns(UserWarning, match="Duplicate values are leading to incorrect results"):
        theirs = sklearn.neighbors.LocalOutlierFactor(10).fit(X)
    assert -theirs.negative_outlier_factor_.min() > 1e7
    # Rows whose neighbours have no such copies, and whose neighbours' neighbours have none, are as they were.
    near = lof.kneighbors()[1]
    apart = ~(near <= 50).any(axis=1)
    apart &= apart[near].all(axis=1)
    assert apart.sum() > 200
    np.testing.assert_allclose(factors[apart], -theirs.negative_outlier_factor_[apart], rtol=1e-8)


def test_a_row_beside_as_few_copies_as_make_a_kind():
    """By hand, k = 1 on a line: the row at 3 has r = 3, and is one of three rows here: the copies take r = 1."""
    X = np.array([[0.0], [0.0], [3.0], [100.0], [101.0], [102.0], [103.0]])
    lof = fit_with_copies(X, 1)
    np.testing.assert_allclose(-lof.negative_outlier_factor_, [1, 1, 3, 1, 1, 1, 1], rtol=1e-15)


def test_a_row_off_a_table_of_copies_is_an_outlier():
    X = np.zeros((200, 3))
    X[7] = [0, 2, 0]
    lof = fit_with_copies(X, 20)
    factors = -lof.negative_outlier_factor_
    assert factors[7] == pytest.approx(200)
    np.testing.assert_array_equal(np.delete(factors, 7), 1.0)


def test_fewer_copies_than_neighbors_change_nothing():
    X = np.vstack([groups(200, 3), np.repeat(groups(4, 3, seed=2), 5, axis=0)])
    ours, theirs = (kind(20).fit(X) for kind in (LocalOutlierFactor, sklearn.neighbors.LocalOutlierFactor))
    np.testing.assert_allclose(ours.negative_outlier_factor_, theirs.negative_outlier_factor_, rtol=1e-8)


def test_a_table_of_equal_rows():
    lof = LocalOutlierFactor(5, novelty=True).fit(np.full((40, 2), 7.0))
    np.testing.assert_array_equal(lof.negative_outlier_factor_, -1.0)
    scores = lof.score_samples([[7.0, 7.0], [7.0, 8.0]])
    assert scores[0] == -1
    assert -np.inf < scores[1] < -1e6


@pytest.mark.parametrize("scale", [1e-300, 1e-20, 1e200])
def test_factors_do_not_depend_on_the_unit(scale):
    X = np.vstack([np.zeros((30, 2)), groups(100, 2)])
    expected = fit_with_copies(X, 10).negative_outlier_factor_
    np.testing.assert_allclose(fit_with_copies(scale * X, 10).negative_outlier_factor_, expected, rtol=1e-9)


def test_new_copies_of_copies():
    X = np.vstack([np.zeros((30, 2)), groups(100, 2)])
    lof = LocalOutlierFactor(10, novelty=True).fit(X)
    scores = lof.score_samples([[0.0, 0.0], [1e200, 0.0], [1e308, -1e308]])
    assert scores[0] == -1
    assert np.isfinite(scores).all()
    assert (scores[1:] < -1e100).all()


def test_large_tables_are_sampled_and_say_so():
    X = np.vstack([groups(900, 3), 40 + groups(5, 3, seed=3)])
    parameters = {"n_neighbors": 10, "max_reference_rows": 300, "random_state": 5}
    with pytest.warns(UserWarning, match="905 rows, and neighbours are looked for among 300"):
        lof = LocalOutlierFactor(**parameters).fit(X)
    sample = lof.reference_rows_
    assert lof.n_samples_fit_ == len(sample) == len(np.unique(sample)) == 300
    assert lof.negative_outlier_factor_.shape == (905,)
    whole = LocalOutlierFactor(10, novelty=True).fit(X[sample])
    assert whole.reference_rows_ is None
    others = np.setdiff1d(np.arange(905), sample)
    np.testing.assert_array_equal(lof.negative_outlier_factor_[sample], whole.negative_outlier_factor_)
    np.testing.assert_array_equal(lof.negative_outlier_factor_[others], whole.score_samples(X[others]))
    assert (lof.negative_outlier_factor_[900:] < -1.5).all()
    with pytest.warns(UserWarning, match="drawn at random"):
        again = LocalOutlierFactor(**parameters, n_jobs=1).fit(X)
    np.testing.assert_array_equal(again.negative_outlier_factor_, lof.negative_outlier_factor_)


@pytest.mark.parametrize("d", [4, 20])
def test_same_bits_on_any_number_of_threads(d):
    X = groups(2000, d)
    factors = [LocalOutlierFactor(n_jobs=n_jobs).fit(X).negative_outlier_factor_ for n_jobs in (1, 2, 5, -1, None)]
    for other in factors[1:]:
        np.testing.assert_array_equal(other, factors[0])


def test_rows_from_other_sources(need):
    array = need("dask.array")
    X = groups(700, 3)
    lof = LocalOutlierFactor(novelty=True, contamination=0.05).fit(X)
    for source in (ArrayRows(X), array.from_array(X, chunks=(200, 3))):
        other = LocalOutlierFactor(novelty=True, contamination=0.05).fit(source)
        np.testing.assert_array_equal(other.negative_outlier_factor_, lof.negative_outlier_factor_)
        np.testing.assert_array_equal(other.predict(source), lof.predict(X))


def test_single_precision_stays():
    X = groups(300, 3).astype(np.float32)
    lof = LocalOutlierFactor(novelty=True, contamination=0.1).fit(X)
    assert lof.negative_outlier_factor_.dtype == lof.score_samples(X).dtype == lof.decision_function(X).dtype == "f4"
    assert lof.model_.reference.dtype == np.float32
    double = LocalOutlierFactor().fit(X.astype(np.float64)).negative_outlier_factor_
    np.testing.assert_allclose(lof.negative_outlier_factor_, double, rtol=1e-6)


def planted(d, seed=0):
    """Rows of one group, and others like them with one value moved by eight standard deviations."""
    random = np.random.default_rng([d, seed])
    X, moved = random.normal(size=(1500, d)) + 5, random.normal(size=(200, d)) + 5
    columns = random.integers(d, size=200)
    moved[np.arange(200), columns] += 8 * random.choice([-1, 1], size=200)
    return X, moved, columns


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    ("metric", "d"),
    [(metric, d) for metric in ("euclidean", "manhattan", "chebyshev") for d in (4, 20)] + [("cosine", 20)],
)
def test_explanation_names_the_planted_column(metric, d):
    X, moved, columns = planted(d)
    lof = LocalOutlierFactor(metric=metric, novelty=True).fit(X)
    explanation = lof.explain(moved)
    np.testing.assert_allclose(explanation.share.sum(axis=1), 1)
    assert (explanation.column == columns).mean() >= 0.95
    at = np.arange(200), columns
    assert (np.abs(explanation.distance[at]) > 2).mean() > 0.95


@pytest.mark.exhaustive
@pytest.mark.parametrize("parameters", [{}, {"p": 3}, {"metric": "chebyshev"}, {"metric": "cosine"}, {"p": 1}])
def test_model_comes_back_from_its_arrays(parameters):
    X, new = groups(100, 4), groups(30, 4, seed=1)
    model = LocalOutlierFactor(7, **parameters).fit(X).model_
    expected = model.explain(new)
    for copy in (LofModel.from_arrays(model.arrays(), model.settings()), pickle.loads(pickle.dumps(model))):
        np.testing.assert_array_equal(copy.score_samples(new), model.score_samples(new))
        explained = copy.explain(new)
        for field in ("share", "expected", "deviation"):
            np.testing.assert_array_equal(getattr(explained, field), getattr(expected, field))
        assert copy.n_features == 4
        assert copy.settings() == model.settings()


@pytest.mark.parametrize(
    ("arrays", "settings", "message"),
    [
        ({"reference": None}, {}, "have the arrays reference, k_distances"),
        ({"reference": np.zeros(3)}, {}, r"reference has the shape \(3,\)"),
        ({"reference": np.zeros((0, 2))}, {}, r"reference has the shape \(0, 2\)"),
        ({"reference": np.full((10, 2), np.nan)}, {}, "'reference' does not hold finite"),
        ({"reference": np.zeros((10, 2), int)}, {}, "'reference' does not hold finite"),
        ({"k_distances": np.zeros(9)}, {}, "one k-distance and one reachability for each of 10 rows"),
        ({"reachabilities": np.zeros(10)}, {}, "reachabilities not positive"),
        ({"k_distances": np.full(10, -1.0)}, {}, "k-distances are negative"),
        ({}, {"metric": "hamming"}, "no metric 'hamming'"),
        ({}, {"metric": ["euclidean"]}, "no metric"),
        ({}, {"p": 0.5}, "its p is 0.5"),
        ({}, {"p": "2"}, "its p is '2'"),
        ({}, {"p": float("nan")}, "its p is nan"),
        ({}, {"n_neighbors": 11}, "its n_neighbors is 11, not a number from 1 to 10"),
        ({}, {"n_neighbors": 0}, "its n_neighbors is 0"),
        ({}, {"n_neighbors": True}, "its n_neighbors is True"),
    ],
)
def test_unsound_models_are_refused(arrays, settings, message):
    model = LocalOutlierFactor(3).fit(groups(10, 2)).model_
    changed = {name: array for name, array in (model.arrays() | arrays).items() if array is not None}
    with pytest.raises(ValueError, match=message):
        LofModel.from_arrays(changed, model.settings() | settings)


def test_bad_tables_and_parameters():
    X = groups(30, 2)
    with pytest.raises(DataError, match="beyond all float64 numbers"):
        LocalOutlierFactor(5).fit(np.array([[1e308, 0.0], [-1e308, 0.0], [0.0, 0.0]]))
    with pytest.raises(MissingValuesError, match="missing"):
        LocalOutlierFactor(5).fit(ArrayRows(np.where(X > 1, np.nan, X)))
    with pytest.raises(ValueError, match="n_jobs must not be 0"):
        LocalOutlierFactor(5, n_jobs=0).fit(X)
    with pytest.raises(ValueError, match="'max_reference_rows' parameter"):
        LocalOutlierFactor(5, max_reference_rows=1).fit(X)
    with pytest.raises(ValueError, match="more than 1073741824 in all"):
        LocalOutlierFactor(40_000).fit(np.zeros((40_001, 1)))


def test_no_warning_without_copies():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        lof = LocalOutlierFactor().fit(groups(100, 2))
    assert lof.n_neighbors_ == 20
