"""`MixtureSearch`: the count and the shape, chosen by a criterion."""

import sys

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import adjusted_rand_score

from mixtura import BayesianGaussianMixture, GaussianMixture, MixturePrior, MixtureSearch
from mixtura.errors import SingularCovarianceError
from mixtura.mixtures.choice.sweep import way_down
from pairwise import exhaustive

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
    search = MixtureSearch(range(1, 5), criterion=criterion, random_state=0).fit(X)
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


@pytest.fixture(scope="module", name="wide")
def many_columns():
    """Three round groups in 60 columns, 200 rows of them, and more to judge by."""
    random = np.random.default_rng(0)
    centers = random.normal(0, 1, (3, 60))
    group = random.integers(0, 3, 1200)
    rows = centers[group] + random.normal(0, 1, (1200, 60))
    return rows[:200], group[:200], rows[200:]


@pytest.mark.parametrize("criterion", ["bic", "icl"])
def test_components_with_too_few_rows_are_left_out(wide, criterion):
    """Each of five full components had 40 rows in 60 columns, and other rows a log density of -38,266 on average."""
    X, group, others = wide
    with pytest.warns(
        ConvergenceWarning, match=r"have the best criterion but are not reliable: component \d has .* rows, and nee"
    ):
        search = MixtureSearch(range(1, 6), criterion=criterion, random_state=0).fit(X)
    assert search.best_params_ == {"n_components": 3, "covariance_type": "spherical"}
    assert adjusted_rand_score(group, search.predict(X)) == 1
    assert search.score(others) > -90
    for candidate in search.candidates_:
        assert np.isinf(candidate.bic) == bool(candidate.left_out)
        assert bool(candidate.left_out) == (candidate.covariance_type == "full" and candidate.n_components > 1)


def test_cross_validation_leaves_nothing_out(wide):
    X, _, _ = wide
    search = MixtureSearch((1, 3), covariance_types=["full", "spherical"], criterion="cv", random_state=0).fit(X)
    assert search.best_params_ == {"n_components": 3, "covariance_type": "spherical"}
    assert not any(candidate.left_out for candidate in search.candidates_)


def test_a_prior_makes_candidates_sound(wide):
    X, _, others = wide
    search = MixtureSearch((1, 3, 5), covariance_types=["full"], prior="default", random_state=0).fit(X)
    assert not any(candidate.left_out for candidate in search.candidates_)
    assert search.score(others) > -150


def test_components_on_equal_rows_are_left_out():
    random = np.random.default_rng(0)
    X = np.where(random.random((300, 1)) < 0.4, 0.0, random.normal(5, 2, (300, 1)))
    with pytest.warns(ConvergenceWarning, match="singular but for reg_covar; 1 full components are chosen"):
        search = MixtureSearch((1, 2), covariance_types=["full"], random_state=0).fit(X)
    assert search.best_params_["n_components"] == 1
    relative = MixtureSearch(
        (1, 2), covariance_types=["full"], reg_covar=1e-3, regularization="relative", random_state=0
    ).fit(X)
    assert relative.best_params_["n_components"] == 2  # such a ridge is a width that was chosen


def test_nothing_sound_is_told():
    random = np.random.default_rng(0)
    X = random.normal(size=(12, 4))
    with pytest.warns(ConvergenceWarning, match="chosen only because no candidate is sound"):
        search = MixtureSearch(4, covariance_types=["full"], random_state=0).fit(X)
    assert search.best_params_["n_components"] == 4
    assert np.isfinite(search.candidates_[0].bic)


def test_a_column_that_follows_from_others_makes_nothing_unsound(X):
    table = np.column_stack([X, X.sum(axis=1)])
    search = MixtureSearch((1, 3), covariance_types=["full"], random_state=0).fit(table)
    assert search.best_params_["n_components"] == 3
    assert not any(candidate.left_out for candidate in search.candidates_)


@pytest.mark.filterwarnings("ignore:.*are not reliable")
def test_counts_above_the_rows_are_not_tried():
    X = np.random.default_rng(0).normal(size=(5, 1))
    with pytest.warns(UserWarning, match="9 components need as many rows, and the table has 5: counts above 3 are not"):
        search = MixtureSearch((1, 3, 9), covariance_types=["spherical"], random_state=0).fit(X)
    assert {candidate.n_components for candidate in search.candidates_} == {1, 3}
    weights = [1, 1, 1, 0, 0]
    with pytest.warns(UserWarning, match="4 components need as many rows, and 3 of 5 have a weight and a value"):
        MixtureSearch((1, 4), covariance_types=["spherical"], random_state=0).fit(X, sample_weight=weights)
    with pytest.warns(UserWarning, match="5 components need as many rows, and 5 folds of 5 rows leave 4"):
        MixtureSearch((1, 5), covariance_types=["spherical"], criterion="cv", random_state=0).fit(X)


@pytest.mark.filterwarnings("ignore:.*are not reliable")
def test_the_default_counts_suit_small_tables():
    X = np.random.default_rng(0).normal(size=(6, 1))
    with pytest.warns(UserWarning, match="counts above 6 are not tried"):
        MixtureSearch(random_state=0).fit(X)


def test_the_rest_of_what_an_estimator_does(X):
    search = MixtureSearch((2, 3), covariance_types=["spherical"], random_state=0)
    assert not hasattr(search, "mixture_")
    labels = search.fit_predict(X)
    np.testing.assert_array_equal(labels, search.predict(X))
    assert search.mixture_ is search.best_estimator_.mixture_
    rows, components = search.sample(50)
    assert rows.shape == (50, 2)
    np.testing.assert_array_equal(np.unique(components), [0, 1, 2])


