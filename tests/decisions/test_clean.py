import itertools
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import BaseEstimator, clone
from sklearn.covariance import EllipticEnvelope
from sklearn.ensemble import IsolationForest
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture as PeerMixture
from sklearn.neighbors import KernelDensity, LocalOutlierFactor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import OneClassSVM

from mixtura import GaussianMixture, rows
from mixtura.decisions.clean import clean
from mixtura.errors import ColumnError, EmptyTableError, SingularCovarianceError, SourceError
from requirements import SHARED, needs_shared


def read_robust(name, n_columns):
    return np.loadtxt(SHARED / "robust" / f"{name}.csv", delimiter=",", skiprows=1)[:, 1 : n_columns + 1]


@pytest.fixture(scope="module", name="X")
def table():
    """Two hundred normal rows of three columns, with ten rows far away in all directions among them."""
    random = np.random.default_rng(0)
    X = random.normal(size=(210, 3)) @ [[2, 0, 0], [1, 1, 0], [0, 0.5, 1]] + [5, 0, -3]
    X[::21] += 40 * np.sign(random.normal(size=(10, 3)))
    return X


@pytest.fixture(scope="module", name="belong")
def which_belong():
    return np.arange(210) % 21 != 0


def log_det(X):
    return np.linalg.slogdet(np.cov(X.T))[1]


def dropped_first(X, n_dropped):
    """Return the rows farthest from the mean of all rows, which one fit of a Gaussian drops."""
    centred = X - X.mean(axis=0)
    distances = np.einsum("ij,ij->i", centred @ np.linalg.inv(np.cov(X.T)), centred)
    return set(np.argsort(distances)[-n_dropped:])


class Stub(BaseEstimator):
    """A detector that remembers its rows; the score of a row is the row's last column."""

    def fit(self, X, y=None):
        self.rows_ = np.array(X)
        self.n_fits_ = getattr(self, "n_fits_", 0) + 1
        return self

    def score_samples(self, X):
        return X[:, -1]


def test_gross_outliers_go(X, belong):
    kept, model = clean(X, GaussianMixture(), 10 / 210)
    np.testing.assert_array_equal(kept, belong)
    direct = GaussianMixture().fit(X[belong])
    np.testing.assert_allclose(model.means_, direct.means_, rtol=1e-12)
    np.testing.assert_allclose(model.covariances_, direct.covariances_, rtol=1e-12)
    np.testing.assert_allclose(model.means_[0], X[belong].mean(axis=0), rtol=1e-10)
    np.testing.assert_allclose(model.covariances_[0], np.cov(X[belong].T, bias=True) + 1e-6 * np.eye(3), rtol=1e-10)


