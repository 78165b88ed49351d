"""What detectors tell `on_progress`, and that nothing depends on it."""

import pickle
import threading
from itertools import pairwise

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.utils._param_validation import InvalidParameterError

from mixtura import (
    AnomalyDetector,
    BayesianGaussianMixture,
    EllipticEnvelope,
    GaussianMixture,
    IsolationForest,
    LocalOutlierFactor,
    MinCovDet,
    MixtureDetector,
    MixtureSearch,
    OneClassSVM,
    clean,
)
from mixtura.rows import rows_per_block

RANDOM = np.random.default_rng(0)
X = np.concatenate([RANDOM.normal(size=(1500, 2)), RANDOM.normal(6, 1, size=(600, 2))])

DETECTORS = {
    "ensemble": AnomalyDetector(contamination=0.1, n_estimators=20),
    "forest": IsolationForest(contamination=0.1, n_jobs=2),
    "neighbours": LocalOutlierFactor(novelty=True, n_jobs=2),
    "neighbours of a sample": LocalOutlierFactor(novelty=True, max_reference_rows=1000, n_jobs=2),
    "neighbours by products": LocalOutlierFactor(novelty=True, metric="cosine", n_jobs=2),
    "neighbours by scikit-learn": LocalOutlierFactor(novelty=True, metric="canberra"),
    "machine": OneClassSVM(nu=0.1),
    "approximate machine": OneClassSVM(nu=0.1, approximate=True, n_landmarks=20),
    "envelope": EllipticEnvelope(),
    "envelope without chance": EllipticEnvelope(start="deterministic"),
    "default mixture": MixtureDetector(contamination=0.02),
    "trimmed mixture": MixtureDetector(trim=0.02),
    "given mixture": MixtureDetector(GaussianMixture(2)),
    "given search": MixtureDetector(MixtureSearch((1, 2), covariance_types=["full"])),
    "clean mixture": MixtureDetector(BayesianGaussianMixture(n_components=2), novelty=True),
}

# The default mixture does what those do that are given or trimmed, and takes longest.
most_detectors = pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[pytest.mark.exhaustive] * (name == "default mixture")) for name in DETECTORS],
)

# What each is told to do, in this order.
STEPS = {
    "ensemble": ["reading the table", "looking for unusual rows", "fitting mixtures", "scoring"],
    "forest": ["growing trees", "scoring"],
    "neighbours": ["reading the table", "finding neighbours"],
    "neighbours of a sample": ["reading the table", "finding neighbours", "scoring"],
    "neighbours by products": ["reading the table", "finding neighbours"],
    "neighbours by scikit-learn": ["finding neighbours"],
    "machine": ["training on 263 rows", "training on 2,100 rows"],
    "approximate machine": ["reading the table", "training", "scoring"],
    "envelope": ["trying starts", "concentrating", "scoring"],
    "envelope without chance": ["finding starts", "concentrating", "scoring"],
    "default mixture": ["reading the table", "fitting a sample", "looking for far rows", "searching", "scoring"],
    "trimmed mixture": ["reading the table", "searching", "scoring"],
    "given mixture": ["fitting", "scoring"],
    "given search": ["searching", "scoring"],
    "clean mixture": ["fitting", "judging rows left out"],
}

pytestmark = pytest.mark.filterwarnings(
    "ignore:the table has 2100 rows", "ignore:.*:sklearn.exceptions.ConvergenceWarning"
)


def fitted(name, on_progress):
    return clone(DETECTORS[name]).set_params(random_state=0, on_progress=on_progress).fit(X)


def in_steps(told):
    """Divide what was told into steps: a new one begins where it is called otherwise, or begins at zero again."""
    steps = [told[:1]]
    for before, after in pairwise(told):
        if (before.what, before.unit) != (after.what, after.unit) or after.done < before.done:
            steps.append([])
        steps[-1].append(after)
    return steps


@pytest.mark.parametrize("name", DETECTORS)
def test_each_step_ends_at_its_total(name):
    told, threads = [], set()

    def on_progress(progress):
        told.append(progress)
        threads.add(threading.get_ident())

    fitted(name, on_progress)
    steps = in_steps(told)
    assert list(dict.fromkeys(step[0].what for step in steps)) == STEPS[name]
    for step in steps:
        assert len({one.total for one in step}) == 1
        assert step[-1].total in (None, step[-1].done)
        assert step[0].done in (0, 1) or step[0].unit == "candidates"
    assert threads == {threading.get_ident()}


