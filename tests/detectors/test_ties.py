"""Rows that are equal are outliers together: of every detector that takes a share of the rows."""

import numpy as np
import pytest

from mixtura import (
    AnomalyDetector,
    EllipticEnvelope,
    GaussianMixture,
    IsolationForest,
    LocalOutlierFactor,
    MixtureDetector,
    threshold_by_rate,
)

N_ROWS = 600


def table(n_copies, rest=None):
    """Return rows of a normal distribution, and copies of one row thirteen deviations off."""
    rows = np.random.default_rng(0).normal(size=(N_ROWS - n_copies, 3))
    rows = rows if rest is None else np.vstack([rest, rows[len(rest) :]])
    return np.vstack([rows, np.full((n_copies, 3), 13.0)])


DETECTORS = {
    "auto": lambda share: AnomalyDetector(share, random_state=0),
    "forest": lambda share: IsolationForest(contamination=share, random_state=0),
    "envelope": lambda share: EllipticEnvelope(contamination=share, random_state=0),
    "mixture": lambda share: MixtureDetector(GaussianMixture(1), contamination=share),
}


@pytest.mark.parametrize("name", DETECTORS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_lowest_tie_and_exceed_the_share(name, dtype):
    X = table(12).astype(dtype)
    detector = DETECTORS[name](0.01).fit(X)
    flags = detector.predict(X) == -1
    assert flags[-12:].all()
    assert flags[:-12].sum() <= 1  # one that scores lower yet
    # The threshold lies half-way to the next score, so that the other precision changes nothing.
    other = X.astype(np.float64 if dtype is np.float32 else np.float32)
    np.testing.assert_array_equal(detector.predict(other), detector.predict(X))


@pytest.mark.parametrize("name", DETECTORS)
def test_offsets_are_thresholds_by_rate(name):
    X = np.random.default_rng(1).integers(0, 3, (N_ROWS, 3)).astype(float)
    X[:9] = [9, 9, 9]
    detector = DETECTORS[name](0.05).fit(X)
    scores = detector.score_samples(X)
    assert detector.offset_ == threshold_by_rate(scores, 0.05)
    equal = np.unique(X, axis=0, return_inverse=True)[1].ravel()
    flags = detector.predict(X) == -1
    for group in range(equal.max() + 1):
        assert len(set(flags[equal == group])) == 1


def test_factors_tie_too():
    X = np.arange(40.0)[:, None]
    X = np.vstack([X, [[200.0], [200.0], [-161.0], [-161.0]]])  # each side as far, and its copies as many
    lof = LocalOutlierFactor(5, contamination=0.02).fit(X)
    ties = np.sum(lof.negative_outlier_factor_ == lof.negative_outlier_factor_.min())
    assert np.sum(lof.fit_predict(X) == -1) == ties


def test_weights_are_rows_repeated():
    X = table(12)
    weights = np.ones(N_ROWS - 6)
    weights[-6:] = 2
    repeated = MixtureDetector(GaussianMixture(1), contamination=0.01).fit(X)
    weighted = MixtureDetector(GaussianMixture(1), contamination=0.01).fit(X[:-6], sample_weight=weights)
    assert weighted.offset_ == pytest.approx(repeated.offset_, rel=1e-9)
    assert np.sum(weighted.predict(X[:-6]) == -1) == 6
