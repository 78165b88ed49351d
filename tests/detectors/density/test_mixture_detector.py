import pickle

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import multivariate_normal
from sklearn.base import clone

from mixtura import BayesianGaussianMixture, Full, GaussianMixture, Mixture, MixtureDetector, MixtureSearch, Noise
from mixtura.errors import DataError, EmptyTableError
from mixtura.rows import ArrayRows, rows_per_block
from pairwise import exhaustive


def two_groups(n_rows, seed=0, n_columns=4):
    random = np.random.default_rng(seed)
    centers = np.array([np.zeros(n_columns), np.linspace(6, 3, n_columns)])
    mix = np.eye(n_columns) + 0.4 * random.normal(size=(n_columns, n_columns))
    return centers[random.integers(2, size=n_rows)] + random.normal(size=(n_rows, n_columns)) @ mix


def with_shifts(seed):
    """Rows in various units, of which ten are shifted by six standard deviations in one column each."""
    random = np.random.default_rng(100 + seed)
    X = two_groups(200, seed) * [1, 100, 0.01, 5] + [0, 1e4, 0, -3]
    rows, columns = random.choice(200, 10, replace=False), random.integers(4, size=10)
    X[rows, columns] += random.choice([-6, 6], 10) * X.std(axis=0)[columns]
    return X, rows, columns


def test_shifts_in_one_column_are_found_and_explained():
    named = found = total = 0
    for seed in range(1):
        X, rows, columns = with_shifts(seed)
        detector = MixtureDetector(contamination=0.05, random_state=0).fit(X)
        found += (detector.predict(X)[rows] == -1).sum()
        explanation = detector.explain(X[rows])
        named += (explanation.ranking[:, 0] == columns).sum()
        total += len(rows)
        shifted = np.arange(len(rows)), columns
        assert (np.abs(explanation.distance[shifted]) > 4).all()
        distance = (X[rows] - explanation.expected) / explanation.deviation
        np.testing.assert_allclose(explanation.distance, distance, rtol=1e-6, atol=1e-6)
    assert found >= 0.95 * total
    assert named >= 0.95 * total


def test_extreme_rows_are_no_component_of_their_own():
    """Where all rows are fitted neither: components that rest on a few of them are left out."""
    random = np.random.default_rng(1)
    X = np.vstack([two_groups(300), 10.0 ** random.uniform(2, 8, (10, 1)) * random.normal(size=(10, 4))])
    for trim in (None, 0.05):
        detector = MixtureDetector(contamination=0.05, trim=trim, random_state=0).fit(X)
        assert (detector.score_samples(X)[300:] < detector.score_samples(X)[:300].min()).all()
        assert detector.estimator_.trim == (trim or 0)
    untrimmed = MixtureDetector(contamination=0.05, trim=0.0, random_state=0).fit(X)
    assert (untrimmed.predict(X)[300:] == -1).all()


def test_the_score_is_the_log_density_of_the_scaled_values():
    X = np.random.default_rng(0).multivariate_normal([5, -300], [[4, 30], [30, 900]], 500)
    detector = MixtureDetector(novelty=True, random_state=0).fit(X)
    assert detector.estimator_.n_components == 1
    scaled, model = detector.estimator_.mixture_, detector.model_
    mean = scaled.means[0] * model.scale + model.center
    covariance = scaled.covariance.dense[0] * np.outer(model.scale, model.scale)
    expected = multivariate_normal(mean, covariance).logpdf(X) + np.log(model.scale).sum()
    np.testing.assert_allclose(detector.score_samples(X), expected, rtol=1e-9)
    np.testing.assert_allclose(mean, X.mean(axis=0), rtol=1e-3)
    np.testing.assert_allclose(covariance, np.cov(X.T, bias=True), rtol=5e-3)


@pytest.mark.exhaustive
def test_units_of_columns_change_no_score():
    X, _, _ = with_shifts(0)
    units = np.array([1e-150, 3.0, 1e100, 0.2])
    plain = MixtureDetector(random_state=0).fit(X)
    other = MixtureDetector(random_state=0).fit(X * units)
    np.testing.assert_array_equal(other.predict(X * units), plain.predict(X))
    np.testing.assert_allclose(other.score_samples(X * units), plain.score_samples(X), rtol=1e-9)


