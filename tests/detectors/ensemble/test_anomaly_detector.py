"""The default detector: what it finds, why, and what it withstands."""

import pickle
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.exceptions import NotFittedError
from sklearn.metrics import roc_auc_score

from mixtura import AnomalyDetector, discoveries
from mixtura.detectors.ensemble.estimator import FALSE_DISCOVERIES, _offset_of_discoveries
from mixtura.detectors.ensemble.fit import draws
from mixtura.detectors.ensemble.model import EnsembleModel
from mixtura.engines import ThreadEngine
from mixtura.rows import rows_per_block
from mixtura.statistics.rarity import NEW_VALUE
from pairwise import exhaustive


def correlated(random, n_rows=2000, d=6):
    mixing = random.normal(size=(d, d)) / np.sqrt(d) + 0.7 * np.eye(d)
    return random.normal(size=(n_rows, d)) @ mixing


def clustered(random, n_rows=2000, d=6):
    centers = random.uniform(-8, 8, size=(4, d))
    return centers[random.integers(4, size=n_rows)] + random.normal(size=(n_rows, d))


TABLES = {"correlated": correlated, "clustered": clustered}


@pytest.mark.one_case
@pytest.mark.parametrize("name", TABLES)
def test_planted_rows_are_found_and_their_column_comes_first(name):
    random = np.random.default_rng(0)
    X = TABLES[name](random)
    column = random.integers(6, size=100)
    # In units of the column's spread; where groups lie apart that is their distance, so less would not be unusual.
    X[np.arange(100), column] += 8 * X.std(axis=0)[column] * random.choice([-1, 1], size=100)
    detector = AnomalyDetector(random_state=0).fit(X)
    planted = np.arange(2000) < 100
    assert roc_auc_score(planted, -detector.score_samples(X)) > 0.98
    explanation = detector.explain(X[planted])
    assert (explanation.column == column).mean() >= 0.95
    assert explanation.stands_out[np.arange(100), column].mean() >= 0.95
    assert np.all(explanation.share >= 0)
    np.testing.assert_allclose(explanation.share.sum(axis=1), 1)


def test_what_is_expected_follows_from_the_other_columns():
    random = np.random.default_rng(1)
    x = random.normal(size=3000)
    X = 1000 + 50 * np.stack([x, x + 0.1 * random.normal(size=3000)], axis=1)
    row = np.array([[1050.0, 950.0]])  # usual in each column, impossible in both
    detector = AnomalyDetector(random_state=0).fit(np.concatenate([X, row]))
    scores = detector.score_samples(np.concatenate([X, row]))
    assert (scores <= scores[3000]).mean() < 0.005
    explanation = detector.explain(row)
    (wrong,) = np.flatnonzero(explanation.flagged_cells[0])
    assert np.flatnonzero(explanation.other_cells[0]).tolist() == [1 - wrong]
    assert (explanation.expected[0, wrong] - 1000) * (row[0, 1 - wrong] - 1000) > 0
    assert explanation.deviation[0, wrong] < 40
    assert explanation.stands_out[0, wrong]


def test_one_seed_gives_the_same_bits_on_any_number_of_threads():
    X = clustered(np.random.default_rng(2), 2 * rows_per_block(8) + 100, 8)
    fits = [AnomalyDetector(random_state=3, engine=ThreadEngine(threads)).fit(X) for threads in (1, 5)]
    scores = [fit.score_samples(X) for fit in fits]
    np.testing.assert_array_equal(scores[0], scores[1])
    assert fits[0].offset_ == fits[1].offset_
    other = AnomalyDetector(random_state=4).fit(X).score_samples(X)
    assert (other != scores[0]).all()


def test_single_precision_gives_nearly_the_same_scores():
    X = clustered(np.random.default_rng(5)).astype(np.float32)
    double = AnomalyDetector(random_state=0).fit(X.astype(np.float64))
    single = AnomalyDetector(random_state=0).fit(X)
    np.testing.assert_allclose(single.score_samples(X), double.score_samples(X), atol=1e-3)


