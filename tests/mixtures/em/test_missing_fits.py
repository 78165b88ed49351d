"""Fits to tables with missing values."""

import warnings

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

from mixtura import BayesianGaussianMixture, GaussianMixture, MixtureSearch
from mixtura.distributions.shapes import SEARCHED
from mixtura.errors import DataError, EmptyTableError
from mixtura.rows import ArrayRows
from mixtura.rows import open as open_rows

each_shape = pytest.mark.parametrize("shape", sorted(SEARCHED))


def groups(n_rows=600, seed=0):
    random = np.random.default_rng(seed)
    labels = random.integers(2, size=n_rows)
    mix = np.array([[1.0, 0.6, 0.0], [0.0, 1.0, -0.4], [0.0, 0.0, 1.0]])
    return np.array([[0.0, 0.0, 0.0], [6.0, -5.0, 4.0]])[labels] + random.normal(size=(n_rows, 3)) @ mix, labels


def with_holes(X, share=0.25, seed=1):
    Y = X.copy()
    Y[np.random.default_rng(seed).random(X.shape) < share] = np.nan
    return Y


@pytest.fixture(scope="module", name="holes")
def table_with_holes():
    return with_holes(groups()[0])


def from_start(X, shape, **settings):
    """Fit two components from the same means, whatever the rows."""
    d = np.asarray(X).shape[1]
    precision = {"full": np.stack([np.eye(d)] * 2), "tied": np.eye(d), "diag": np.ones((2, d)), "spherical": np.ones(2)}
    start = {"weights_init": [0.5, 0.5], "means_init": [[1.0, -1.0, 1.0], [5.0, -4.0, 3.0]]}
    defaults = {"tol": 1e-10, "max_iter": 2000, "reg_covar": 0.0} | start | {"precisions_init": precision[shape]}
    sample_weight = settings.pop("sample_weight", None)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return GaussianMixture(2, covariance_type=shape, **(defaults | settings)).fit(X, sample_weight=sample_weight)


def monotone(n_rows=300, n_both=180):
    """Two columns, of which the second is missing in the last rows."""
    random = np.random.default_rng(7)
    X = random.multivariate_normal([3.0, -20.0], [[4.0, 5.0], [5.0, 9.0]], n_rows)
    X[n_both:, 1] = np.nan
    return X, n_both


def test_one_normal_distribution_with_monotone_holes_has_andersons_estimates():
    """Anderson (1957): the second column by its regression on the first in the rows that have both."""
    X, n_both = monotone()
    first, (x, y) = X[:, 0], X[:n_both].T
    slope = np.cov(x, y, bias=True)[0, 1] / x.var()
    mean = np.array([first.mean(), y.mean() + slope * (first.mean() - x.mean())])
    across = slope * first.var()
    covariance = [[first.var(), across], [across, y.var() + slope**2 * (first.var() - x.var())]]
    gm = GaussianMixture(tol=1e-15, max_iter=5000, reg_covar=0).fit(X)
    np.testing.assert_allclose(gm.means_[0], mean, rtol=1e-6)
    np.testing.assert_allclose(gm.covariances_[0], covariance, rtol=1e-6)


@pytest.mark.parametrize("shape", ["diag", "spherical"])
def test_one_component_without_correlations_is_estimated_column_by_column(shape):
    X, _ = monotone()
    gm = GaussianMixture(covariance_type=shape, tol=1e-15, max_iter=5000, reg_covar=0).fit(X)
    np.testing.assert_allclose(gm.means_[0], np.nanmean(X, axis=0), rtol=1e-6)
    squares = np.nansum((X - np.nanmean(X, axis=0)) ** 2, axis=0)
    counts = (~np.isnan(X)).sum(axis=0)
    variances = squares / counts if shape == "diag" else squares.sum() / counts.sum()
    np.testing.assert_allclose(gm.covariances_[0], variances, rtol=1e-6)


