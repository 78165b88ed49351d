"""What an estimator can be fitted to: every source gives the model of the array that it holds."""

import io

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from mixtura import (
    AnomalyDetector,
    BayesianGaussianMixture,
    EllipticEnvelope,
    GaussianMixture,
    IsolationForest,
    LocalOutlierFactor,
    MixtureDetector,
    MixtureSearch,
    OneClassSVM,
)
from mixtura.errors import ColumnError, DataError, EmptyTableError, MissingValuesError, SourceError
from mixtura.rows import ArrayRows, rows_per_block
from mixtura.rows import open as open_rows

NAMES = ["width", "height"]


@pytest.fixture(scope="module", name="X")
def table():
    random = np.random.default_rng(0)
    n_rows = rows_per_block(2) + 400
    return np.array([[0.0, 0.0], [6.0, 3.0]])[random.integers(2, size=n_rows)] + random.normal(size=(n_rows, 2))


@pytest.fixture(scope="module")
def expected(X):
    return GaussianMixture(2, random_state=0).fit(X)


@pytest.fixture(scope="module")
def parquet(X, need, tmp_path_factory):
    pa, pq = need("pyarrow"), need("pyarrow.parquet")
    path = tmp_path_factory.mktemp("table") / "table.parquet"
    pq.write_table(pa.table(dict(zip(NAMES, X.T, strict=True))), path)
    return path


@pytest.fixture(
    params=[
        "path",
        "text",
        "glob",
        "query",
        "rows",
        "stream",
        "pandas",
        "polars",
        "arrow",
        "reader",
        "relation",
        "result",
        "lazy",
    ]
)
def source(request, X, need, parquet, tmp_path):
    if request.param == "path":
        return parquet
    if request.param == "text":
        return str(parquet)
    if request.param == "glob":
        pa, pq = need("pyarrow"), need("pyarrow.parquet")
        cut = 1000
        for part, rows in enumerate((X[:cut], X[cut:])):
            pq.write_table(pa.table(dict(zip(NAMES, rows.T, strict=True))), tmp_path / f"part-{part}.parquet")
        return str(tmp_path / "*.parquet")
    if request.param == "query":
        need("duckdb")
        return f"select width, height from '{parquet}'"
    if request.param == "rows":
        return ArrayRows(X)
    if request.param == "stream":
        return io.BytesIO(parquet.read_bytes())
    arrow = need("pyarrow").table(dict(zip(NAMES, X.T, strict=True)))
    if request.param == "arrow":
        return arrow
    if request.param == "reader":
        return arrow.to_reader()
    if request.param == "relation":
        return need("duckdb").from_arrow(arrow)
    if request.param == "result":
        return need("duckdb").connect().execute(f"select width, height from '{parquet}'")
    if request.param == "lazy":
        return need("polars").from_arrow(arrow).lazy()
    return need(request.param).DataFrame(dict(zip(NAMES, X.T, strict=True)))


def test_fit_has_the_same_bits(source, expected):
    gm = GaussianMixture(2, random_state=0).fit(source)
    assert gm.mixture_ == expected.mixture_
    assert gm.lower_bounds_ == expected.lower_bounds_


def test_scores_have_the_same_bits(source, X, expected, parquet):
    gm = GaussianMixture(2, random_state=0).fit(parquet)
    if isinstance(source, ArrayRows):
        gm = expected
    np.testing.assert_array_equal(gm.score_samples(source), expected.score_samples(X))


def test_every_method_of_a_file(X, expected, parquet):
    gm = GaussianMixture(2, random_state=0).fit(parquet)
    assert gm.feature_names_in_.tolist() == NAMES
    np.testing.assert_array_equal(gm.predict(parquet), expected.predict(X))
    np.testing.assert_array_equal(gm.predict_proba(parquet), expected.predict_proba(X))
    for method in ("score", "bic", "aic"):
        assert getattr(gm, method)(parquet) == getattr(expected, method)(X)
    np.testing.assert_array_equal(GaussianMixture(2, random_state=0).fit_predict(parquet), expected.predict(X))


def test_search_in_a_file(X, parquet):
    settings = {"n_components": (1, 2), "covariance_types": ["full", "tied"], "random_state": 0}
    from_file, from_array = MixtureSearch(**settings).fit(parquet), MixtureSearch(**settings).fit(X)
    assert from_file.candidates_ == from_array.candidates_
    np.testing.assert_array_equal(from_file.predict(parquet), from_array.predict(X))


def test_columns_of_a_file_are_found_by_name(X, expected, need, tmp_path, parquet):
    pa, pq = need("pyarrow"), need("pyarrow.parquet")
    gm = GaussianMixture(2, random_state=0).fit(parquet)
    path = tmp_path / "more.parquet"
    pq.write_table(pa.table({"height": X[:, 1], "note": ["x"] * len(X), "width": X[:, 0]}), path)
    np.testing.assert_array_equal(gm.score_samples(path), expected.score_samples(X))
    pq.write_table(pa.table({"height": X[:, 1]}), path)
    with pytest.raises(ColumnError, match="width"):
        gm.score_samples(path)


