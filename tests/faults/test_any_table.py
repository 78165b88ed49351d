"""Any finite table, for every detector: a finite score of every row, or one clear error; never a crash or a NaN."""

import warnings

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.exceptions import ConvergenceWarning

from mixtura import (
    AnomalyDetector,
    EllipticEnvelope,
    IsolationForest,
    LocalOutlierFactor,
    MixtureDetector,
    OneClassSVM,
)
from mixtura.errors import DataError
from pairwise import exhaustive

DETECTORS = {
    "ensemble": lambda: AnomalyDetector(n_estimators=10, random_state=0),
    "elliptic": lambda: EllipticEnvelope(random_state=0),
    "forest": lambda: IsolationForest(n_estimators=10, random_state=0),
    "hyperplanes": lambda: IsolationForest(n_estimators=10, hyperplane_features="all", random_state=0),
    "lof": lambda: LocalOutlierFactor(novelty=True),
    "svm": lambda: OneClassSVM(nu=0.1),
    "mixture": lambda: MixtureDetector(random_state=0),
}
COLUMNS = {
    "normal": lambda random, n: random.normal(size=n),
    "far from zero": lambda random, n: 1e9 + random.normal(size=n),
    "constant": lambda random, n: np.full(n, random.choice([0.0, -3.5, 0.1, 1e300, 1e-300])),
    "two values": lambda random, n: random.choice([0.0, 1.0], n),
    "mostly one value": lambda random, n: np.where(random.random(n) < 0.9, 7.0, random.normal(size=n)),
    "huge": lambda random, n: 1e300 * random.normal(size=n),
    "tiny": lambda random, n: 1e-300 * random.normal(size=n),
    "of every size": lambda random, n: random.choice([-1, 1], n) * 10.0 ** random.uniform(-300, 300, n),
    "one huge value": lambda random, n: np.where(np.arange(n) == n // 2, 1e300, random.normal(size=n)),
    "last digits": lambda random, n: 1 + random.integers(3, size=n) * np.finfo(float).eps,
    "integers": lambda random, n: random.integers(-5, 6, size=n).astype(float),
    "identifiers": lambda random, n: 2.0**53 - np.arange(n),
    "smallest numbers": lambda random, n: 5e-324 * random.integers(3, size=n),
    "largest numbers": lambda random, n: np.finfo(float).max * random.choice([-1, 1], n),
}


def as_type(X, dtype):
    """Return a table as floats, or as integers where it holds some; what is too large becomes the largest number."""
    if dtype == np.int64:
        return np.clip(X, -(2**62), 2**62).astype(np.int64)
    return np.clip(X, np.finfo(dtype).min, np.finfo(dtype).max).astype(dtype)


@st.composite
def tables(draw):
    """A table whose columns are of any kinds, where rows may be repeated or follow from one another."""
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n_rows = draw(st.integers(1, 8) | st.integers(1, 500))
    few = draw(st.lists(st.sampled_from(sorted(COLUMNS)), min_size=1, max_size=4, unique=True))
    kinds = random.choice(few, draw(st.integers(1, 5) | st.integers(1, 30)))
    X = np.stack([COLUMNS[kind](random, n_rows) for kind in kinds], axis=1)
    if draw(st.booleans()):
        X = X[random.integers(max(1, n_rows // draw(st.sampled_from([2, 10, 100]))), size=n_rows)]
    return as_type(X, draw(st.sampled_from([np.float32, np.float64, np.int64])))


def answers_or_refuses(detector, X, others):
    """Fit a table and score it and other rows: whether all is finite, or the error a sentence."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.simplefilter("ignore", UserWarning)  # of too few rows, or of copies
        try:
            detector.fit(X)
            scores = np.concatenate([detector.score_samples(X), detector.score_samples(others)])
            explanation = detector.explain(X)
        except ValueError as error:
            sentence = str(error)
            return "\n" not in sentence and 15 < len(sentence) < 700 and "nan" not in sentence.lower()
    assert scores.shape == (len(X) + len(others),)
    assert detector.predict(X).shape == (len(X),)
    share = explanation.share
    return (
        bool(np.isfinite(scores).all())
        and bool(np.isfinite(detector.offset_))
        and bool(np.isfinite(explanation.expected).all())
        and not np.isnan(explanation.distance).any()
        and bool((share >= 0).all())
        and np.allclose(share.sum(axis=1), 1)
    )


def other_rows(X):
    """Rows that were not fitted: changed in one column, and as far away as numbers of the type reach."""
    rows = X[:3].copy()
    rows[:, 0] = rows[:, 0] // 2 + 1
    largest = np.iinfo(X.dtype).max if X.dtype.kind == "i" else np.finfo(X.dtype).max
    return np.concatenate([rows, np.full_like(rows, largest), np.zeros_like(rows)])


# The default mixture takes longest.
@pytest.mark.parametrize("name", [*(name for name in DETECTORS if name != "mixture"), *exhaustive("mixture")])
def test_any_finite_table(name, pytestconfig):
    @settings(
        max_examples=25 if pytestconfig.option.exhaustive else 5,
        suppress_health_check=[HealthCheck.too_slow],
        derandomize=True,
    )
    @given(tables())
    def run(X):
        assert answers_or_refuses(DETECTORS[name](), X, other_rows(X))

    run()


@pytest.mark.each_value
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64])
@pytest.mark.parametrize("kind", COLUMNS)
@pytest.mark.parametrize("name", DETECTORS)
def test_one_row_and_one_kind_of_column(name, kind, dtype):
    random = np.random.default_rng(0)
    for n_rows, n_columns in ((1, 1), (1, 4), (2, 1), (25, 2), (15, 17)):
        X = as_type(np.stack([COLUMNS[kind](random, n_rows) for _ in range(n_columns)], axis=1), dtype)
        assert answers_or_refuses(DETECTORS[name](), X, other_rows(X)), (n_rows, n_columns)


def test_smallest_numbers_whose_mean_is_zero_are_refused():
    X = np.zeros((100, 1))
    X[0] = 5e-324
    with pytest.raises(DataError, match="squares overflow float64: scale the column"):
        EllipticEnvelope(random_state=0).fit(X)


def test_scores_beyond_single_precision_are_its_lowest_number():
    X = np.zeros((30, 1), np.float32)
    scores = LocalOutlierFactor(novelty=True).fit(X).score_samples(np.array([[0.0], [1.0]], np.float32))
    assert scores.dtype == np.float32
    np.testing.assert_array_equal(scores, [-1, -1 / np.finfo(float).eps])
    far = LocalOutlierFactor(novelty=True).fit(X).score_samples(np.array([[3e38]], np.float32))
    np.testing.assert_array_equal(far, [np.finfo(np.float32).min])
