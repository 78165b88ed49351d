"""`MixtureSearch`: the count and the shape, chosen by a criterion."""

import sys

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

from mixtura import GaussianMixture, MixtureSearch
from mixtura.errors import SingularCovarianceError
from mixtura.mixtures.sweep import way_down

SHAPES = ["full", "tied", "diag", "spherical"]
COLUMNS = [
    "n_components",
    "covariance_type",
    "bic",
    "aic",
    "icl",
    "mml",
    "log_likelihood",
    "n_parameters",
    "n_iter",
    "converged",
    "left_out",
]


@pytest.fixture(scope="module", name="X")
def table():
    random = np.random.default_rng(0)
    return np.concatenate([random.normal(center, 1, (80, 2)) for center in ((0, 0), (7, 0), (0, 7))])


@pytest.fixture(scope="module")
def search(X):
    return MixtureSearch(range(1, 5), random_state=0).fit(X)


def test_finds_the_groups(search):
    assert search.best_params_ == {"n_components": 3, "covariance_type": "spherical"}


def test_table_of_results(need, search):
    pd = need("pandas")
    assert isinstance(search.results_, pd.DataFrame)
    assert list(search.results_.columns) == COLUMNS
    tried = list(zip(search.results_["n_components"], search.results_["covariance_type"], strict=True))
    assert tried == [(count, shape) for count in range(1, 5) for shape in SHAPES]
    assert search.results_["bic"].tolist() == [candidate.bic for candidate in search.candidates_]


class Missing:
    """Finds that pandas is not installed."""

    def find_spec(self, name, path=None, target=None):
        if name == "pandas":
            raise ModuleNotFoundError("no pandas here", name=name)


def test_table_of_results_without_pandas(X, monkeypatch):
    monkeypatch.delitem(sys.modules, "pandas", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Missing(), *sys.meta_path])
    results = MixtureSearch((1, 2), covariance_types=["full"], random_state=0).fit(X).results_
    assert list(results) == COLUMNS
    assert results["n_components"] == [1, 2]
    assert all(isinstance(values, list) for values in results.values())


def test_criteria_are_what_they_say(X):
    """By their formulas, from the public methods of the estimator."""
    search = MixtureSearch(3, covariance_types=["full"], random_state=0).fit(X)
    (found,), best = search.candidates_, search.best_estimator_
    assert found.log_likelihood == pytest.approx(best.score_samples(X).sum())
    assert found.n_parameters == 2 + 6 + 9
    assert found.bic == pytest.approx(best.bic(X))
    assert found.aic == pytest.approx(best.aic(X))
    assert found.icl == pytest.approx(found.bic - 2 * np.log(best.predict_proba(X).max(axis=1)).sum())
    assert found.icl >= found.bic


@pytest.mark.parametrize("criterion", ["bic", "aic", "icl"])
def test_lowest_criterion_wins(X, criterion):
    search = MixtureSearch(range(1, 6), criterion=criterion, random_state=0).fit(X)
    best = min(search.candidates_, key=lambda candidate: getattr(candidate, criterion))
    assert search.best_params_ == {"n_components": best.n_components, "covariance_type": best.covariance_type}


def test_icl_prefers_separate_groups():
    """A skewed group is two normal ones by BIC, and one by ICL."""
    X = np.random.default_rng(0).gamma(2, size=(600, 1))
    counts = {
        criterion: MixtureSearch(range(1, 5), covariance_types=["full"], criterion=criterion, random_state=0)
        .fit(X)
        .best_params_["n_components"]
        for criterion in ("bic", "icl")
    }
    assert counts["icl"] < counts["bic"]


def test_answers_are_those_of_the_best_estimator(X, search):
    best = search.best_estimator_
    assert isinstance(best, GaussianMixture)
    for method in ("predict", "predict_proba", "score_samples"):
        np.testing.assert_array_equal(getattr(search, method)(X), getattr(best, method)(X))
    assert search.score(X) == best.score(X)
    assert best.get_params()["n_components"] == 3
    assert best.mixture_.n_components == 3


def test_neighbours_help(X, search):
    """With more components or freer shapes the likelihood is no lower."""
    found = {(c.n_components, c.covariance_type): c.log_likelihood for c in search.candidates_}
    for shape in SHAPES:
        assert np.diff([found[count, shape] for count in range(1, 5)]).min() > -1e-2 * len(X)
    assert all(found[1, "full"] >= found[1, shape] - 1e-6 for shape in SHAPES)