@pytest.mark.parametrize(
    "detector",
    [
        PeerMixture(random_state=0),
        EllipticEnvelope(random_state=0),
        IsolationForest(random_state=0),
        LocalOutlierFactor(novelty=True),
        OneClassSVM(nu=0.1, gamma=0.005),
        KernelDensity(bandwidth=3),
        make_pipeline(StandardScaler(), GaussianMixture()),
    ],
    ids=lambda detector: type(detector).__name__,
)
def test_any_detector(X, belong, detector):
    kept, model = clean(X, detector, 10 / 210)
    np.testing.assert_array_equal(kept, belong)
    assert type(model) is type(detector)
    direct = clone(detector).fit(X[belong])
    np.testing.assert_allclose(model.score_samples(X), direct.score_samples(X), rtol=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_rounds_undo_masking(seed):
    """Forty rows in a tight cluster draw the first fit to themselves, and it drops rows that belong."""
    random = np.random.default_rng(seed)
    X = np.concatenate([random.normal(size=(360, 4)), random.normal(5, 0.2, size=(40, 4))])
    outliers = set(range(360, 400))
    assert len(dropped_first(X, 40) & outliers) < 30
    kept, _ = clean(X, GaussianMixture(), 0.1)
    assert set(np.flatnonzero(~kept)) == outliers


@needs_shared("robust")
def test_hawkins_bradu_kass():
    """Rows 1 to 14 are the outliers; one fit drops 16, 52 and 53 in place of three of them."""
    X = read_robust("hbk", 3)
    assert dropped_first(X, 14) - set(range(14)) == {15, 51, 52}
    kept, model = clean(X, GaussianMixture(reg_covar=0), 14 / 75)
    np.testing.assert_array_equal(np.flatnonzero(~kept), np.arange(14))
    # The published estimate from the other 61 rows; its covariance has a factor for consistency.
    np.testing.assert_allclose(model.means_[0], [1.54, 1.78, 1.69], atol=0.005)
    published = np.array([[1.227, 0.055, 0.127], [0.055, 1.249, 0.153], [0.127, 0.153, 1.160]])
    covariance = model.covariances_[0]
    np.testing.assert_allclose(covariance * 1.227 / covariance[0, 0], published, atol=0.001)


@needs_shared("robust")
def test_smallest_covariance_of_heart():
    """The published minimum covariance determinant of seven of the twelve rows."""
    X = read_robust("heart", 2)
    kept, _ = clean(X, GaussianMixture(reg_covar=0), 5 / 12)
    assert log_det(X[kept]) == pytest.approx(5.678742, abs=5e-7)


@settings(max_examples=30)
@given(st.integers(0, 10_000), st.integers(5, 9))
def test_best_row_to_drop(seed, n_rows):
    """Dropping one row, a Gaussian's likelihood is the highest of all n subsets."""
    X = np.random.default_rng(seed).standard_t(3, size=(n_rows, 2))
    kept, _ = clean(X, GaussianMixture(reg_covar=0), 1 / n_rows)
    assert np.flatnonzero(~kept) == [min(range(n_rows), key=lambda row: log_det(np.delete(X, row, axis=0)))]


@pytest.mark.parametrize("seed", range(5))
def test_best_two_rows_to_drop(seed):
    """Of all 28 subsets of six of eight rows, a Gaussian is likeliest on those without the two far ones."""
    random = np.random.default_rng(seed)
    X = random.normal(size=(8, 2))
    X[[2, 5]] = [[9, 8], [8, -9]]
    best = min(itertools.combinations(range(8), 2), key=lambda pair: log_det(np.delete(X, pair, axis=0)))
    kept, _ = clean(X, GaussianMixture(reg_covar=0), 2 / 8)
    assert tuple(np.flatnonzero(~kept)) == best == (2, 5)


@settings(max_examples=30)
@given(st.integers(0, 10_000), st.floats(0.02, 0.49))
def test_rounds_never_spread_a_gaussian(seed, fraction):
    """The rows kept are the nearest to their own mean, and spread no more than those of a single drop."""
    X = np.random.default_rng(seed).standard_t(2, size=(60, 2))
    n_dropped = round(60 * fraction)
    kept, _ = clean(X, GaussianMixture(reg_covar=0), fraction)
    once = np.delete(X, list(dropped_first(X, n_dropped)), axis=0)
    assert log_det(X[kept]) <= log_det(once) + 1e-9
    centred = X - X[kept].mean(axis=0)
    distances = np.einsum("ij,ij->i", centred @ np.linalg.inv(np.cov(X[kept].T)), centred)
    assert distances[kept].max() <= distances[~kept].min() + 1e-9


class Recording(GaussianMixture):
    """Notes the mean log density of the rows of each fit."""

    bounds = ()

    def fit(self, X, y=None):
        super().fit(X)
        Recording.bounds = (*Recording.bounds, self.score(X))
        return self


@pytest.mark.parametrize("seed", range(4))
def test_warm_starts_never_lose_likelihood(seed, monkeypatch):
    monkeypatch.setattr(Recording, "bounds", ())
    random = np.random.default_rng(seed)
    X = np.concatenate([random.normal(size=(950, 4)), random.normal(size=(50, 4)) * 5])
    kept, model = clean(X, Recording(4, random_state=0, warm_start=True), 0.1)
    assert len(Recording.bounds) > 2
    assert np.diff(Recording.bounds[1:]).min() > -1e-12
    scores = model.score_samples(X)
    assert scores[kept].min() >= scores[~kept].max()


@pytest.mark.parametrize("kind", ["pandas", "polars", "pyarrow"])
def test_frames_keep_their_names(X, belong, need, kind):
    library = need(kind)
    columns = dict(zip(["mass", "length", "age"], X.T, strict=True))
    make = {
        "pandas": lambda: library.DataFrame(columns, index=np.arange(210) // 2),
        "polars": lambda: library.DataFrame(columns),
        "pyarrow": lambda: library.table(columns),
    }
    frame = make[kind]()
    kept, model = clean(frame, GaussianMixture(), 10 / 210)
    np.testing.assert_array_equal(kept, belong)
    assert model.feature_names_in_.tolist() == ["mass", "length", "age"]
    np.testing.assert_array_equal(model.means_, clean(X, GaussianMixture(), 10 / 210)[1].means_)
    remaining = frame[kept] if kind == "pandas" else frame.filter(kept)
    np.testing.assert_array_equal(np.asarray(remaining), X[belong])


def test_lists_are_tables():
    kept, model = clean([[0.0, 5.0], [1.0, -7.0], [2.0, 3.0]], Stub(), 1 / 3)
    assert kept.tolist() == [True, False, True]
    assert model.rows_.tolist() == [[0.0, 5.0], [2.0, 3.0]]


def test_the_table_and_the_detector_stay_as_they_are(X):
    table = X.copy()
    random_state = np.random.RandomState(0)
    detector = GaussianMixture(2, random_state=random_state, warm_start=True)
    before = dict(vars(detector))
    _, model = clean(table, detector, 0.05)
    assert model is not detector
    assert vars(detector) == before
    assert random_state.randint(2**31) == np.random.RandomState(0).randint(2**31)
    np.testing.assert_array_equal(table, X)


def test_same_seed_same_answer(X):
    first, second = (clean(X, IsolationForest(random_state=3), 10 / 210) for _ in range(2))
    np.testing.assert_array_equal(first[0], second[0])
    np.testing.assert_array_equal(first[1].score_samples(X), second[1].score_samples(X))


def test_later_rows_of_a_tie_go():
    X = np.array([1.0, 0.0, 1.0, 0.0, 0.0, 1.0])[:, None]
    kept, _ = clean(X, Stub(), 2 / 6)
    assert np.flatnonzero(~kept).tolist() == [3, 4]


def test_a_score_may_be_minus_infinity():
    kept, _ = clean(np.array([1.0, -np.inf, -np.inf, 3.0])[:, None], Stub(), 1 / 4)
    assert kept.tolist() == [True, True, False, True]


@given(st.integers(1, 400), st.floats(0, 0.5, exclude_max=True))
def test_the_number_dropped(n_rows, fraction):
    X = np.random.default_rng(n_rows).normal(size=(n_rows, 1))
    kept, model = clean(X, Stub(), fraction)
    assert (~kept).sum() == round(fraction * n_rows)
    np.testing.assert_array_equal(model.rows_, X[kept])


def test_nothing_to_drop_is_one_fit(X):
    kept, model = clean(X, Stub(), 0)
    assert kept.all()
    assert model.n_fits_ == 1


class Turning(Stub):
    """Fitted without some pair of six rows, it likes another pair least; `best` is the pair it is best without."""

    def __init__(self, best=(0, 1)):
        self.best = best

    def score_samples(self, X):
        missing = tuple(sorted(set(range(6)) - set(self.rows_[:, 0].astype(int))))
        next_pair = {(): (4, 5), (4, 5): (0, 1), (0, 1): (2, 3), (2, 3): (0, 1)}[missing]
        return np.where(np.isin(X[:, 0], next_pair), -1.0, 0.0) + (7 if missing == self.best else 0)


@pytest.mark.parametrize("best", [(0, 1), (2, 3)])
def test_rows_that_take_turns(best):
    X = np.arange(6.0)[:, None]
    with pytest.warns(
        ConvergenceWarning, match="2 sets of rows take turns, and the one of highest mean score"
    ) as caught:
        kept, model = clean(X, Turning(best), 2 / 6)
    assert [warning.filename for warning in caught] == [__file__]
    assert tuple(np.flatnonzero(~kept)) == best
    np.testing.assert_array_equal(model.rows_, X[kept])


class Learning(Turning):
    """Turns too, scores higher with every fit, and has made up its mind after the sixth."""

    def score_samples(self, X):
        if self.n_fits_ > 6:
            return -X[:, 0]
        return super().score_samples(X) + self.n_fits_


def test_rows_that_return_to_a_better_model_settle():
    kept, model = clean(np.arange(6.0)[:, None], Learning(), 2 / 6)
    assert np.flatnonzero(kept).tolist() == [0, 1, 2, 3]
    assert model.n_fits_ == 8


class Restless(Stub):
    """Likes another row least after each fit."""

    def score_samples(self, X):
        return -np.roll(np.arange(float(len(X))), self.n_fits_)


def test_rounds_that_run_out():
    X = np.arange(9.0)[:, None]
    with pytest.warns(ConvergenceWarning, match="still changed after 4 rounds, and the last fit was taken"):
        kept, model = clean(X, Restless(), 1 / 9, max_rounds=4)
    assert model.n_fits_ == 4
    assert np.flatnonzero(~kept).tolist() == [2]  # the row that the third fit likes least
    np.testing.assert_array_equal(model.rows_, X[kept])


def test_a_mixture_cut_short():
    random = np.random.default_rng(2)
    X = np.concatenate([random.normal(size=(950, 5)), random.normal(size=(50, 5)) * 5])
    with pytest.warns(ConvergenceWarning, match="set warm_start=True on a mixture"):
        kept, model = clean(X, GaussianMixture(5, random_state=0), 0.1, max_rounds=2)
    assert kept.sum() == 900
    np.testing.assert_allclose(model.means_, GaussianMixture(5, random_state=0).fit(X[kept]).means_, rtol=1e-12)


@pytest.mark.parametrize("fraction", [-0.1, 0.5, 1, np.nan, "0.1", True, None])
def test_a_fraction_that_is_none(X, fraction):
    with pytest.raises(ValueError, match=r"from 0 to below 0\.5, such as 0\.05, not"):
        clean(X, Stub(), fraction)


@pytest.mark.parametrize("max_rounds", [1, 0, 2.5, True, None])
def test_rounds_that_are_none(X, max_rounds):
    with pytest.raises(ValueError, match="max_rounds must be an integer of at least 2"):
        clean(X, Stub(), 0.1, max_rounds=max_rounds)


@pytest.mark.parametrize(
    ("detector", "message"),
    [
        (LocalOutlierFactor(), r"LocalOutlierFactor has no score_samples: .* LocalOutlierFactor\(novelty=True\)"),
        (StandardScaler(), "StandardScaler has no score_samples"),
        (3, "int has no fit"),
    ],
)
def test_detectors_that_cannot_rank(X, detector, message):
    with pytest.raises(TypeError, match=message):
        clean(X, detector, 0.1)


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("table.csv", "str"),
        ("SELECT * FROM t", "str"),
        (Path("table.parquet"), "Path"),
        (rows.open(np.eye(3)), "ArrayRows"),
        (None, "NoneType"),
    ],
)
def test_sources_to_load_first(source, name):
    with pytest.raises(SourceError, match=rf"clean takes an array, .* not \w*{name}: load the table into one of them"):
        clean(source, Stub(), 0.1)


