"""The isolation forest: its draws, its scores, its explanations, its model."""

import pickle
import tracemalloc

import numpy as np
import pytest
import scipy.sparse
import sklearn.ensemble
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr
from sklearn.metrics import roc_auc_score

from mixtura import IsolationForest
from mixtura.detectors.forest.model import ForestModel
from mixtura.detectors.forest.tree import average_path_length
from mixtura.engines import ThreadEngine
from pairwise import exhaustive


def groups(n=2000, d=5, seed=0):
    rng = np.random.default_rng(seed)
    centers = rng.normal(scale=3, size=(2, d))
    return centers[rng.integers(2, size=n)] + rng.normal(size=(n, d))


@pytest.fixture(scope="module")
def table():
    return groups()


def euler(n):
    """The average path length as the paper and scikit-learn approximate it."""
    n = np.maximum(np.asarray(n, float), 1)
    with np.errstate(divide="ignore"):
        approximate = 2 * (np.log(n - 1) + np.euler_gamma) - 2 * (n - 1) / n
    return np.where(n > 2, approximate, n - 1)


def plain_length(tree, row, node=1, depth=0):
    """The path length of a row without any missing value, in a tree split along columns."""
    n_nodes = len(tree.thresholds)
    if node >= n_nodes or tree.counts[2 * node + 1] == 0:
        return depth + average_path_length(tree.counts[node])
    right = row[tree.features[node, 0]] > tree.thresholds[node]
    return plain_length(tree, row, 2 * node + int(right), depth + 1)


def mean_length(model):
    """The mean path length of the rows of the samples, over the trees."""
    ends = model.counts[:, model.lengths.shape[1] :]
    return ((ends * model.lengths.astype(np.float64)).sum(axis=1) / model.counts[:, 1]).mean()


def test_average_path_length_is_exact():
    """By the recursion over where the first split falls: equally likely between any two neighbours."""
    lengths = [0.0, 0.0]
    for n in range(2, 60):
        # The rows of a part are reached in proportion to its size plus one: the gaps of a search that finds nothing.
        lengths.append(1 + sum((k * lengths[k] + (n - k) * lengths[n - k]) / n for k in range(1, n)) / (n - 1))
    np.testing.assert_allclose(average_path_length(np.arange(60)), lengths, rtol=1e-13)


def test_average_path_length_nears_the_approximation():
    np.testing.assert_allclose(average_path_length(10**6), euler(10**6), rtol=1e-6)
    assert average_path_length(3) == pytest.approx(5 / 3)
    assert euler(3) == pytest.approx(1.207, abs=1e-3)


def test_scores_are_those_of_the_paper(table):
    forest = IsolationForest(n_estimators=7, random_state=0).fit(table)
    rows = (table[:40] - forest.model_.center) * forest.model_.scale
    mean = np.mean([[plain_length(tree, row) for row in rows] for tree in forest.estimators_], axis=0)
    np.testing.assert_allclose(forest.score_samples(table[:40]), -(2 ** -(mean / average_path_length(256))), rtol=1e-6)


@pytest.fixture(scope="module")
def heavy_tails():
    """Rows of which some are farther out than others, so that two seeds order them alike."""
    return np.random.default_rng(0).standard_t(2, size=(400, 4))


def test_scores_are_those_of_scikit_learn(heavy_tails, monkeypatch):
    """With its approximation in place of the exact lengths: as like as those of two seeds of it."""
    for module in ("forest.tree", "forest.model"):
        monkeypatch.setattr(f"mixtura.detectors.{module}.average_path_length", euler)
    ours = IsolationForest(n_estimators=400, random_state=0).fit(heavy_tails).score_samples(heavy_tails)
    peers = [
        sklearn.ensemble.IsolationForest(n_estimators=400, random_state=seed).fit(heavy_tails) for seed in range(2)
    ]
    one, two = (peer.score_samples(heavy_tails) for peer in peers)
    assert abs((ours - one).mean()) < 0.003
    assert (ours - one).std() < 1.3 * (two - one).std()


@pytest.mark.parametrize(
    "parameters",
    [{}, {"bootstrap": True}, *exhaustive({"max_features": 0.6}, {"max_samples": 100}, {"max_samples": 0.5})],
)
def test_rank_correlation_with_scikit_learn(heavy_tails, parameters):
    fits = [
        forest(n_estimators=250, random_state=seed, **parameters).fit(heavy_tails)
        for forest, seed in ((IsolationForest, 0), (sklearn.ensemble.IsolationForest, 0), (IsolationForest, 1))
    ]
    ours, peer, other_seed = (fit.score_samples(heavy_tails) for fit in fits)
    assert spearmanr(ours, other_seed).statistic >= 0.98
    assert spearmanr(ours, peer).statistic >= 0.98