@pytest.mark.parametrize(
    ("counts", "expected"),
    [([1, 2, 3], [(2, 3)]), ([2, 5, 9], [(5, 9), (2, 5)]), ([4], []), ([1], []), ([1, 2], [])],
)
def test_way_down(counts, expected):
    assert way_down(counts) == expected


def test_on_progress(X):
    told = []
    search = MixtureSearch((1, 2, 4), covariance_types=["full", "diag"], random_state=0, on_progress=told.append)
    search.fit(X)
    assert [step.done for step in told] == list(range(1, 9))
    assert {step.total for step in told} == {8}
    ways = [(step.candidate.n_components, step.candidate.covariance_type) for step in told]
    assert ways == [(count, shape) for count in (1, 2, 4, 2) for shape in ("full", "diag")]
    last = {(step.candidate.n_components, step.candidate.covariance_type): step.candidate for step in told}
    assert search.candidates_ == list(last.values())


@pytest.mark.parametrize("counts", [2, np.int64(2), [2], (2, 2), np.array([2]), {2}, range(2, 3)])
def test_counts_in_any_form(X, counts):
    search = MixtureSearch(counts, covariance_types=("full",), random_state=0)
    for copied in (search, clone(search)):
        assert copied.fit(X).best_params_["n_components"] == 2


def test_counts_are_tried_in_order_once(X):
    search = MixtureSearch([3, 1, 3], covariance_types=["diag", "diag"], random_state=0).fit(X)
    assert [candidate.n_components for candidate in search.candidates_] == [1, 3]


def test_a_generator_cannot_be_read_twice(X):
    with pytest.raises(ValueError, match="'n_components' parameter of MixtureSearch must be"):
        MixtureSearch(count for count in (1, 2)).fit(X)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"n_components": []}, "n_components must be one or more counts"),
        ({"n_components": [0, 1]}, "n_components must be one or more counts of at least 1"),
        ({"n_components": 0}, "n_components"),
        ({"n_components": [1.5]}, "n_components"),
        ({"n_components": ["two"]}, "n_components"),
        ({"covariance_types": []}, "covariance_types must be some of"),
        ({"covariance_types": ["round"]}, "covariance_types must be some of"),
        ({"covariance_types": "full"}, "covariance_types"),
        ({"criterion": "gap"}, "'criterion' parameter"),
        ({"max_iter": 0}, "'max_iter' parameter"),
        ({"n_components": [241]}, "241 components need as many rows, and the table has 240: try fewer"),
    ],
)
def test_wrong_parameters(X, settings, sentence):
    with pytest.raises(ValueError, match=sentence):
        MixtureSearch(**settings).fit(X)


def test_singular_candidates_do_not_stop_the_search(X):
    table = np.column_stack([X, X[:, 0]])  # one column twice: only shapes without correlations can be fitted
    search = MixtureSearch((1, 2, 3), reg_covar=0, random_state=0).fit(table)
    assert search.best_params_["covariance_type"] in ("diag", "spherical")
    for candidate in search.candidates_:
        singular = candidate.covariance_type in ("full", "tied")
        assert np.isinf([candidate.bic, candidate.aic, candidate.icl]).tolist() == [singular] * 3
        assert candidate.converged is not singular


def test_every_candidate_singular(X):
    with pytest.raises(SingularCovarianceError, match="ill-defined empirical covariance"):
        MixtureSearch((1, 2), reg_covar=0, covariance_types=["full"]).fit(np.column_stack([X, X[:, 0]]))


def test_warns_once_of_an_unfinished_best(X):
    with pytest.warns(ConvergenceWarning, match="did not converge") as caught:
        MixtureSearch((2, 3), covariance_types=["full"], tol=1e-14, max_iter=3, random_state=0).fit(X)
    assert len(caught) == 1


def test_same_seed_same_search(X, search):
    again = MixtureSearch(range(1, 5), random_state=0).fit(X)
    assert again.candidates_ == search.candidates_
    assert again.best_estimator_.mixture_ == search.best_estimator_.mixture_


def test_single_precision(X):
    search = MixtureSearch((2, 3), random_state=0).fit(X.astype(np.float32))
    assert search.best_params_["n_components"] == 3
    assert search.best_estimator_.means_.dtype == np.float32