def test_dask_is_to_load_first(need):
    array = need("dask.array").from_array(np.eye(4))
    with pytest.raises(SourceError, match="not Array: load the table into one of them"):
        clean(array, Stub(), 0.1)


@pytest.mark.parametrize(
    ("source", "error", "message"),
    [
        (np.arange(5.0), ColumnError, "1-dimensional and a table is 2-dimensional"),
        ([[1.0, 2.0], [3.0]], ColumnError, "the rows differ in length"),
        (np.empty((0, 2)), EmptyTableError, "has no rows"),
        (np.empty((3, 0)), EmptyTableError, "has no columns"),
    ],
)
def test_arrays_that_are_no_tables(source, error, message):
    with pytest.raises(error, match=message):
        clean(source, Stub(), 0.1)


def test_frames_without_rows_or_columns(need):
    pandas = need("pandas")
    with pytest.raises(EmptyTableError, match=r"of shape \(0, 1\) has no rows"):
        clean(pandas.DataFrame({"a": []}), Stub(), 0.1)
    with pytest.raises(EmptyTableError, match=r"of shape \(2, 0\) has no columns"):
        clean(pandas.DataFrame(index=[0, 1]), Stub(), 0.1)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_score_that_ranks_nothing(value):
    X = np.array([1.0, 2.0, value, 3.0])[:, None]
    with pytest.raises(
        ValueError, match=r"row 2 \(counted from 0\) has the score (nan|inf), the first of 1 without a rank"
    ) as caught:
        clean(X, Stub(), 0.25)
    assert caught.value.__notes__ == ["in round 1 of clean, which fits Stub to 4 of 4 rows"]


class Wide(Stub):
    """Gives a score for each value, not for each row."""

    def score_samples(self, X):
        return np.asarray(X)


def test_scores_of_another_shape(X):
    with pytest.raises(ValueError, match=r"of shape \(210, 3\), not one score for each row"):
        clean(X, Wide(), 0.1)


def test_a_failing_fit_tells_its_round():
    """Only the row that goes first gives the second column any variance."""
    X = np.random.default_rng(0).normal(size=(8, 2)) * [1, 0]
    X[3, 1] = 50
    with pytest.raises(SingularCovarianceError) as caught:
        clean(X, GaussianMixture(reg_covar=0), 1 / 8)
    assert caught.value.__notes__ == ["in round 2 of clean, which fits GaussianMixture to 7 of 8 rows"]


def test_too_few_rows_left_tell_the_round():
    with pytest.raises(ValueError, match="minimum of 2 is required") as caught:
        clean(np.array([[0.0], [1.0]]), GaussianMixture(), 0.49)
    assert caught.value.__notes__ == ["in round 2 of clean, which fits GaussianMixture to 1 of 2 rows"]