def test_a_share_of_the_rows_fitted_are_outliers():
    X = two_groups(400)
    for contamination in (0.01, 0.1, 0.5):
        detector = MixtureDetector(GaussianMixture(2, random_state=0), contamination=contamination)
        predictions = detector.fit_predict(X)
        assert (predictions == -1).sum() == 400 * contamination
        np.testing.assert_array_equal(detector.predict(X), predictions)
        assert detector.offset_ == np.percentile(detector.score_samples(X), 100 * contamination)
        assert detector.trained_on_ == "outliers"


def false_alarms(novelty):
    """Return the mean share of new rows called outliers, after fits of too many components to few rows."""
    shares = []
    for seed in range(12):
        X = two_groups(2060, seed, n_columns=3)
        detector = MixtureDetector(GaussianMixture(4), contamination=0.05, novelty=novelty, random_state=0)
        shares.append((detector.fit(X[:60]).predict(X[60:]) == -1).mean())
    return np.mean(shares)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_of_a_clean_table_contamination_is_the_rate_of_false_alarms():
    assert 0.02 < false_alarms(novelty=True) < 0.1
    assert false_alarms(novelty=False) > 0.2


def test_a_clean_table_is_neither_trimmed_nor_fitted_otherwise():
    X = two_groups(80)
    clean, not_trimmed = (
        MixtureDetector(random_state=0, **parameters).fit(X) for parameters in ({"novelty": True}, {"trim": 0.0})
    )
    assert clean.trained_on_ == "clean"
    assert clean.model_ == not_trimmed.model_
    assert clean.offset_ < not_trimmed.offset_
    assert clean.estimator_.trim == 0


def test_a_mixture_is_taken_as_it_is():
    mixture = Mixture([1.0], [[0.0, 0.0]], Full([[[1.0, 0.8], [0.8, 1.0]]], 1, 2))
    X = mixture.sample(100, np.random.RandomState(0))[0]
    for novelty in (False, True):
        detector = MixtureDetector(mixture, contamination=0.25, novelty=novelty).fit(X)
        assert detector.model_.mixture is mixture
        np.testing.assert_array_equal(detector.score_samples(X), mixture.log_density(X))
        assert (detector.predict(X) == -1).sum() == 25
        assert not hasattr(detector, "estimator_")
    assert clone(detector).fit(X).offset_ == detector.offset_


@pytest.mark.parametrize(
    "mixture",
    [
        GaussianMixture(2),
        GaussianMixture(2, family="t"),
        GaussianMixture(2, noise=True, trim=0.1),
        BayesianGaussianMixture(n_components=3),
        MixtureSearch((1, 2), covariance_types=["full", "diag"]),
        *exhaustive(MixtureSearch((2, 3), estimator=BayesianGaussianMixture())),
    ],
    ids=["normal", "t", "noise", "bayesian", "search", "bayesian search"],
)
def test_an_estimator_is_cloned_and_fitted(mixture):
    X = two_groups(300)
    detector = MixtureDetector(mixture, random_state=3).fit(X)
    assert not hasattr(mixture, "n_features_in_")
    best = getattr(detector.estimator_, "best_estimator_", detector.estimator_)
    np.testing.assert_array_equal(detector.score_samples(X), best.mixture_.log_density(X))
    assert (detector.predict(X) == -1).sum() == 30
    assert MixtureDetector(mixture, random_state=3).fit(X).model_ == detector.model_
    assert detector.explain(X[:5]).share.shape == (5, 4)
    assert MixtureDetector(mixture, novelty=True, random_state=3).fit(X).model_ == detector.model_


@pytest.mark.exhaustive
def test_the_scale_of_two_groups_is_no_wider_than_they_are():
    """The quartiles lie one in each: scaled by them alone, the groups are too close for k-means to tell apart."""
    random = np.random.default_rng(0)
    X = random.normal(size=(600, 2))
    X[:200, 0] += 8
    fitted = MixtureDetector(trim=0.0, random_state=0).fit(X)
    assert fitted.model_.scale[0] <= X[:, 0].std() * 1.01
    assert fitted.estimator_.n_components == 2
    X[:5, 0] = 1e6
    spoilt = MixtureDetector(random_state=0).fit(X)
    np.testing.assert_allclose(spoilt.model_.scale, fitted.model_.scale, rtol=0.02)