def test_units_of_columns_do_not_matter():
    X = clustered(np.random.default_rng(6))
    expected = AnomalyDetector(random_state=0).fit(X).score_samples(X)
    # Powers of two, so that nothing is rounded.
    other = X * 2.0 ** np.array([-300, 40, 0, 3, -1, 300])
    np.testing.assert_array_equal(AnomalyDetector(random_state=0).fit(other).score_samples(other), expected)


def test_a_new_value_in_a_constant_column_makes_a_row_anomalous():
    random = np.random.default_rng(7)
    X = random.normal(size=(500, 3))
    X[:, 1] = 0.1
    detector = AnomalyDetector(random_state=0).fit(X)
    rows = X[:2].copy()
    rows[1, 1] = 0.2
    same = rows[:1].copy()
    same[0, 1] = np.float32(0.1)
    assert detector.predict(rows).tolist() == [1, -1]
    usual = detector.score_samples(X[:2])
    np.testing.assert_allclose(detector.score_samples(rows) - usual, [0, -np.log(500) - NEW_VALUE], atol=1e-12)
    assert detector.score_samples(rows)[1] < detector.score_samples(X).min()
    assert detector.score_samples(same)[0] == usual[0]
    explanation = detector.explain(rows)
    assert explanation.column[1] == 1
    assert explanation.expected[1, 1] == 0.1
    assert explanation.flagged_cells[1].tolist() == [False, True, False]
    assert explanation.deviation[1, 1] < 1e-6
    assert explanation.distance[1, 1] > 1e6


def test_a_table_of_constants_has_no_outliers_but_new_values():
    X = np.full((40, 3), 7.0)
    detector = AnomalyDetector().fit(X)
    assert detector.predict(X).tolist() == [1] * 40
    assert detector.predict([[7, 7, 8]]).tolist() == [-1]
    new = -np.log(40) - NEW_VALUE
    np.testing.assert_allclose(detector.score_samples([[7, 7, 7], [7, 7, 8], [-7, 7, 8]]), [0, new, 2 * new])
    np.testing.assert_allclose(detector.explain(X).share, 1 / 3)
    assert detector.explain([[-7, 7, 8]]).flagged_cells.tolist() == [[True, False, True]]


def test_missing_values_say_nothing_against_a_row():
    random = np.random.default_rng(8)
    X = correlated(random)
    X[random.random(X.shape) < 0.1] = np.nan
    X[0] = np.nan
    X[1] = [np.nan, 30, np.nan, 0, 0, 0]
    detector = AnomalyDetector(random_state=0).fit(X)
    assert detector.predict(X[:2]).tolist() == [1, -1]
    explanation = detector.explain(X)
    assert explanation.column[1] == 1
    outliers = detector.predict(X) == -1
    assert (explanation.share[outliers][np.isnan(X[outliers])] == 0).all()
    assert np.isfinite(explanation.expected).all()


def test_rare_and_heavy_tailed_columns():
    random = np.random.default_rng(9)
    flags = (random.random((5000, 4)) < [0.5, 0.1, 0.01, 0.001]).astype(float)
    tails = random.standard_t(1.5, size=(5000, 2))
    X = np.concatenate([flags, tails, random.normal(size=(5000, 2))], axis=1)
    X[:50, 6] += 7
    scores = AnomalyDetector(random_state=0).fit(X).score_samples(X)
    # Rows with the rarest flag or far in a tail are unusual too, and may come first.
    assert roc_auc_score(np.arange(5000) < 50, -scores) > 0.8
    assert np.isfinite(scores).all()


def test_contamination_is_the_share_of_outliers():
    X = clustered(np.random.default_rng(10))
    for rate in (0.01, 0.5):
        assert (AnomalyDetector(rate, random_state=0).fit_predict(X) == -1).mean() == pytest.approx(rate, abs=1e-3)