def test_one_seed_gives_one_forest_on_any_number_of_threads(table):
    forests = [IsolationForest(random_state=3, n_jobs=n_jobs).fit(table) for n_jobs in (1, 2, 5, -1, None)]
    scores = [forest.score_samples(table) for forest in forests]
    assert all(np.array_equal(scores[0], other) for other in scores[1:])
    assert not np.array_equal(scores[0], IsolationForest(random_state=4).fit(table).score_samples(table))


def test_scores_do_not_depend_on_the_rows_beside(table):
    forest = IsolationForest(random_state=0).fit(table)
    scores = forest.score_samples(table)
    np.testing.assert_array_equal(forest.score_samples(table[500:501]), scores[500:501])
    np.testing.assert_array_equal(forest.score_samples(table[::-1]), scores[::-1])


@settings(max_examples=15)
@given(
    seed=st.integers(0, 1000),
    exponent=st.integers(-40, 40),
    shift=st.integers(-1000, 1000),
    hyperplanes=st.sampled_from([None, 2, "all"]),
)
def test_units_do_not_matter(seed, exponent, shift, hyperplanes):
    X = np.round(groups(100, 3, seed), 3)
    scores = [
        IsolationForest(n_estimators=5, random_state=0, hyperplane_features=hyperplanes).fit(Y).score_samples(Y)
        for Y in (X, (X + np.array([shift, 0, 0])) * [2.0**exponent, 1, 2.0**-exponent])
    ]
    # A threshold may fall between the roundings of a value.
    assert np.isclose(*scores, atol=1e-9).mean() > 0.9


def test_columns_far_from_zero_keep_their_digits():
    """Seconds since 1970, of which single precision keeps steps of 128."""
    rng = np.random.default_rng(0)
    times = 1.7e9 + rng.normal(scale=10, size=1000)
    times[0] += 200
    forest = IsolationForest(random_state=0).fit(times[:, None])
    assert forest.score_samples(times[:, None]).argmin() == 0
    assert len(np.unique(forest.score_samples(times[:, None]))) > 500


def test_trees_divide_their_sample(table):
    forest = IsolationForest(n_estimators=5, max_samples=30, random_state=0).fit(table)
    drawn = np.unique(np.concatenate(forest.estimators_samples_))
    sample = table[forest.estimators_samples_[2]]
    scaled = (sample - forest.model_.center) * forest.model_.scale
    tree = forest.estimators_[2]
    split = scaled[:, tree.features[1, 0]] > tree.thresholds[1]
    assert [tree.counts[2], tree.counts[3]] == [(~split).sum(), split.sum()]
    assert len(drawn) < 151


def test_fitting_copies_no_table():
    X = groups(200_000, 10)
    tracemalloc.start()
    try:
        IsolationForest(random_state=0).fit(X)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < X.nbytes / 4


def test_samples_beyond_the_numbers_of_nodes():
    with pytest.raises(ValueError, match="nodes are numbered up to 1073741824: lower max_samples"):
        IsolationForest(max_samples=2**31)._sample_size(2**31)


def test_draws(table):
    forest = IsolationForest(n_estimators=50, random_state=0).fit(table)
    assert forest.max_samples_ == 256
    assert all(len(np.unique(rows)) == 256 for rows in forest.estimators_samples_)
    again = IsolationForest(n_estimators=50, random_state=0, bootstrap=True, max_samples=1.0).fit(table)
    distinct = np.mean([len(np.unique(rows)) for rows in again.estimators_samples_])
    assert distinct / len(table) == pytest.approx(1 - np.exp(-1), abs=0.01)


def test_max_features(table):
    forest = IsolationForest(n_estimators=200, max_features=2, random_state=0).fit(table)
    used = [np.unique(tree.features[np.isfinite(tree.thresholds)]) for tree in forest.estimators_]
    for features, seen in zip(used, forest.estimators_features_, strict=True):
        assert set(features) <= set(seen)
        assert len(seen) == 2
    share = np.bincount(np.concatenate(forest.estimators_features_)) / 400
    np.testing.assert_allclose(share, 0.2, atol=0.06)
    assert len(IsolationForest(max_features=0.5).fit(table).estimators_features_[0]) == 2