def test_weights_in_a_column(X, need, tmp_path):
    pa, pq = need("pyarrow"), need("pyarrow.parquet")
    weights = np.random.default_rng(1).uniform(0.5, 2, len(X))
    path = tmp_path / "weighted.parquet"
    pq.write_table(pa.table({"width": X[:, 0], "height": X[:, 1], "weight": weights}), path)
    weighted = GaussianMixture(2, random_state=0).fit(X, sample_weight=weights)
    assert GaussianMixture(2, random_state=0).fit(open_rows(path, sample_weight="weight")).mixture_ == weighted.mixture_


def test_rows_with_another_number_of_columns(expected):
    with pytest.raises(ColumnError, match="the table has 3 columns, and GaussianMixture was fitted to 2"):
        expected.score_samples(ArrayRows(np.zeros((5, 3))))


def test_one_row_in_a_file(tmp_path):
    path = tmp_path / "one.csv"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(EmptyTableError, match=r"the table has 1 row\(s\), and GaussianMixture needs at least 2"):
        GaussianMixture().fit(path)


def test_rows_opened_without_leave_to_miss_values(tmp_path):
    path = tmp_path / "holes.csv"
    path.write_text("a,b\n1,2\n3,\n5,6\n")
    with pytest.raises(MissingValuesError, match="b"):
        GaussianMixture().fit(open_rows(path))


def test_faults_of_data_are_value_errors():
    assert issubclass(DataError, ValueError)


def test_array_that_is_not_finite(X):
    table = X.copy()
    table[5, 1] = np.inf
    with pytest.raises(ValueError, match=r"contains infinity"):
        GaussianMixture().fit(table)


@pytest.mark.parametrize("estimator", [GaussianMixture(2, random_state=0), IsolationForest(random_state=0)])
def test_columns_of_open_rows_are_taken_by_name(estimator):
    values = np.random.default_rng(0).normal(size=(300, 2)) * [1, 100]
    fitted = clone(estimator).fit(pd.DataFrame(values, columns=["a", "b"]))
    expected = fitted.score_samples(pd.DataFrame(values, columns=["a", "b"]))
    for names, order in ((["b", "a"], [1, 0]), (["x", "b", "a"], [0, 1, 0])):
        table = open_rows(pd.DataFrame(values[:, order], columns=names))
        np.testing.assert_allclose(fitted.score_samples(table), expected)
    with pytest.raises(ColumnError, match=r"the table has no column 'b', and .* was fitted with it"):
        fitted.score_samples(open_rows(pd.DataFrame(values, columns=["a", "z"])))


DETECTORS = [
    AnomalyDetector(random_state=0),
    EllipticEnvelope(random_state=0),
    IsolationForest(n_estimators=10, random_state=0),
    LocalOutlierFactor(novelty=True),
    MixtureDetector(GaussianMixture(2, random_state=0)),
    OneClassSVM(nu=0.1),
]


@pytest.mark.parametrize("detector", DETECTORS, ids=lambda detector: type(detector).__name__)
@pytest.mark.parametrize("kind", ["reader", "relation", "result", "lazy"])
def test_detectors_read_what_has_rows_to_give(X, need, detector, kind):
    arrow = need("pyarrow").table(dict(zip(NAMES, X[:300].T, strict=True)))
    give = {
        "reader": arrow.to_reader,
        "relation": lambda: need("duckdb").from_arrow(arrow),
        "result": lambda: need("duckdb").connect().register("told", arrow).execute("select * from told"),
        "lazy": lambda: need("polars").from_arrow(arrow).lazy(),
    }[kind]
    expected = clone(detector).fit(X[:300]).predict(X[:300])
    found = clone(detector).fit(give())
    assert list(found.feature_names_in_) == NAMES
    np.testing.assert_array_equal(found.predict(give()), expected)
    if not isinstance(detector, LocalOutlierFactor):  # with novelty=True it has no labels for its own rows
        np.testing.assert_array_equal(clone(detector).fit_predict(give()), expected)


@pytest.mark.parametrize("estimator", [GaussianMixture(), MixtureSearch(), AnomalyDetector()], ids=str)
@pytest.mark.parametrize(
    "source", [{"a": [1.0, 2.0]}, {1.0, 2.0}, (row for row in [[1.0, 2.0]])], ids=lambda s: type(s).__name__
)
def test_what_holds_no_table_is_named(estimator, source):
    with pytest.raises(SourceError, match=f"cannot read a table from {type(source).__name__}: give an array"):
        clone(estimator).fit(source)


@pytest.mark.parametrize(
    "estimator", [GaussianMixture(2, random_state=0), BayesianGaussianMixture(n_components=2, random_state=0)], ids=str
)
def test_a_batch_without_values_is_named(X, estimator):
    nothing = np.full((5, 2), np.nan)
    with pytest.raises(
        EmptyTableError, match=r"every value is missing in the rows of positive weight.* skip the table"
    ):
        clone(estimator).partial_fit(nothing)
    started = clone(estimator).partial_fit(X[:200])
    with pytest.raises(
        EmptyTableError, match=r"every value is missing in the rows of positive weight.* skip the batch"
    ):
        started.partial_fit(nothing)
