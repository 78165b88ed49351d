"""Estimators take dataframes of any types: what is no number is left out, and told once."""

import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from mixtura import (
    AnomalyDetector,
    EllipticEnvelope,
    GaussianMixture,
    IsolationForest,
    LocalOutlierFactor,
    MixtureDetector,
    MixtureSearch,
    OneClassSVM,
)
from mixtura.errors import ColumnError, EmptyTableError, InfiniteValuesError, MissingValuesError

N_ROWS = 240
RANDOM = np.random.default_rng(0)
NUMBERS = pd.DataFrame({"a": RANDOM.normal(size=N_ROWS), "b": RANDOM.normal(size=N_ROWS)})
MIXED = NUMBERS.assign(
    word=[("red", "green", "blue")[row % 3] for row in range(N_ROWS)],
    day=pd.date_range("2020-01-01", periods=N_ROWS),
    level=pd.Categorical([f"level {row % 4}" for row in range(N_ROWS)]),
)
LEFT_OUT = (
    r"rows are judged by measurements alone, without columns 'word' \(category\), 'day' \(date.*\), 'level' \(cat"
)

ESTIMATORS = [
    AnomalyDetector(random_state=0),
    EllipticEnvelope(random_state=0),
    GaussianMixture(2, random_state=0),
    IsolationForest(n_estimators=10, random_state=0),
    LocalOutlierFactor(novelty=True),
    MixtureDetector(GaussianMixture(2, random_state=0)),
    MixtureSearch((1, 2), random_state=0),
    OneClassSVM(nu=0.1),
]
SOURCES = {
    "pandas": lambda need, frame: frame,
    "polars": lambda need, frame: need("polars").from_pandas(frame),
    "lazy": lambda need, frame: need("polars").from_pandas(frame).lazy(),
    "pyarrow": lambda need, frame: need("pyarrow").Table.from_pandas(frame),
    "record batch": lambda need, frame: need("pyarrow").RecordBatch.from_pandas(frame),
    "duckdb": lambda need, frame: need("duckdb").from_arrow(need("pyarrow").Table.from_pandas(frame)),
    "narwhals": lambda need, frame: need("narwhals").from_native(frame),
    "dask": lambda need, frame: need("dask.dataframe").from_pandas(frame, npartitions=3),
}


def fitted(estimator, frame):
    with pytest.warns(UserWarning, match="rows are judged by"):
        return clone(estimator).fit(frame)