def test_an_estimator_is_fitted_as_it_fits_itself():
    X = two_groups(300)
    settled = GaussianMixture(2, trim=0.2, random_state=0)
    assert MixtureDetector(settled).fit(X).model_.mixture == settled.fit(X).mixture_
    trimmed = GaussianMixture(2, trim=0.3, random_state=0).fit(X)
    assert MixtureDetector(settled, trim=0.3).fit(X).model_.mixture == trimmed.mixture_


def test_weights_count_as_repeated_rows():
    X, weights = two_groups(120), np.random.default_rng(0).integers(0, 4, 120)
    for contamination in (0.05, 0.31):
        weighted = MixtureDetector(GaussianMixture(), contamination=contamination).fit(X, sample_weight=weights)
        repeated = MixtureDetector(GaussianMixture(), contamination=contamination).fit(np.repeat(X, weights, axis=0))
        np.testing.assert_allclose(weighted.offset_, repeated.offset_, rtol=1e-12)
    thirds = MixtureDetector(GaussianMixture(), contamination=0.1).fit(X, sample_weight=np.full(120, 1 / 3))
    flagged = (thirds.predict(X) == -1).mean()
    assert 0.08 <= flagged <= 0.12


@pytest.mark.exhaustive
def test_weights_of_the_default_count_for_the_rows_that_are_outliers():
    X, weights = two_groups(120), np.random.default_rng(0).integers(0, 4, 120)
    default = MixtureDetector(random_state=0).fit(X, sample_weight=weights)
    np.testing.assert_allclose(weights[default.predict(X) == -1].sum() / weights.sum(), 0.1, atol=0.03)


@pytest.mark.exhaustive
@pytest.mark.parametrize("seed", [0, 1])
def test_far_rows_weigh_as_many_as_they_stand_for(seed):
    """One row far away that stands for five, and five rows that stand for as many as a group has."""
    random = np.random.default_rng(seed)
    X = two_groups(500, seed)
    weights = random.integers(1, 4, 500)
    X[0], weights[0] = [0, 0, 0, 60], 5
    X[1:6], weights[1:6] = [0, 60, 0, 0] + 0.5 * random.normal(size=(5, 4)), 10
    weighted = MixtureDetector(random_state=seed).fit(X, sample_weight=weights)
    repeated = MixtureDetector(random_state=seed).fit(np.repeat(X, weights, axis=0))
    assert weighted.model_.mixture.n_components == repeated.model_.mixture.n_components == 3
    np.testing.assert_allclose(weighted.model_.mixture.weights, repeated.model_.mixture.weights, rtol=1e-4)
    np.testing.assert_allclose(weighted.score_samples(X), repeated.score_samples(X), rtol=1e-4)
    assert weighted.score_samples(X)[0] < weighted.score_samples(X)[1:].min()


@pytest.mark.exhaustive
def test_missing_values():
    X, rows, columns = with_shifts(0)
    holes = X.copy()
    # In two columns: a mixture is fitted to each pattern of missing values by itself.
    holes[:, ::2][np.random.default_rng(0).random((200, 2)) < 0.05] = np.nan
    holes[rows, columns] = X[rows, columns]
    holes[0] = np.nan
    detector = MixtureDetector(contamination=0.05, random_state=0).fit(holes)
    assert (detector.predict(holes)[rows] == -1).mean() > 0.9
    assert detector.predict(holes)[0] == 1
    explanation = detector.explain(holes)
    assert np.isfinite(explanation.expected).all()
    assert (explanation.shares[np.isnan(holes)] == 0).all()
    assert (explanation.column[rows] == columns).mean() > 0.9


@pytest.mark.exhaustive
def test_units_do_not_make_a_row_that_lacks_a_value_an_outlier():
    X = two_groups(300)
    lacking = X[:50].copy()
    lacking[:, 1] = np.nan
    for unit in (1e-6, 1.0, 1e6):
        units = np.array([1, unit, 1, 1])
        detector = MixtureDetector(trim=0.0, random_state=0).fit(X * units)
        assert (detector.predict(lacking * units) == 1).mean() > 0.9