@each_shape
def test_fit_tends_to_the_complete_fit_as_fewer_values_are_missing(shape):
    """One missing value of n rows moves the estimates by a multiple of 1 / n."""
    moved = []
    for n_rows in (500, 4000):
        X, _ = groups(n_rows)
        Y = X.copy()
        Y[11, 1] = np.nan
        complete, observed = from_start(X, shape), from_start(Y, shape)
        moved.append(n_rows * np.abs(observed.means_ - complete.means_).max())
        np.testing.assert_allclose(observed.covariances_, complete.covariances_, atol=20 / n_rows)
        np.testing.assert_allclose(observed.weights_, complete.weights_, atol=2 / n_rows)
    assert 0 < max(moved) < 10


@each_shape
def test_complete_table_that_may_miss_values_has_the_same_bits(shape):
    X, _ = groups()
    settings = {"covariance_type": shape, "random_state": 0}
    one, other = (GaussianMixture(2, **settings).fit(rows) for rows in (X, ArrayRows(X, missing="allow")))
    assert one.mixture_ == other.mixture_
    assert one.lower_bounds_ == other.lower_bounds_


@each_shape
def test_groups_are_found_from_a_start_of_its_own(shape, holes):
    _, labels = groups()
    gm = GaussianMixture(2, covariance_type=shape, random_state=0, tol=1e-6, max_iter=500).fit(holes)
    found = gm.predict(holes)
    says = ~np.isnan(holes).all(axis=1)
    agreement = (found == labels)[says].mean()
    assert max(agreement, 1 - agreement) > 0.97
    order = np.argsort(gm.means_[:, 0])
    np.testing.assert_allclose(gm.means_[order], [[0, 0, 0], [6, -5, 4]], atol=0.3)


@each_shape
def test_rows_without_any_value_take_no_part(shape, holes):
    empty = np.full((40, 3), np.nan)
    known = holes[~np.isnan(holes).all(axis=1)]
    one, other = (from_start(X, shape) for X in (known, np.vstack([empty, known, empty])))
    np.testing.assert_allclose(other.means_, one.means_, rtol=1e-9)
    np.testing.assert_allclose(other.lower_bound_, one.lower_bound_, rtol=1e-9)
    assert other.score_samples(empty).tolist() == [0.0] * 40
    np.testing.assert_allclose(other.predict_proba(empty[:1])[0], other.weights_, rtol=1e-12)
    assert (other.predict(empty) == np.argmax(other.weights_)).all()


@each_shape
@pytest.mark.parametrize("estimator", [GaussianMixture, BayesianGaussianMixture])
def test_a_column_without_values_is_named(shape, estimator, need, tmp_path):
    X, _ = groups(50)
    X[:, 1] = np.nan
    with pytest.raises(EmptyTableError, match=r"every value of column 'x1' is missing"):
        estimator(n_components=2, covariance_type=shape).fit(X)
    frame = need("pandas").DataFrame(X, columns=["a", "b", "c"])
    with pytest.raises(EmptyTableError, match="column 'b'"):
        estimator(n_components=2, covariance_type=shape).fit(frame)
    path = tmp_path / "table.parquet"
    frame.to_parquet(path)
    with pytest.raises(EmptyTableError, match="column 'b'"):
        estimator(n_components=2, covariance_type=shape).fit(path)


def test_a_column_with_values_only_in_rows_of_weight_zero_is_named():
    X, _ = groups(50)
    X[5:, 2] = np.nan
    with pytest.raises(EmptyTableError, match=r"column 'x2' is missing in the rows of positive weight"):
        GaussianMixture().fit(X, sample_weight=np.repeat([0.0, 1.0], [5, 45]))


def test_table_without_any_value():
    with pytest.raises(EmptyTableError, match="every value is missing"):
        GaussianMixture().fit(np.full((10, 2), np.nan))
    with pytest.raises(EmptyTableError, match="every value is missing"):
        MixtureSearch((1, 2)).fit(np.full((10, 2), np.nan))