def test_sample_weight_draws_rows(table):
    weights = np.zeros(len(table))
    weights[:500] = 1
    weights[500:600] = 10
    forest = IsolationForest(n_estimators=300, max_samples=20, random_state=0).fit(table, sample_weight=weights)
    share = np.bincount(np.concatenate(forest.estimators_samples_), minlength=len(table)) / 300
    assert not share[600:].any()
    assert share[500:600].mean() / share[:500].mean() == pytest.approx(10, rel=0.1)


def test_rows_of_weight_zero_are_not_there(table):
    weights = np.r_[np.ones(40), np.zeros(len(table) - 40)]
    forest = IsolationForest(random_state=0).fit(table, sample_weight=weights)
    assert forest.max_samples_ == 40
    with pytest.warns(UserWarning, match=r"max_samples \(50\) is greater than the total number of samples \(40\)"):
        IsolationForest(max_samples=50).fit(table, sample_weight=weights)
    with pytest.raises(ValueError, match="must contain at least one non-zero number"):
        IsolationForest().fit(table, sample_weight=0 * weights)


def test_weights_of_any_size(table):
    scores = [
        IsolationForest(random_state=0).fit(table, sample_weight=np.full(len(table), w)).score_samples(table)
        for w in (1e-300, 1.0, 1e305)
    ]
    np.testing.assert_array_equal(scores[0], scores[1])
    np.testing.assert_array_equal(scores[2], scores[1])


@pytest.mark.parametrize("hyperplanes", [None, 2])
def test_warm_start_ends_where_one_fit_does(table, hyperplanes):
    stepwise = IsolationForest(n_estimators=10, warm_start=True, random_state=0, hyperplane_features=hyperplanes).fit(
        table
    )
    first = stepwise.estimators_[3]
    stepwise.set_params(n_estimators=25).fit(table)
    at_once = IsolationForest(n_estimators=25, random_state=0, hyperplane_features=hyperplanes).fit(table)
    np.testing.assert_array_equal(stepwise.score_samples(table), at_once.score_samples(table))
    assert stepwise.estimators_[3] is first
    assert len(stepwise.estimators_) == len(stepwise.estimators_samples_) == len(stepwise.estimators_features_) == 25


@pytest.mark.parametrize("hyperplanes", [None, 2])
@pytest.mark.parametrize("sizes", [(20, 200), (200, 20)])
def test_warm_start_with_trees_of_other_depth(table, sizes, hyperplanes):
    forest = IsolationForest(
        n_estimators=10, max_samples=sizes[0], warm_start=True, random_state=0, hyperplane_features=hyperplanes
    ).fit(table)
    first = forest.model_.path_lengths(table)
    forest.set_params(n_estimators=20, max_samples=sizes[1]).fit(table)
    model = forest.model_
    second = ForestModel(
        model.features[10:],
        None if model.coefficients is None else model.coefficients[10:],
        model.thresholds[10:],
        model.counts[10:],
        model.center,
        model.scale,
        model.deviation,
    )
    np.testing.assert_allclose(model.path_lengths(table), (first + second.path_lengths(table)) / 2, rtol=1e-12)
    assert model.average_length == pytest.approx(average_path_length(sizes).mean(), rel=1e-6)
    assert ForestModel.from_arrays(model.arrays(), model.settings()).n_trees == 20


def test_warm_start_says_what_does_not_fit(table):
    forest = IsolationForest(n_estimators=5, warm_start=True).fit(table)
    with pytest.warns(UserWarning, match="Warm-start fitting without increasing n_estimators"):
        forest.fit(table)
    with pytest.raises(ValueError, match="n_estimators=4 must be larger or equal"):
        forest.set_params(n_estimators=4).fit(table)
    forest.set_params(n_estimators=6)
    with pytest.raises(ValueError, match="the table has 2 columns and the trees of the last fit 5"):
        forest.fit(table[:, :2])
    with pytest.raises(ValueError, match="hyperplane_features"):
        forest.set_params(hyperplane_features=2).fit(table)


def test_contamination_sets_the_offset(table):
    forest = IsolationForest(contamination=0.1, random_state=0).fit(table)
    assert forest.offset_ == np.percentile(forest.score_samples(table), 10)
    assert (forest.predict(table) == -1).mean() == pytest.approx(0.1, abs=0.001)
    assert IsolationForest().fit(table).offset_ == -0.5