@pytest.mark.parametrize("planted", [0, 10, *exhaustive(1, 2, 60, 200)])
def test_automatic_outliers_are_the_discoveries_of_benjamini_and_hochberg(planted):
    random = np.random.default_rng(planted)
    X = clustered(random)
    # Less than one value in fifty on either side of any column.
    size = random.uniform(100, 1000, size=planted) * (-1) ** (np.arange(planted) // 6)
    X[np.arange(planted), np.arange(planted) % 6] += size
    detector = AnomalyDetector(random_state=0).fit(X)
    p_values = np.exp(-detector.model_.rarity.nats(-detector.score_samples(X)))
    found = discoveries(p_values, FALSE_DISCOVERIES)
    np.testing.assert_array_equal(detector.predict(X) == -1, found)
    assert found[:planted].all()
    # A row that is a discovery by itself is an outlier of any table.
    assert detector.offset_ >= -detector.model_.rarity.value_at(np.log(2000 / FALSE_DISCOVERIES))


def test_no_discovery_is_lost_to_rounding():
    random = np.random.default_rng(0)
    model = AnomalyDetector(n_estimators=2, random_state=0).fit(random.normal(size=(60, 2))).model_
    for _ in range(300):
        surprise = random.exponential(size=60)
        n_planted = random.integers(1, 20)
        surprise[:n_planted] = random.uniform(4, 11, size=n_planted)
        found = discoveries(np.exp(-model.rarity.nats(surprise)), FALSE_DISCOVERIES)
        np.testing.assert_array_equal(-surprise < _offset_of_discoveries(model, -surprise), found)


def test_automatic_outliers_of_many_rows_are_those_of_a_sample():
    X = clustered(np.random.default_rng(11), 12_000)
    X[:60, 1] += 300
    outliers = AnomalyDetector(random_state=0).fit_predict(X) == -1
    assert outliers[:60].all()
    assert outliers[60:].sum() <= 20


def test_of_fewer_than_thirty_rows_none_is_an_outlier():
    X = np.random.default_rng(0).normal(size=(30, 2))
    X[0] = 1e6
    few = AnomalyDetector(random_state=0).fit(X[:29])
    assert few.predict(X).tolist() == [1] * 30
    assert np.isfinite(few.offset_)
    assert few.score_samples(X).argmin() == 0
    assert AnomalyDetector(random_state=0).fit_predict(X).tolist() == [-1] + [1] * 29


def test_columns_are_dealt_equally():
    drawn = draws(60, 1000, np.arange(40, dtype=np.int32), np.random.RandomState(0))
    counts = np.bincount(np.concatenate([draw.columns for draw in drawn]), minlength=40)
    assert counts.max() - counts.min() <= 2
    assert all(len(np.unique(draw.columns)) == len(draw.columns) for draw in drawn)
    assert all(len(np.unique(draw.rows)) == len(draw.rows) for draw in drawn)


def test_a_model_survives_its_arrays_and_a_pickle():
    X = clustered(np.random.default_rng(12))
    detector = AnomalyDetector(random_state=0).fit(X)
    again = EnsembleModel.from_arrays(detector.model_.arrays(), detector.model_.settings())
    np.testing.assert_array_equal(again.score_samples(X), detector.score_samples(X))
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(detector)).score_samples(X), detector.score_samples(X))
    assert again.n_features == 6


@cache
def small_model():
    X = clustered(np.random.default_rng(13), 300)
    X[:, 5] = X[:, 5] > np.quantile(X[:, 5], 0.8)
    return AnomalyDetector(n_estimators=3, random_state=0).fit(X).model_


def spoil(arrays, name, change):
    return arrays | {name: change(arrays[name].copy())}


def set_first(value):
    def change(array):
        array.flat[0] = value
        return array

    return change