def test_infinite_values_are_refused_beside_missing_ones(holes, tmp_path):
    X = holes.copy()
    X[3] = [np.nan, np.inf, 1.0]
    with pytest.raises(ValueError, match="infinity"):
        GaussianMixture().fit(X)
    path = tmp_path / "table.csv"
    path.write_text("a,b\n1,2\n,inf\n3,4\n")
    with pytest.raises(DataError, match="infinite values in row 2"):
        GaussianMixture().fit(path)


@each_shape
def test_weights_count_rows(shape, holes):
    weights = np.random.default_rng(3).integers(0, 4, len(holes))
    weighted = from_start(holes, shape, max_iter=20, sample_weight=weights)
    repeated = from_start(np.repeat(holes, weights, axis=0), shape, max_iter=20)
    np.testing.assert_allclose(weighted.means_, repeated.means_, rtol=1e-9, atol=1e-10)
    np.testing.assert_allclose(weighted.covariances_, repeated.covariances_, rtol=1e-9, atol=1e-10)


@each_shape
def test_student_components_gain_in_every_step(shape):
    X, _ = groups()
    X[:30] *= 8
    Y = with_holes(X)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        gm = GaussianMixture(2, covariance_type=shape, family="t", random_state=0, tol=0, reg_covar=0, max_iter=60)
        gm.fit(Y)
    bounds = np.array(gm.lower_bounds_)
    assert (np.diff(bounds) >= -1e-10).all()
    assert gm.mixture_.degrees_of_freedom.min() < 3


def test_degrees_of_freedom_reach_the_highest_likelihood():
    random = np.random.default_rng(0)
    X = random.standard_t(4, size=(2000, 1)) * [1.0, 2.0, 3.0] / 2 + random.normal(size=(2000, 3)) / 10
    Y = with_holes(X, 0.3)
    gm = GaussianMixture(family="t", tol=1e-12, max_iter=3000, reg_covar=0).fit(Y)
    mixture = gm.mixture_
    best = mixture.log_density(Y).sum()
    for factor in (0.97, 1.03):
        other = type(mixture)(mixture.weights, mixture.means, mixture.covariance, mixture.degrees_of_freedom * factor)
        assert other.log_density(Y).sum() < best


@each_shape
def test_bayesian_bound_never_decreases(shape, holes):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model = BayesianGaussianMixture(
            n_components=4, covariance_type=shape, random_state=0, tol=0, reg_covar=0, max_iter=60, moves=False
        )
        model.fit(holes)
    bounds = np.array(model.lower_bounds_)
    assert np.isfinite(bounds).all()
    assert (np.diff(bounds) >= -1e-9 * np.abs(bounds).max()).all()


@each_shape
def test_bayesian_fit_tends_to_the_complete_one(shape):
    X, _ = groups(4000)
    Y = X.copy()
    Y[11, 1] = np.nan
    complete, observed = (
        BayesianGaussianMixture(n_components=2, covariance_type=shape, random_state=0, tol=1e-9, max_iter=500).fit(Z)
        for Z in (X, Y)
    )
    np.testing.assert_allclose(observed.means_, complete.means_, atol=3e-3)
    np.testing.assert_allclose(observed.covariances_, complete.covariances_, atol=2e-2)
    assert observed.score_samples(np.full((1, 3), np.nan)).tolist() == [0.0]


@pytest.mark.exhaustive
def test_search_counts_groups(holes):
    search = MixtureSearch((1, 2, 3), random_state=0).fit(holes)
    assert search.best_params_["n_components"] == 2
    assert np.isfinite([candidate.bic for candidate in search.candidates_]).all()
    np.testing.assert_allclose(search.score_samples(holes), search.best_estimator_.score_samples(holes))


def test_answers_of_an_estimator(holes):
    gm = GaussianMixture(2, random_state=0).fit(holes)
    np.testing.assert_array_equal(gm.fit_predict(holes), gm.predict(holes))
    np.testing.assert_allclose(gm.predict_proba(holes).sum(axis=1), 1, rtol=1e-12)
    np.testing.assert_allclose(gm.score(holes), gm.score_samples(holes).mean(), rtol=1e-12)
    np.testing.assert_allclose(gm.score_samples(holes), gm.mixture_.log_density(holes), rtol=1e-12, atol=1e-14)
    assert np.isfinite([gm.bic(holes), gm.aic(holes)]).all()
    again = GaussianMixture(2, random_state=0, warm_start=True, tol=1e-8, max_iter=500).fit(holes)
    assert again.fit(holes).n_iter_ <= 2