# The first takes columns of every kind.
@pytest.mark.parametrize("estimator", ESTIMATORS[1:], ids=lambda estimator: type(estimator).__name__)
def test_columns_without_numbers_are_left_out_and_told_once(estimator):
    expected = clone(estimator).fit(NUMBERS)
    with pytest.warns(UserWarning, match=LEFT_OUT) as told:
        found = clone(estimator).fit(MIXED)
    assert len(told) == 1
    assert found.n_features_in_ == 2
    assert found.feature_names_in_.tolist() == ["a", "b"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_array_equal(found.score_samples(MIXED), expected.score_samples(NUMBERS))
        np.testing.assert_array_equal(found.predict(MIXED), expected.predict(NUMBERS))
        if hasattr(found, "explain"):
            np.testing.assert_array_equal(found.explain(MIXED[:20]).repaired, expected.explain(NUMBERS[:20]).repaired)


@pytest.mark.parametrize("kind", SOURCES)
def test_every_library_gives_the_same_model(kind, need):
    def source():
        return SOURCES[kind](need, MIXED)

    expected = GaussianMixture(2, random_state=0).fit(NUMBERS)
    found = fitted(GaussianMixture(2, random_state=0), source())
    assert found.feature_names_in_.tolist() == ["a", "b"]
    np.testing.assert_allclose(found.means_, expected.means_, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(found.score_samples(source()), expected.score_samples(NUMBERS), rtol=1e-9)


def test_files_are_read_as_frames_are(tmp_path):
    MIXED.to_csv(tmp_path / "mixed.csv", index=False)
    NUMBERS.assign(id=range(N_ROWS)).to_csv(tmp_path / "numbers.csv", index=False)
    assert fitted(GaussianMixture(), tmp_path / "mixed.csv").feature_names_in_.tolist() == ["a", "b"]
    # A file of numbers alone is fitted as a dataframe of numbers is: whatever they stand for.
    assert GaussianMixture().fit(tmp_path / "numbers.csv").feature_names_in_.tolist() == ["a", "b", "id"]


def test_a_detector_tells_once_where_it_reads_once(tmp_path):
    MIXED.to_csv(tmp_path / "mixed.csv", index=False)
    expected = IsolationForest(n_estimators=10, random_state=0).fit_predict(NUMBERS)
    for source in (MIXED, tmp_path / "mixed.csv"):
        with pytest.warns(UserWarning, match="rows are judged by") as told:
            found = IsolationForest(n_estimators=10, random_state=0).fit_predict(source)
        assert len(told) == 1
        np.testing.assert_array_equal(found, expected)


def test_numbers_are_read_when_scoring_as_they_were_when_fitting():
    prices = [f"${price:,.2f}" for price in np.exp(8 + NUMBERS["a"])]
    frame = NUMBERS[["b"]].assign(price=prices, word=MIXED["word"])
    found = pickle.loads(pickle.dumps(fitted(GaussianMixture(), frame)))
    plain = NUMBERS[["b"]].assign(price=[float(price[1:].replace(",", "")) for price in prices])
    expected = GaussianMixture().fit(plain)
    np.testing.assert_array_equal(found.score_samples(frame), expected.score_samples(plain))
    # Alone, a price might be anything.
    np.testing.assert_array_equal(found.score_samples(frame[:1]), expected.score_samples(plain[:1]))


def test_objects_that_are_numbers_are_numbers():
    values = [None if row % 10 == 0 else float(row % 7) for row in range(N_ROWS)]
    plain = NUMBERS.assign(c=np.array(values, float))
    found = GaussianMixture().fit(NUMBERS.assign(c=pd.Series(values, dtype=object)))
    np.testing.assert_array_equal(found.score_samples(plain), GaussianMixture().fit(plain).score_samples(plain))


def test_text_among_numbers_is_a_missing_value():
    strays = pd.Series(["bad" if row == 5 else row % 7 for row in range(N_ROWS)], dtype=object)
    plain = NUMBERS.assign(c=[np.nan if row == 5 else row % 7 for row in range(N_ROWS)])
    found = GaussianMixture().fit(NUMBERS.assign(c=strays))
    np.testing.assert_array_equal(found.score_samples(plain), GaussianMixture().fit(plain).score_samples(plain))
    with pytest.raises(ColumnError, match="column 'c' holds 'bad' in row 5 of the table"):
        OneClassSVM().fit(NUMBERS.assign(c=strays))


@pytest.mark.parametrize("kind", ["pandas", "lazy", "dask", "csv"])
def test_infinite_numbers_are_refused_as_those_of_an_array_are(kind, need, tmp_path):
    infinite = MIXED.assign(b=[np.inf if row == 7 else 1.5 * row for row in range(N_ROWS)])
    infinite.to_csv(tmp_path / "table.csv", index=False)
    source = tmp_path / "table.csv" if kind == "csv" else SOURCES[kind](need, infinite)
    told = "infinite values in row [78] .*column 'b'"
    with pytest.warns(UserWarning, match="rows are judged by"), pytest.raises(InfiniteValuesError, match=told):
        GaussianMixture().fit(source)
    with pytest.raises(InfiniteValuesError, match=told):
        fitted(GaussianMixture(), MIXED).score_samples(source)


def test_missing_values_where_none_may_be():
    holes = MIXED.assign(b=pd.array([None if row == 3 else 1.5 * row for row in range(N_ROWS)], "Float64"))
    with pytest.warns(UserWarning, match="rows are judged by"), pytest.raises(MissingValuesError, match="row 3"):
        OneClassSVM().fit(holes)


def test_other_columns_are_refused_as_scikit_learn_refuses_them():
    found = fitted(GaussianMixture(), MIXED)
    with pytest.raises(ValueError, match="must be in the same order"):
        found.predict(MIXED[["b", "a", "word", "day", "level"]])
    with pytest.raises(ValueError, match=r"unseen at fit time:\n- z"):
        found.predict(MIXED.assign(z=1.0))
    with pytest.raises(ValueError, match=r"now missing:\n- a"):
        found.predict(MIXED.drop(columns="a"))
    # What was left out may be, or not.
    np.testing.assert_array_equal(found.predict(NUMBERS), found.predict(MIXED))
    with pytest.warns(UserWarning, match="does not have valid feature names"):
        found.predict(NUMBERS.to_numpy())


def test_a_fit_forgets_the_one_before():
    estimator = fitted(GaussianMixture(), MIXED)
    estimator.fit(NUMBERS.rename(columns={"b": "word"}))
    assert estimator.feature_names_in_.tolist() == ["a", "word"]
    estimator.score_samples(NUMBERS.rename(columns={"b": "word"}))
    estimator.fit(NUMBERS.to_numpy())
    assert not hasattr(estimator, "feature_names_in_")


@pytest.mark.parametrize(
    "names", [range(5), pd.MultiIndex.from_product([["x"], list("abcde")])], ids=["numbers", "tuples"]
)
def test_names_that_are_no_text_are_no_feature_names(names):
    frame = MIXED.set_axis(names, axis=1)
    found = fitted(GaussianMixture(), frame)
    assert found.n_features_in_ == 2
    assert not hasattr(found, "feature_names_in_")
    np.testing.assert_array_equal(
        found.predict(frame), GaussianMixture().fit(NUMBERS.to_numpy()).predict(NUMBERS.to_numpy())
    )


def test_weights_of_a_frame_of_any_types():
    weights = RANDOM.uniform(0.5, 2, N_ROWS)
    with pytest.warns(UserWarning, match="rows are judged by"):
        found = GaussianMixture().fit(MIXED, sample_weight=pd.Series(weights, index=MIXED.index[::-1]))
    assert found.mixture_ == GaussianMixture().fit(NUMBERS, sample_weight=weights).mixture_


def test_frames_that_cannot_be_fitted():
    words = MIXED[["word", "day"]]
    with pytest.raises(
        EmptyTableError, match=r"no columns of numbers to use, only 'word' \(category\), 'day' \(date.*\)"
    ):
        GaussianMixture().fit(words)
    for frame in (NUMBERS, MIXED):
        with pytest.raises(ColumnError, match=r"the table has columns 'a'.* more than once"):
            AnomalyDetector().fit(pd.concat([frame, frame], axis=1))
    with pytest.raises(EmptyTableError, match=r"1 row\(s\), and GaussianMixture needs"):
        fitted(GaussianMixture(), MIXED[:1])


def test_a_warning_names_five_columns():
    frame = NUMBERS.assign(**{f"t{column}": MIXED["word"] for column in range(7)})
    with pytest.warns(UserWarning, match=r"'t4' \(category\) and 2 more: make numbers"):
        GaussianMixture().fit(frame)


def test_true_and_false_among_numbers_alone_are_numbers():
    flags = NUMBERS.assign(flag=np.arange(N_ROWS) % 2 == 0)
    numbers = NUMBERS.assign(flag=(np.arange(N_ROWS) % 2 == 0).astype(float))
    np.testing.assert_array_equal(GaussianMixture().fit(flags).means_, GaussianMixture().fit(numbers).means_)