def with_holes(X, share, seed=0):
    holed = X.copy()
    holed[np.random.default_rng(seed).random(X.shape) < share] = np.nan
    return holed


@pytest.mark.parametrize("hyperplanes", [None, 2])
def test_missing_values_hardly_change_who_stands_out(hyperplanes):
    X = groups(1000, 8)
    X[:20] += np.random.default_rng(1).choice([-8, 8], size=(20, 8))
    holed = with_holes(X, 0.1)
    forest = IsolationForest(random_state=0, hyperplane_features=hyperplanes).fit(holed)
    scores = forest.score_samples(holed)
    assert np.isfinite(scores).all()
    assert roc_auc_score(np.arange(1000) < 20, -scores) > 0.98


def test_a_row_of_missing_values_has_the_mean_path_of_the_samples(table):
    forest = IsolationForest(random_state=0).fit(table)
    mean = mean_length(forest.model_)
    found = forest.model_.path_lengths(np.full((1, 5), np.nan))
    np.testing.assert_allclose(found, mean, rtol=1e-12)


def test_tables_without_anything_to_split():
    for X in (np.ones((50, 3)), np.full((50, 3), np.nan), np.zeros((1, 2)), np.full((4, 1), 1e308)):
        forest = IsolationForest(random_state=0).fit(X)
        assert (forest.score_samples(X) == -0.5).all()
        assert (forest.predict(X) == 1).all()
        shares = forest.explain(X).share
        np.testing.assert_allclose(shares, 1 / X.shape[1])


def test_infinite_values_are_refused(table):
    bad = table.copy()
    bad[5, 1] = -np.inf
    with pytest.raises(ValueError, match="infinity"):
        IsolationForest().fit(bad)
    with pytest.raises(ValueError, match="infinity"):
        IsolationForest().fit(table).score_samples(bad)
    with pytest.raises(ValueError, match="infinity"):
        IsolationForest().fit(scipy.sparse.csr_array(bad))


def test_hyperplanes_see_between_columns():
    """Rows off a diagonal that are ordinary in each column alone."""
    rng = np.random.default_rng(0)
    along = rng.normal(size=(2000, 1))
    X = np.hstack([along, along]) + 0.1 * rng.normal(size=(2000, 2))
    X[:20] = np.c_[along[:20], -along[:20]][:, :2] + np.sign(along[:20]) * [[0.5, -0.5]]
    auc = {
        width: np.mean(
            [
                roc_auc_score(
                    np.arange(2000) < 20,
                    -IsolationForest(random_state=s, hyperplane_features=width).fit(X).score_samples(X),
                )
                for s in range(3)
            ]
        )
        for width in (None, "all")
    }
    assert auc["all"] > auc[None]
    assert auc["all"] > 0.95


def test_hyperplane_settings(table):
    forest = IsolationForest(n_estimators=3, hyperplane_features="all", max_features=3, random_state=0).fit(table)
    assert forest.model_.coefficients.shape[2] == 3
    assert [tree.coefficients.shape[1] for tree in forest.estimators_] == [3, 3, 3]
    with pytest.raises(ValueError, match="hyperplane_features=4, and each tree sees 3 columns"):
        IsolationForest(hyperplane_features=4, max_features=3).fit(table)
    with pytest.raises(ValueError, match="max_features=6 must be <= n_features=5"):
        IsolationForest(max_features=6).fit(table)
    with pytest.raises(ValueError, match="n_jobs must not be 0"):
        IsolationForest(n_jobs=0).fit(table)


@pytest.mark.exhaustive
@pytest.mark.parametrize("settings", [{}, {"hyperplane_features": 3}, {"max_features": 0.5}])
def test_a_shifted_column_carries_the_score(settings):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(5000, 10))
    planted = np.arange(200)
    columns = rng.integers(10, size=200)
    X[planted, columns] += rng.choice([-8, 8], size=200)
    explanation = IsolationForest(n_estimators=200, random_state=0, **settings).fit(X).explain(X[planted])
    assert (explanation.column == columns).mean() >= 0.95
    assert explanation.stands_out[planted, columns].mean() >= 0.99