@most_detectors
def test_results_have_the_same_bits_with_a_callback(name):
    with_one, without = fitted(name, lambda progress: None), fitted(name, None)
    np.testing.assert_array_equal(with_one.score_samples(X), without.score_samples(X))
    assert with_one.offset_ == without.offset_


class StopError(Exception):
    """Raised by a callback."""


@pytest.mark.each_value
@pytest.mark.parametrize("kind", [StopError, KeyboardInterrupt])
@most_detectors
def test_a_callback_stops_a_fit_and_leaves_no_thread(name, kind):
    told = []
    fitted(name, told.append)
    for last in {1, len(told) // 2, len(told)}:
        left = iter(range(last - 1))

        def stop(progress, left=left):
            if next(left, None) is None:
                raise kind

        with pytest.raises(kind):
            fitted(name, stop)
        assert not [thread.name for thread in threading.enumerate() if thread.name.startswith("mixtura")]


def test_rows_are_counted_while_they_are_scored():
    told, size = [], rows_per_block(1)
    table = np.linspace(-1, 1, 2 * size + 10)[:, None]
    forest = IsolationForest(n_estimators=2, n_jobs=3).fit(table).set_params(on_progress=told.append)
    forest.predict(table)
    assert [(step.what, step.done, step.total) for step in told] == [
        ("scoring", done, len(table)) for done in (0, size, 2 * size, len(table))
    ]
    told.clear()
    forest.explain(table[:5])
    assert [(step.what, step.done, step.total) for step in told] == [("explaining", 0, 5), ("explaining", 5, 5)]


def test_robust_distances_are_counted():
    told = []
    MinCovDet(random_state=0).fit(X).set_params(on_progress=told.append).mahalanobis(X[:70])
    assert [(step.what, step.done, step.total) for step in told] == [("scoring", 0, 70), ("scoring", 70, 70)]


def test_files_are_counted_while_they_are_read(tmp_path):
    told, path = [], tmp_path / "table.csv"
    path.write_text("a,b\n" + "\n".join(f"{a},{b}" for a, b in X.tolist()) + "\n")
    IsolationForest(random_state=0, on_progress=told.append).fit(str(path))
    assert (told[0].what, told[0].done, told[0].unit) == ("reading the table", len(X), "rows")


def test_a_mixture_given_keeps_its_own_callback():
    own, told = [], []
    mixture = GaussianMixture(2, on_progress=own.append)
    detector = MixtureDetector(mixture, on_progress=told.append, random_state=0).fit(X)
    assert {step.unit for step in own} == {"iterations"}
    assert {step.unit for step in told} == {"rows"}
    assert detector.estimator_.on_progress == own.append
    assert MixtureDetector(GaussianMixture(2), on_progress=told.append).fit(X).estimator_.on_progress is None


@pytest.mark.parametrize("name", DETECTORS)
def test_the_callback_is_a_parameter_like_others(name):
    detector = clone(DETECTORS[name])
    assert detector.get_params(deep=False)["on_progress"] is None
    assert clone(detector.set_params(on_progress=print)).on_progress is print
    with pytest.raises(InvalidParameterError, match="'on_progress' parameter"):
        detector.set_params(on_progress=3).fit(X)


def test_fitted_detectors_without_a_callback_are_pickled():
    for name in ("ensemble", "forest", "neighbours", "envelope", "machine", "given mixture"):
        detector = fitted(name, None)
        again = pickle.loads(pickle.dumps(detector))
        np.testing.assert_array_equal(again.score_samples(X[:9]), detector.score_samples(X[:9]))


def test_cleaning_counts_its_rounds():
    told = []
    kept, model = clean(X, GaussianMixture(), 0.1, on_progress=told.append)
    same, other = clean(X, GaussianMixture(), 0.1)
    assert [(step.what, step.done, step.total, step.unit) for step in told] == [
        ("cleaning", number, None, "rounds") for number in range(1, len(told) + 1)
    ]
    assert len(told) > 1
    np.testing.assert_array_equal(kept, same)
    np.testing.assert_array_equal(model.means_, other.means_)
