"""What moves cost beside the fit that they end: counted in passes and in pairs valued, not in seconds."""

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from mixtura import BayesianGaussianMixture
from mixtura.mixtures.bayes import moves
from mixtura.mixtures.em.expectation import Expectation

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

N_COMPONENTS = 10


def groups(n_rows, n_columns, seed):
    random = np.random.default_rng(seed)
    centers, group = random.normal(size=(3, n_columns)), random.integers(0, 3, n_rows)
    return centers[group] + random.normal(size=(n_rows, n_columns)), group


@pytest.fixture
def counted(monkeypatch):
    """Passes, in parts of one in which all components are alive, and pairs valued."""
    found = {"passes": 0.0, "pairs": 0}
    run, value = Expectation.__call__, moves.merge_gains

    def pass_over(self, model):
        found["passes"] += float(getattr(model, "alive", np.ones(1)).mean())
        return run(self, model)

    def value_pairs(posterior, first, second, halves=None):
        found["pairs"] += len(first)
        return value(posterior, first, second, halves)

    monkeypatch.setattr(Expectation, "__call__", pass_over)
    monkeypatch.setattr(moves, "merge_gains", value_pairs)
    return found


@pytest.mark.parametrize("shape", ["full", "tied", "diag"])
@pytest.mark.parametrize(("n_rows", "n_columns"), [(150, 100), (300, 150), (60, 30), (200, 60)])
def test_moves_cost_no_more_than_the_fit(counted, shape, n_rows, n_columns):
    X, _ = groups(n_rows, n_columns, 0)
    estimator = BayesianGaussianMixture(n_components=N_COMPONENTS, covariance_type=shape, random_state=0, max_iter=200)
    n_iter = estimator.set_params(moves=False).fit(X).n_iter_
    counted.update(passes=0.0, pairs=0)
    estimator.set_params(moves=False).fit(X)
    alone = counted["passes"]
    counted.update(passes=0.0, pairs=0)
    estimator.set_params(moves=True).fit(X)
    assert counted["passes"] - alone <= n_iter + 1  # and the last step, which batches go on from
    # With two neighbours of each, and those again that merges change, it is four pairs a component at most. Pairs that
    # share a covariance take next to nothing.
    assert shape == "tied" or counted["pairs"] <= N_COMPONENTS * max(4, n_iter * (1 + n_rows / n_columns))


@pytest.mark.parametrize(("n_rows", "n_columns"), [(150, 100), (300, 150)])
def test_short_fits_find_the_groups_all_the_same(n_rows, n_columns):
    X, group = groups(n_rows, n_columns, 1)
    bgm = BayesianGaussianMixture(n_components=N_COMPONENTS, random_state=0, max_iter=200).fit(X)
    assert bgm.n_effective_components_ == 3
    assert adjusted_rand_score(group, bgm.predict(X)) > 0.99
