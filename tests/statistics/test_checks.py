"""One number a row, or one clear sentence: of the check, and of all that take scores, p-values, labels and weights."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from mixtura import (
    PrecisionRecallCurve,
    QuantileSketch,
    conformal_p_values,
    discoveries,
    fit_tail,
    threshold_by_rate,
)
from mixtura.decisions.comparison import compare
from mixtura.decisions.conformal import adjusted_p_values, threshold_by_false_discovery_rate
from mixtura.decisions.pareto import fit_generalized_pareto
from mixtura.decisions.thresholds import check_scores
from mixtura.statistics.checks import row_numbers
from mixtura.statistics.lowest import LowestValues
from mixtura.statistics.quantiles import order_statistics, quantile
from mixtura.statistics.rarity import Rarity, n_discoveries, tail_of

GOOD = np.linspace(-0.9, -0.1, 100)


class Constant:
    """A detector whose scores are given."""

    def __init__(self, scores=None):
        self.scores = scores

    def get_params(self, deep=True):
        return {"scores": self.scores}

    def fit(self, X):
        return self

    def score_samples(self, X):
        return self.scores


TAKE = {
    "check_scores": check_scores,
    "threshold_by_rate": lambda scores: threshold_by_rate(scores, 0.1),
    "threshold_by_rate of chunks": lambda scores: threshold_by_rate(lambda: [scores], 0.1),
    "fit_tail": fit_tail,
    "sketch": QuantileSketch.zero().including,
    "lowest": LowestValues.zero().including,
    "quantile": lambda scores: quantile(lambda: [scores], 0.5),
    "order_statistics": lambda scores: order_statistics(lambda: [scores], lambda n: [0]),
    "conformal_p_values": lambda scores: conformal_p_values(scores, GOOD),
    "conformal_p_values, reference": lambda scores: conformal_p_values(GOOD, scores),
    "threshold_by_false_discovery_rate": lambda s: threshold_by_false_discovery_rate(s, GOOD, 0.1),
    "threshold_by_false_discovery_rate, reference": lambda s: threshold_by_false_discovery_rate(GOOD, s, 0.1),
    "adjusted_p_values": adjusted_p_values,
    "discoveries": lambda scores: discoveries(scores, 0.1),
    "curve": lambda scores: PrecisionRecallCurve.from_scores(scores, np.arange(100) < 5),
    "curve, labels": lambda labels: PrecisionRecallCurve.from_scores(GOOD, labels),
    "curve, weights": lambda weights: PrecisionRecallCurve.from_scores(GOOD, np.arange(100) < 5, weights),
    "compare, labels": lambda labels: compare(np.ones((100, 1)), {"a": Constant(GOOD)}, labels),
    "excesses": fit_generalized_pareto,
    "rarity": Rarity.of,
    "tail_of": lambda values: tail_of(values, 100),
    "n_discoveries": lambda values: n_discoveries(values, 0.1),
}


@pytest.mark.parametrize("name", TAKE)
@pytest.mark.parametrize("shape", [(50, 2), (100, 1), (1, 100), (2, 2, 25)])
def test_tables_are_refused(name, shape):
    with pytest.raises(ValueError, match="must be one for each row, and their shape is"):
        TAKE[name](GOOD.reshape(shape))


@pytest.mark.parametrize("name", TAKE)
@pytest.mark.parametrize(
    "values",
    [GOOD.astype(str), GOOD.astype(str).astype(object), GOOD + 0j, GOOD.astype("M8[s]"), np.array(["a"] * 100)],
)
def test_what_is_no_number_is_refused(name, values):
    with pytest.raises(ValueError, match="must be numbers, and these are"):
        TAKE[name](values)


@pytest.mark.parametrize("name", [name for name in TAKE if "labels" not in name and "weights" not in name])
def test_flags_are_no_scores(name):
    with pytest.raises(ValueError, match="must be numbers, and these are true and false"):
        TAKE[name](GOOD < -0.5)


def lacking(need):
    """Yield scores that the eighth row does not have."""
    yield np.where(np.arange(100) == 7, np.nan, GOOD)
    yield [*GOOD[:7], None, *GOOD[8:]]
    yield np.ma.masked_array(GOOD, np.arange(100) == 7)
    pandas = need("pandas")
    for dtype in ("Float64", "Int64"):
        series = pandas.Series(np.arange(100), dtype=dtype)
        series[7] = pandas.NA
        yield series
    yield need("polars").Series([None if i == 7 else float(i) for i in range(100)])
    yield need("pyarrow").array([None if i == 7 else i for i in range(100)])


@pytest.mark.parametrize("name", [name for name in TAKE if name not in ("compare, labels", "excesses")])
def test_what_is_missing_is_named(name, need):
    for values in lacking(need):
        with pytest.raises(ValueError, match=r"that of row 7 \(counted from 0\) is NaN or missing: leave it out"):
            TAKE[name](values)


def test_columns_of_frames_are_numbers(need):
    pandas, polars, pyarrow = need("pandas"), need("polars"), need("pyarrow")
    for column in (
        pandas.Series(GOOD),
        pandas.Series(GOOD, dtype="Float64"),
        pandas.Series(GOOD, dtype=object),
        pandas.Series(GOOD, index=np.arange(100)[::-1]),
        polars.Series(GOOD),
        pyarrow.array(GOOD),
        pyarrow.chunked_array([GOOD[:50], GOOD[50:]]),
        np.ma.masked_array(GOOD, False),
        GOOD.tolist(),
        tuple(GOOD),
    ):
        np.testing.assert_array_equal(row_numbers(column, "scores"), GOOD)
        assert threshold_by_rate(column, 0.1) == threshold_by_rate(GOOD, 0.1)
    np.testing.assert_array_equal(row_numbers([Decimal("0.5"), Fraction(1, 4), 1], "scores"), [0.5, 0.25, 1])
    np.testing.assert_array_equal(row_numbers(np.array([1, 2], np.uint8), "scores"), [1, 2])


def test_labels_may_be_truths_and_unknown(need):
    pandas = need("pandas")
    labels = pandas.Series([True, False, pandas.NA], dtype="boolean")
    np.testing.assert_array_equal(row_numbers(labels, "labels", truths=True, missing=True), [1, 0, np.nan])
    np.testing.assert_array_equal(row_numbers([True, None], "labels", truths=True, missing=True), [1, np.nan])
    with pytest.raises(ValueError, match="labels must be numbers, and that of row 2"):
        row_numbers(labels, "labels", truths=True)


@pytest.mark.parametrize("values", [5.0, "text", {1.0, 2.0}, (value for value in [1.0, 2.0]), {"a": 1.0}, None])
def test_what_is_no_column(values):
    with pytest.raises(ValueError, match=r"scores must be one for each row, and their shape is \(\)"):
        row_numbers(values, "scores")


def test_rows_of_different_lengths():
    with pytest.raises(ValueError, match="scores must be one for each row, and these make no array"):
        row_numbers([[1.0], [1.0, 2.0]], "scores")


def test_what_is_given_is_not_changed():
    given = GOOD.copy()
    row_numbers(given, "scores")[0] = 5
    np.testing.assert_array_equal(given, GOOD)


def test_no_rows():
    assert row_numbers([], "scores").shape == (0,)
    assert discoveries([], 0.1).shape == (0,)
    assert conformal_p_values([], GOOD).shape == (0,)
    for take in (lambda: threshold_by_rate([], 0.1), lambda: fit_tail([]), lambda: conformal_p_values(GOOD, [])):
        with pytest.raises(ValueError, match=r"no numbers|at least 40 rows|no rows says nothing"):
            take()