@pytest.mark.parametrize(
    ("name", "change", "match"),
    [
        ("columns", set_first(99), "no such column"),
        ("columns", set_first(-1), "no such column"),
        ("shapes", set_first(3), "no such shape"),
        ("shapes", lambda a: a[:, :2].copy(), "shapes must have"),
        ("shapes", lambda a: a.astype(np.int64), "array of int64"),
        ("means", lambda a: a[:-1], "end too early"),
        ("factors", lambda a: np.concatenate([a, a]), "too long"),
        ("factors", set_first(np.nan), "not finite"),
        ("center", set_first(np.inf), "not finite"),
        ("center", lambda a: a[1:], "three deviations each"),
        ("deviations", lambda a: a[:2].copy(), "three deviations each"),
        ("scale", lambda a: a[1:], "a scale and three deviations each"),
        ("scale", set_first(-1), "negative"),
        ("spreads", set_first(0), "positive"),
        ("weights", set_first(-1), "parts of one"),
        ("references", lambda a: a[:, :, 1:].copy(), "columns of the rows"),
        ("references", lambda a: a[:, :5].copy(), "more rows than k"),
        ("references", lambda a: a[0], "2 dimensions"),
        ("distance_spreads", set_first(0), "positive"),
        ("distance_medians", lambda a: a[1:], "one value a sample"),
        ("shapes", lambda a: a[:0].copy(), "one value a member"),
        ("loadings", lambda a: a[1:].copy(), "one row for each column"),
        ("shift", lambda a: a[1:], "one row for each column"),
        ("spread", set_first(0), "positive"),
        ("remaining", set_first(-1), "positive"),
        ("tail_centers", lambda a: a[1:], "four for each column"),
        ("tail_starts", lambda a: a[6:], "four for each column"),
        ("tail_scales", set_first(0), "positive"),
        ("tail_shapes", set_first(0), "positive"),
        ("tail_nats", set_first(np.nan), "not finite"),
        ("flag_columns", set_first(6), "no such column"),
        ("flag_columns", set_first(-1), "no such column"),
        ("flag_values", lambda a: a[:1].copy(), "two values each"),
        ("flag_nats", lambda a: a[:, :0].copy(), "three probabilities"),
        ("votes_places", lambda a: a[:1].copy(), "wrong shape"),
        ("flags_places", lambda a: a[:, ::-1].copy(), "ascend"),
        ("both_tail", set_first(np.inf), "not finite"),
        ("both_tail", lambda a: a[1:], "wrong shape"),
    ],
)
def test_arrays_of_a_file_are_not_trusted(name, change, match):
    model = small_model()
    with pytest.raises(ValueError, match=match):
        EnsembleModel.from_arrays(spoil(model.arrays(), name, change), model.settings())
    with pytest.raises(ValueError, match="an ensemble has the arrays"):
        EnsembleModel.from_arrays({key: a for key, a in model.arrays().items() if key != name}, model.settings())
    for limit in (None, 0.0, np.inf, "10"):
        with pytest.raises(ValueError, match="limit"):
            EnsembleModel.from_arrays(model.arrays(), model.settings() | {"limit": limit})
    for k in (None, 0, 6, 2.0, True):
        with pytest.raises(ValueError, match="k is"):
            EnsembleModel.from_arrays(model.arrays(), model.settings() | {"k": k})
    for n_rows in (None, 0, -1, 300.0, True):
        with pytest.raises(ValueError, match="n_rows is"):
            EnsembleModel.from_arrays(model.arrays(), model.settings() | {"n_rows": n_rows})


def test_any_source_of_rows(tmp_path):
    X = clustered(np.random.default_rng(14), 500)
    path = tmp_path / "table.csv"
    names = [f"c{j}" for j in range(6)]
    np.savetxt(path, X, delimiter=",", header=",".join(names), comments="")
    expected = AnomalyDetector(random_state=0).fit(X).score_samples(X)
    detector = AnomalyDetector(random_state=0).fit(str(path))
    np.testing.assert_allclose(detector.score_samples(str(path)), expected, atol=1e-6)
    assert detector.feature_names_in_.tolist() == names


def test_dask_arrays(need):
    array = need("dask.array")
    X = clustered(np.random.default_rng(15), 3000)
    expected = AnomalyDetector(random_state=0).fit(X)
    detector = AnomalyDetector(random_state=0).fit(array.from_array(X, chunks=(700, 6)))
    np.testing.assert_allclose(detector.score_samples(X), expected.score_samples(X), atol=1e-9)