def test_columns_of_one_or_few_values():
    random = np.random.default_rng(0)
    X = np.column_stack([np.full(200, 1e6 + 1 / 3), random.integers(0, 2, 200), random.normal(size=200).round(1)])
    detector = MixtureDetector(contamination=0.05, random_state=0).fit(X)
    assert np.isfinite(detector.score_samples(X)).all()
    new = np.array([[1e6 + 9, 1, 0], [1e6 + 1 / 3, 1, 0.1], [1e6 + 1 / 3, 0, 50]])
    assert detector.predict(new).tolist() == [-1, 1, -1]
    assert detector.explain(new).column[[0, 2]].tolist() == [0, 2]


def test_a_clean_column_of_one_value_and_another_once():
    """The fold of the other value leaves one distinct row to fit two components to."""
    X = np.full((21, 1), 2.0)
    X[0] = 0.0
    detector = MixtureDetector(novelty=True, random_state=0).fit(X)
    assert np.isfinite(detector.score_samples(X)).all()
    assert detector.score_samples(X)[0] < detector.score_samples(X)[1]


@pytest.mark.parametrize("n_rows", [*exhaustive(50), rows_per_block(4) + 300])
def test_every_source_gives_the_same_model(n_rows, need, tmp_path):
    pa, pq, pandas = need("pyarrow"), need("pyarrow.parquet"), need("pandas")
    frame = pandas.DataFrame(two_groups(n_rows), columns=list("abcd"))
    path = tmp_path / "table.parquet"
    pq.write_table(pa.table(dict(frame.items())), path)
    settings = {"random_state": 0} if n_rows < 1000 else {"mixture": GaussianMixture(2), "random_state": 0}
    expected = MixtureDetector(**settings).fit(frame)
    predictions = expected.predict(frame)
    for source in (str(path), ArrayRows(frame.to_numpy()), frame.to_numpy()):
        detector = MixtureDetector(**settings)
        np.testing.assert_array_equal(detector.fit_predict(source), predictions)
        assert (detector.model_, detector.offset_) == (expected.model_, expected.offset_)
    from_file = MixtureDetector(**settings).fit(path)
    assert from_file.feature_names_in_.tolist() == list("abcd")
    np.testing.assert_array_equal(from_file.score_samples(path), expected.score_samples(frame))
    np.testing.assert_array_equal(from_file.explain(path).share, expected.explain(frame).share)


@pytest.mark.exhaustive
@pytest.mark.parametrize("parameters", [{}, {"mixture": GaussianMixture(), "novelty": True}], ids=["default", "clean"])
def test_dask(need, parameters):
    da = need("dask.array")
    X = two_groups(30)
    expected = MixtureDetector(random_state=0, **parameters).fit(X)
    detector = MixtureDetector(random_state=0, **parameters).fit(da.from_array(X, chunks=(16, 4)))
    np.testing.assert_allclose(detector.score_samples(X), expected.score_samples(X), rtol=1e-6)
    np.testing.assert_allclose(detector.offset_, expected.offset_, rtol=1e-6)
    lazy = da.from_array(X, chunks=(7, 4))
    np.testing.assert_allclose(detector.score_samples(lazy), detector.score_samples(X), rtol=1e-12)
    np.testing.assert_allclose(detector.explain(lazy).share, detector.explain(X).share, rtol=1e-9)


@pytest.mark.exhaustive
def test_single_precision():
    X = two_groups(300).astype(np.float32)
    single, double = (MixtureDetector(random_state=0).fit(table) for table in (X, X.astype(np.float64)))
    np.testing.assert_allclose(single.score_samples(X), double.score_samples(X), rtol=1e-3, atol=1e-3)
    assert single.score_samples(X).dtype == np.float64
    assert np.isfinite(single.score_samples(np.float32([[3e38, -3e38, 0, 1e-45]]))).all()


def test_rows_beyond_all_others_have_finite_scores_and_reasons():
    detector = MixtureDetector(random_state=0).fit(two_groups(60))
    far = np.array([[1.7e308, 0, 0, 0], [-1.7e308, 1.7e308, 0, 5e-324]])
    assert (detector.predict(far) == -1).all()
    assert np.isfinite(detector.score_samples(far)).all()
    assert np.isfinite(detector.explain(far).expected).all()
    assert detector.explain(far).column[0] == 0


NUMBERS = st.one_of(
    st.sampled_from([0.0, 1.0, -3.5, 1e15, 1e15 + 1, 1e300, -1e300, 1e-300, 5e-324, 1.7e308, -1.7e308]),
    st.floats(allow_nan=False, allow_infinity=False),
    st.floats(-5, 5),
)