def test_single_precision(holes):
    narrow, wide = (from_start(holes.astype(dtype), "full", tol=1e-5) for dtype in (np.float32, np.float64))
    assert narrow.means_.dtype == narrow.score_samples(holes.astype(np.float32)).dtype == np.float32
    np.testing.assert_allclose(narrow.means_, wide.means_, atol=1e-3)


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".arrow", ".jsonl"])
def test_files_with_empty_fields(holes, suffix, need, tmp_path):
    frame = need("pandas").DataFrame(holes, columns=["a", "b", "c"])
    path = tmp_path / f"table{suffix}"
    {
        ".csv": lambda: frame.to_csv(path, index=False),
        ".parquet": lambda: frame.to_parquet(path),
        ".arrow": lambda: frame.to_feather(path, compression="uncompressed"),
        ".jsonl": lambda: frame.to_json(path, orient="records", lines=True, double_precision=15),
    }[suffix]()
    from_file, from_array = (GaussianMixture(2, random_state=0).fit(source) for source in (path, holes))
    np.testing.assert_allclose(from_file.means_, from_array.means_, rtol=1e-9, atol=1e-10)
    np.testing.assert_allclose(from_file.score_samples(path), from_array.score_samples(holes), rtol=1e-8, atol=1e-9)


def test_frames_of_every_kind(holes, need):
    expected = GaussianMixture(2, random_state=0).fit(holes).means_
    pandas, polars, pa = need("pandas"), need("polars"), need("pyarrow")
    nullable = pandas.DataFrame(holes, columns=["a", "b", "c"]).astype("Float64")
    arrow = pa.table({name: pa.array(column, from_pandas=True) for name, column in zip("abc", holes.T, strict=True)})
    assert nullable["a"].isna().any()
    assert arrow["a"].null_count > 0
    masked = np.ma.masked_array(np.where(np.isnan(holes), -999.0, holes), np.isnan(holes))
    for source in (nullable, polars.from_arrow(arrow), arrow, masked, open_rows(holes, missing="allow")):
        np.testing.assert_allclose(GaussianMixture(2, random_state=0).fit(source).means_, expected, rtol=1e-9)


def test_whole_numbers_with_gaps(need):
    pandas = need("pandas")
    frame = pandas.DataFrame({"a": [1, 2, None, 4, 7], "b": [2, None, 3, 9, 5]}, dtype="Int64")
    same = frame.astype("float64").to_numpy()
    np.testing.assert_array_equal(
        GaussianMixture(random_state=0).fit(frame).means_, GaussianMixture(random_state=0).fit(same).means_
    )


def test_dask(holes, need):
    da, dd, pandas = need("dask.array"), need("dask.dataframe"), need("pandas")
    expected = GaussianMixture(2, random_state=0).fit(holes)
    frame = dd.from_pandas(pandas.DataFrame(holes, columns=["a", "b", "c"]), npartitions=3)
    for source in (da.from_array(holes, chunks=(173, 3)), frame):
        gm = GaussianMixture(2, random_state=0).fit(source)
        np.testing.assert_allclose(gm.means_, expected.means_, rtol=1e-9)
        np.testing.assert_allclose(gm.score_samples(source), expected.score_samples(holes), rtol=1e-8, atol=1e-9)
    with pytest.raises(EmptyTableError, match="column 'b'"):
        GaussianMixture().fit(frame.assign(b=np.nan))


def test_a_large_table_is_fitted_from_a_sample():
    X, _ = groups(20_000)
    Y = with_holes(X, 0.1)
    gm = GaussianMixture(2, random_state=0, tol=1e-5).fit(Y)
    order = np.argsort(gm.means_[:, 0])
    np.testing.assert_allclose(gm.means_[order], [[0, 0, 0], [6, -5, 4]], atol=0.06)