@pytest.mark.parametrize("hyperplanes", [None, 3])
def test_contributions_add_up_to_the_shortening(table, hyperplanes):
    model = IsolationForest(random_state=0, hyperplane_features=hyperplanes).fit(table).model_
    X = with_holes(table[:300], 0.05)
    shorter = mean_length(model) - model.path_lengths(X)
    np.testing.assert_allclose(model.contributions(X).sum(axis=1), shorter, atol=1e-10)


def test_explanations_are_in_the_units_of_the_table():
    rng = np.random.default_rng(0)
    X = 1000 + 5 * rng.normal(size=(20_000, 2))
    X[0] = [1050, 1000]
    X[1] = [np.nan, 1050]
    explanation = IsolationForest(random_state=0).fit(X).explain(X[:2])
    np.testing.assert_allclose(explanation.expected, 1000, atol=0.6)
    np.testing.assert_allclose(explanation.deviation, 5, rtol=0.1)
    assert explanation.distance[0, 0] == pytest.approx(10, rel=0.1)
    assert explanation.distance[1, 0] == 0
    assert explanation.column.tolist() == [0, 1]
    np.testing.assert_allclose(explanation.share.sum(axis=1), 1)


def test_deviation_of_a_column_that_is_mostly_one_value():
    """By hand: nine in ten are zero, the others one, two and so on up to three; the median is zero."""
    X = np.tile([0.0] * 27 + [1.0, 2.0, 3.0], 30)[:, None]
    deviation = IsolationForest(random_state=0).fit(X).model_.deviation
    np.testing.assert_allclose(deviation, np.sqrt(14 / 30), rtol=0.2)


@pytest.mark.parametrize("weights", [None, np.r_[np.ones(500), np.zeros(500)]])
def test_rows_of_weight_zero_explain_nothing(weights):
    X = np.r_[np.zeros(500), np.full(500, 8.0)][:, None] + np.random.default_rng(0).normal(size=(1000, 2))
    explanation = IsolationForest(random_state=0).fit(X, sample_weight=weights).explain(np.array([[5.0, 5.0]]))
    assert (np.abs(explanation.expected) < 1).all() == (weights is not None)


def test_forests_grown_in_steps_explain_alike(table):
    at_once = IsolationForest(n_estimators=20, random_state=0).fit(table)
    stepwise = IsolationForest(n_estimators=10, warm_start=True, random_state=0).fit(table)
    stepwise.set_params(n_estimators=20).fit(table)
    np.testing.assert_array_equal(stepwise.explain(table[:9]).expected, at_once.explain(table[:9]).expected)


def test_sources_of_rows(table, tmp_path, need):
    pandas, dask = need("pandas"), need("dask.array")
    frame = pandas.DataFrame(table, columns=list("abcde"))
    path = tmp_path / "table.csv"
    frame.to_csv(path, index=False)
    scores = IsolationForest(random_state=0).fit(table).score_samples(table)
    for source in (frame, str(path), dask.from_array(table, chunks=(300, 5)), scipy.sparse.csc_array(table)):
        found = IsolationForest(random_state=0).fit(source).score_samples(source)
        np.testing.assert_allclose(found, scores, rtol=1e-12)
    weighted = IsolationForest(random_state=0).fit(table, sample_weight=np.arange(2000.0)).score_samples(table)
    of_file = IsolationForest(random_state=0).fit(str(path), sample_weight=np.arange(2000.0)).score_samples(str(path))
    np.testing.assert_allclose(of_file, weighted, rtol=1e-12)


def test_an_engine_may_be_given(table):
    one = IsolationForest(random_state=0, engine=ThreadEngine(1)).fit(table)
    other = IsolationForest(random_state=0, engine="threads", n_jobs=2).fit(table)
    np.testing.assert_array_equal(one.score_samples(table), other.score_samples(table))


def test_feature_names_are_kept(need):
    frame = need("pandas").DataFrame(groups(100, 2), columns=["height", "width"])
    forest = IsolationForest(contamination=0.1, random_state=0).fit(frame)
    assert forest.feature_names_in_.tolist() == ["height", "width"]
    with pytest.raises(ValueError, match="feature names"):
        forest.predict(frame[["width", "height"]])


def test_pickled_forests_score_alike(table):
    forest = IsolationForest(n_estimators=5, random_state=0).fit(table)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(forest)).score_samples(table), forest.score_samples(table))


def test_trees_tell_their_size(table):
    (tree,) = IsolationForest(n_estimators=1, max_samples=100, random_state=0).fit(table).estimators_
    assert (tree.max_depth, tree.n_samples) == (7, 100)