@st.composite
def tables(draw):
    n_rows = draw(st.one_of(st.integers(2, 20), st.integers(2, 20), st.integers(21, 300)))
    shape = n_rows, draw(st.integers(1, 20 if n_rows <= 20 else 2))
    if draw(st.booleans()):
        seed = draw(st.integers(0, 2**16))
        random = np.random.default_rng(seed)
        table = random.normal(size=shape) * 10.0 ** random.integers(-300, 300, shape[1])
        return table[random.integers(n_rows, size=n_rows)] if draw(st.booleans()) else table.round(1)
    return draw(arrays(np.float64, shape, elements=NUMBERS, fill=st.sampled_from([0.0, 2.0])))


# Of the tables of tests/faults/test_any_table.py some are fitted by default.
@pytest.mark.exhaustive
@settings(max_examples=20, derandomize=True, suppress_health_check=list(HealthCheck))
@given(X=tables(), novelty=st.booleans())
def test_any_finite_table_has_finite_scores_or_one_clear_error(X, novelty):
    detector = MixtureDetector(novelty=novelty, random_state=0)
    with np.errstate(over="ignore"):
        too_wide = (X.max(axis=0) / 2 - X.min(axis=0) / 2 >= np.finfo(float).max / 4).any()
    if too_wide:
        with pytest.raises(DataError, match="spread too far to be scaled"):
            detector.fit(X)
        return
    detector.fit(X)
    assert np.isfinite(detector.score_samples(X)).all()
    assert np.isfinite(detector.offset_)
    explanation = detector.explain(X)
    for part in (explanation.expected, explanation.deviation, explanation.share):
        assert np.isfinite(part).all()
    assert not np.isnan(explanation.distance).any()
    np.testing.assert_allclose(explanation.share.sum(axis=1), 1)


@pytest.mark.exhaustive
def test_the_same_seed_gives_the_same_answer_and_a_pickle_keeps_it():
    X = two_groups(50)
    for novelty in (False, True):
        first, second = (MixtureDetector(novelty=novelty, random_state=5).fit(X) for _ in range(2))
        assert (first.model_, first.offset_) == (second.model_, second.offset_)
        np.testing.assert_array_equal(
            pickle.loads(pickle.dumps(first)).decision_function(X), first.decision_function(X)
        )


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"contamination": 0.0}, "contamination"),
        ({"contamination": 0.6}, "contamination"),
        ({"trim": 0.6}, "trim"),
        ({"mixture": "gaussian"}, "mixture"),
        ({"novelty": True, "trim": 0.1}, "novelty=True means a clean table, and trim a table with outliers"),
        ({"mixture": BayesianGaussianMixture(), "trim": 0.1}, "not of a BayesianGaussianMixture"),
        ({"mixture": Mixture([1.0], [[0.0]], Full([[[1.0]]], 1, 1))}, "the mixture has 1 columns, and the table 4"),
        ({"mixture": GaussianMixture(60), "novelty": True}, "folds of 50 rows leave 40"),
    ],
)
def test_parameters_that_do_not_fit(parameters, sentence):
    X = two_groups(50)
    if "leave 40" in sentence:
        parameters = parameters | {"mixture": GaussianMixture(45, reg_covar=0.1)}
    with pytest.raises(ValueError, match=sentence):
        MixtureDetector(**parameters).fit(X)


def test_tables_that_cannot_be_fitted():
    X = two_groups(50)
    with pytest.raises(DataError, match="'x2' spread too far to be scaled: divide the column"):
        MixtureDetector().fit(np.where(np.arange(4) == 2, np.sign(X) * 1.7e308, X))
    with pytest.raises(EmptyTableError, match="every value of column 'x1' is missing"):
        MixtureDetector().fit(np.where(np.arange(4) == 1, np.nan, X))


def test_rows_where_a_mixture_has_no_density_have_finite_scores():
    normal = Full([1e-240 * np.eye(4)], 1, 4)
    for mixture in (
        Mixture([1.0], [[0.0] * 4], normal),
        Mixture([0.0], [[0.0] * 4], normal, None, Noise(1, [0] * 4, [1] * 4)),
    ):
        detector = MixtureDetector(mixture).fit(two_groups(50) - 100)
        assert np.isfinite(detector.offset_)
        assert np.isfinite(detector.score_samples(1e100 * two_groups(5))).all()