@pytest.mark.parametrize(
    "values",
    [
        # A third value too small beside the others to be told from zero; deviations and widths beyond all numbers.
        [2.5e204, 2.5e204, 1.9e-119],
        [1e308, 1e15],
        [1.0, -1e308, 1e308],
    ],
)
def test_rare_values_of_any_size(values):
    X = np.zeros((24, 2))
    X[: len(values), 0], X[:, 1] = values, np.arange(24)
    detector = AnomalyDetector(n_estimators=8, random_state=0).fit(X)
    assert np.isfinite(detector.score_samples(np.concatenate([X, -X]))).all()
    assert np.isfinite(detector.explain(X).share).all()
    assert all(np.isfinite(array).all() for array in detector.model_.arrays().values())


def test_what_cannot_be_fitted_is_refused():
    with pytest.raises(NotFittedError):
        AnomalyDetector().score_samples([[0.0]])
    with pytest.raises(ValueError, match="contamination"):
        AnomalyDetector(0.7).fit([[0.0], [1.0]])
    with pytest.raises(ValueError, match="n_estimators"):
        AnomalyDetector(n_estimators=0).fit([[0.0], [1.0]])
    with pytest.raises(ValueError, match="minimum of 2"):
        AnomalyDetector().fit([[0.0]])


SPECIAL = st.sampled_from([0.0, -0.0, 1.0, -1.0, 1e308, -1e308, 1e-308, 5e-324, 1e15, 1e15 + 1])
VALUES = st.one_of(SPECIAL, st.integers(-3, 3).map(float), st.floats(allow_nan=False, allow_infinity=False))


@settings(max_examples=25)
@given(data=st.data())
def test_any_finite_table_has_finite_scores(data):
    n_rows, d = data.draw(st.integers(2, 40)), data.draw(st.integers(1, 8))
    X = data.draw(hnp.arrays(np.float64, (n_rows, d), elements=VALUES))
    X = np.tile(X, (data.draw(st.integers(1, 12)), data.draw(st.integers(1, 4))))
    if data.draw(st.booleans()):
        X = np.clip(X, -3e38, 3e38).astype(np.float32)
    detector = AnomalyDetector(n_estimators=8, random_state=0).fit(X)
    assert np.isfinite(detector.score_samples(X)).all()
    assert np.isfinite(detector.offset_)
    new = data.draw(
        hnp.arrays(X.dtype, (3, X.shape[1]), elements=st.floats(width=8 * X.dtype.itemsize, allow_nan=False))
    )
    new = np.nan_to_num(new)
    assert np.isfinite(detector.score_samples(new)).all()
    for rows in (X, new):
        explanation = detector.explain(rows)
        assert np.isfinite(explanation.expected).all()
        assert np.isfinite(explanation.share).all()
        assert not np.isnan(explanation.distance).any()
        np.testing.assert_allclose(explanation.share.sum(axis=1), 1)


@pytest.fixture(scope="module")
def rows():
    """Rows of which two lack cells that nearly all others have."""
    X = np.random.default_rng(2).normal(size=(2000, 4))
    X[7, 2], X[9, :3] = np.nan, np.nan
    X[np.arange(2000) % 7 == 0, 3] = np.nan
    return X


@pytest.fixture(scope="module")
def model(rows):
    return AnomalyDetector(random_state=0).fit(rows).model_


class TestMissingCellsThatNearlyAllRowsHave:
    def test_have_the_nats_of_the_share_that_lacks_as_much(self, rows, model):
        nats = -model.score_samples(rows[[9, 7]])
        np.testing.assert_allclose(nats, np.log([2000, 1000]))
        explanation = model.explain(rows[[7]])
        assert explanation.column[0] == 2
        assert not explanation.flagged_cells.any()

    def test_say_nothing_where_many_rows_lack_them_and_of_a_column_that_a_table_lacks(self, rows, model):
        filled = AnomalyDetector(random_state=0).fit(np.where(np.arange(4) < 3, np.nan_to_num(rows), rows)).model_
        assert filled.absent is None or not filled.absent.each.any()
        silent = model.without([0, 1, 2])
        assert (-silent.score_samples(rows[[9, 7]]) < np.log(1000)).all()

    def test_come_back_from_a_file(self, rows, model):
        again = EnsembleModel.from_arrays(model.arrays(), model.settings())
        assert (again.score_samples(rows) == model.score_samples(rows)).all()