@pytest.fixture(scope="module")
def models(table):
    return [
        IsolationForest(n_estimators=3, max_samples=20, random_state=0, hyperplane_features=width).fit(table).model_
        for width in (None, 2)
    ]


@pytest.mark.exhaustive
def test_models_from_their_arrays(table, models):
    for model in models:
        swapped = {name: array.astype(array.dtype.newbyteorder()) for name, array in model.arrays().items()}
        for arrays in (model.arrays(), swapped):
            again = ForestModel.from_arrays(arrays, model.settings())
            np.testing.assert_array_equal(again.score_samples(table), model.score_samples(table))
            for field in ("share", "expected", "deviation"):
                found, expected = (getattr(one.explain(table[:9]), field) for one in (again, model))
                np.testing.assert_array_equal(found, expected)
        assert again.kind == "forest"
        assert again.n_features == 5


def test_files_of_older_versions_expect_the_medians(table, models):
    for model in models:
        arrays = model.arrays()
        del arrays["background"]
        explanation = ForestModel.from_arrays(arrays, {}).explain(table[:9])
        np.testing.assert_array_equal(explanation.expected, np.tile(model.center, (9, 1)))
        np.testing.assert_array_equal(explanation.deviation, np.tile(model.deviation, (9, 1)))
        assert not explanation.given_others.any()


FAULTS = {
    "a feature beyond the columns": ("features", lambda a: np.where(a == a.max(), 5, a)),
    "a negative feature": ("features", lambda a: a - 6),
    "features of another shape": ("features", lambda a: a[:, :4]),
    "no features": ("features", lambda a: a[:, :, :0]),
    "features as numbers with fractions": ("features", lambda a: a.astype(float)),
    "a threshold that is no number": ("thresholds", lambda a: np.where(np.isfinite(a), np.nan, a)),
    "a threshold of minus infinity": ("thresholds", lambda a: np.where(np.isfinite(a), -np.inf, a)),
    "a leaf that splits": ("thresholds", lambda a: np.where(np.isfinite(a), a, 0)),
    "nodes that are no power of two": ("thresholds", lambda a: a[:, :31]),
    "no trees": ("thresholds", lambda a: a[:0]),
    "thresholds in one dimension": ("thresholds", lambda a: a[0]),
    "counts below zero": ("counts", lambda a: -a),
    "counts that do not add up": ("counts", lambda a: a + np.arange(a.shape[1], dtype=a.dtype)),
    "trees without rows": ("counts", lambda a: 0 * a),
    "too few counts": ("counts", lambda a: a[:, :32]),
    "a center that is not finite": ("center", lambda a: a + np.inf),
    "a center in two dimensions": ("center", lambda a: a[None]),
    "a center for fewer columns": ("center", lambda a: a[:1]),
    "a scale of zero": ("scale", lambda a: 0 * a),
    "a scale that is no number": ("scale", lambda a: a * np.nan),
    "a deviation below zero": ("deviation", lambda a: a - 1e9),
    "a background without rows": ("background", lambda a: a[:0]),
    "a background of fewer columns": ("background", lambda a: a[:, :2]),
    "a background that is not finite": ("background", lambda a: a + np.inf),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_arrays_that_are_no_forest(models, fault):
    name, spoil = FAULTS[fault]
    for model in models:
        arrays = model.arrays()
        arrays[name] = spoil(arrays[name])
        with pytest.raises(ValueError, match="not those of an isolation forest"):
            ForestModel.from_arrays(arrays, {})


def test_coefficients_that_do_not_fit(models):
    arrays = models[1].arrays()
    for wrong in (arrays["coefficients"] * np.float32(np.nan), arrays["coefficients"][:, :, :1]):
        with pytest.raises(ValueError, match="coefficients"):
            ForestModel.from_arrays({**arrays, "coefficients": wrong}, {})
    del arrays["coefficients"]
    with pytest.raises(ValueError, match="splits by several columns have coefficients"):
        ForestModel.from_arrays(arrays, {})


@pytest.mark.parametrize("name", ["features", "thresholds", "counts", "center", "scale", "deviation"])
def test_an_array_that_is_not_there(models, name):
    arrays = models[0].arrays()
    del arrays[name]
    with pytest.raises(ValueError, match=f"there is {name}"):
        ForestModel.from_arrays(arrays, {})