@pytest.mark.parametrize(
    "estimator",
    [
        GaussianMixture(),
        GaussianMixture(tol=1e-6, n_init=2, init_params="k-means++"),
        GaussianMixture(family="t"),
        GaussianMixture(noise=True),
        GaussianMixture(trim=0.05),
        GaussianMixture(prior="default"),
        GaussianMixture(prior=MixturePrior(strength=0.1), regularization="relative"),
        BayesianGaussianMixture(max_iter=1000),
    ],
    ids=str,
)
def test_any_estimator_can_be_searched_with(X, estimator):
    search = MixtureSearch((1, 2, 3, 4), covariance_types=["tied", "diag"], estimator=estimator, random_state=0).fit(X)
    best = search.best_estimator_
    assert type(best) is type(estimator)
    assert adjusted_rand_score(np.repeat([0, 1, 2], 80), search.predict(X)) > 0.9
    changed = {"n_components", "covariance_type", "random_state"}
    kept = [{k: v for k, v in one.get_params().items() if k not in changed} for one in (best, estimator)]
    assert str(kept[0]) == str(kept[1])
    if isinstance(estimator, GaussianMixture) and not estimator.trim:
        (found,) = (
            c
            for c in search.candidates_
            if c.n_components == best.n_components and c.covariance_type == best.covariance_type
        )
        assert found.bic == pytest.approx(best.bic(X))


def test_trimmed_candidates_are_measured_by_the_rows_kept(X):
    far = np.vstack([X, np.random.default_rng(1).uniform(-40, 40, (12, 2))])
    search = MixtureSearch(
        (1, 3, 4), covariance_types=["full"], estimator=GaussianMixture(trim=0.05), random_state=0
    ).fit(far)
    assert search.best_params_["n_components"] == 3
    best = search.best_estimator_
    kept = np.sort(best.score_samples(far))[::-1]
    whole = int(0.95 * len(far))
    total = kept[:whole].sum() + (0.95 * len(far) - whole) * kept[whole]
    (found,) = (c for c in search.candidates_ if c.n_components == 3)
    assert found.log_likelihood == pytest.approx(total)
    assert found.bic == pytest.approx(-2 * total + 17 * np.log(0.95 * len(far)))


def test_a_prior_of_the_search_is_that_of_its_fits(X):
    search = MixtureSearch(3, covariance_types=["full"], prior="default", random_state=0).fit(X)
    alone = GaussianMixture(3, prior="default", tol=1e-5, max_iter=300, random_state=0).fit(X)
    assert search.best_estimator_.prior == "default"
    order = [np.argsort(fit.means_[:, 0]) for fit in (search.best_estimator_, alone)]
    np.testing.assert_allclose(search.best_estimator_.means_[order[0]], alone.means_[order[1]], atol=1e-3)


def test_units_do_not_matter_with_relative_regularization(X):
    settings = {"covariance_types": ["full"], "regularization": "relative", "reg_covar": 1e-3, "random_state": 0}
    one = MixtureSearch((2, 3), **settings).fit(X)
    other = MixtureSearch((2, 3), **settings).fit(X * [1e-6, 1e6])
    np.testing.assert_array_equal(one.predict(X), other.predict(X * [1e-6, 1e6]))


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"estimator": GaussianMixture(), "prior": "default"}, "prior and regularization are those of estimator"),
        ({"estimator": BayesianGaussianMixture(), "regularization": "relative"}, "prior and regularization are those"),
        ({"estimator": GaussianMixture(means_init=[[0.0, 0.0]])}, "means_init is for one number of components"),
        ({"estimator": GaussianMixture(weights_init=[1.0])}, "weights_init is for one number of components"),
        (
            {"estimator": GaussianMixture(trim=0.1), "criterion": "icl"},
            "criterion 'icl' counts every row, and trim=0.1",
        ),
        ({"estimator": GaussianMixture(trim=0.1), "criterion": "cv"}, "criterion 'cv' counts every row"),
        (
            {"estimator": GaussianMixture(), "criterion": "elbo"},
            "criterion 'elbo' does not compare fits of maximum like",
        ),
        ({"prior": "none"}, "'prior' parameter of MixtureSearch"),
        ({"regularization": "none"}, "'regularization' parameter of MixtureSearch"),
    ],
)
def test_contradictions_are_named(X, settings, sentence):
    with pytest.raises(ValueError, match=sentence):
        MixtureSearch((1, 2), **settings).fit(X)


@pytest.mark.parametrize("criterion", ["bic", "mml", *exhaustive("icl", "cv")])
def test_classes_of_categories_are_counted(criterion):
    random = np.random.default_rng(0)
    group = random.integers(2, size=300)
    agree = [np.where(random.random(300) < 0.85, group, random.integers(2, size=300)) for _ in range(4)]
    rows = np.column_stack([*agree, random.normal(size=300) + 3 * group])
    for columns in (slice(4), slice(5)):
        search = MixtureSearch(
            range(1, 4),
            covariance_types=["diag"],
            criterion=criterion,
            categorical_features=range(4),
            random_state=0,
            n_folds=3,
        ).fit(rows[:, columns])
        assert search.best_params_["n_components"] == 2
