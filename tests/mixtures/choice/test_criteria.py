"""What the candidates of a search are compared by: each criterion against its definition, worked out another way."""

import pickle
from itertools import pairwise

import numpy as np
import pytest
from scipy.special import gammaln
from scipy.stats import multivariate_normal
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning

from mixtura import GaussianMixture, Mixture, MixtureSearch
from mixtura.distributions.shapes import SHAPES
from mixtura.engines import ThreadEngine
from mixtura.engines.through import ThroughEngine
from mixtura.intake.table import Table
from mixtura.mixtures.bayes.estimator import BayesianGaussianMixture
from mixtura.mixtures.choice.criteria import message_length
from mixtura.mixtures.choice.folds import Folds, Part, cross_validate
from mixtura.rows import ArrayRows, Block, rows_per_block
from problems import one_factor

COLUMNS_OF_EVIDENCE = [
    "n_components",
    "covariance_type",
    "elbo",
    "n_effective_components",
    "n_iter",
    "converged",
    "left_out",
]


@pytest.fixture(scope="module", name="X")
def table():
    random = np.random.default_rng(0)
    return np.concatenate([random.normal(center, 1, (80, 2)) for center in ((0, 0), (7, 0), (0, 7))])


@pytest.fixture(scope="module")
def validated(X):
    return MixtureSearch(range(1, 5), covariance_types=["full", "spherical"], criterion="cv", random_state=0).fit(X)


# -- minimum message length


def information_of_covariance(shape, matrix):
    """Return the Fisher information that one row holds of the free entries of a normal covariance."""
    d = len(matrix)
    if shape == "spherical":
        directions = [np.eye(d)]
    elif shape == "diag":
        directions = [np.outer(unit, unit) for unit in np.eye(d)]
    else:
        units = np.eye(d)
        directions = [
            np.outer(units[i], units[j]) + (i != j) * np.outer(units[j], units[i])
            for i in range(d)
            for j in range(i + 1)
        ]
    precise = [np.linalg.solve(matrix, direction) for direction in directions]
    return np.array([[np.trace(one @ other) / 2 for other in precise] for one in precise])


def message_by_determinants(mixture, n_rows):
    """Equation 14 of Figueiredo and Jain, with their priors: determinants of the whole information, not counts."""
    shape = mixture.covariance.name
    total, n_parameters = 0.0, 0
    pieces = [(n_rows, np.diag(1 / mixture.weights))]
    for weight, matrix in zip(mixture.weights, mixture.covariance.dense, strict=True):
        pieces.append((n_rows * weight, np.linalg.inv(matrix)))
        if shape != "tied":
            pieces.append((n_rows * weight, information_of_covariance(shape, matrix)))
    if shape == "tied":
        pieces.append((n_rows, information_of_covariance(shape, mixture.covariance.values)))
    for n_told, information in pieces:
        log_prior = np.linalg.slogdet(information)[1] / 2
        total += np.linalg.slogdet(n_told * information)[1] / 2 - log_prior
        n_parameters += len(information)
    return total + n_parameters / 2 * (1 + np.log(1 / 12))


@pytest.mark.parametrize("shape", SHAPES)
def test_message_length_is_half_the_log_information(shape):
    random = np.random.default_rng(1)
    roots = random.normal(size=(3, 2, 2))
    dense = roots @ roots.transpose(0, 2, 1) + np.eye(2)
    values = {"full": dense, "tied": dense[0], "diag": [[1, 2], [3, 4], [5, 6]], "spherical": [1, 2, 3]}
    values = (values | {"factor": one_factor(dense)})[shape]
    mixture = Mixture([0.2, 0.3, 0.5], random.normal(size=(3, 2)), SHAPES[shape](values, 3, 2))
    assert message_length(mixture, 150.0) == pytest.approx(message_by_determinants(mixture, 150.0), rel=1e-12)


@pytest.mark.parametrize(("shape", "n_own"), [("full", 5), ("diag", 4), ("spherical", 3)])
def test_message_length_is_equation_15(X, shape, n_own):
    search = MixtureSearch(3, covariance_types=[shape], random_state=0).fit(X)
    (found,), weights = search.candidates_, search.best_estimator_.weights_
    n, k = len(X), 3
    expected = n_own / 2 * np.log(n * weights / 12).sum() + k / 2 * np.log(n / 12) + k * (n_own + 1) / 2
    assert found.mml == pytest.approx(expected - search.score_samples(X).sum(), rel=1e-12)


def test_empty_components_cost_nothing():
    covariance = SHAPES["full"](np.stack([np.eye(2)] * 3), 3, 2)
    means = [[0.0, 0.0], [3.0, 0.0], [9.0, 9.0]]
    two = Mixture([0.4, 0.6], means[:2], covariance.repeat(np.arange(2)))
    three = Mixture([0.4, 0.6, 0.0], means, covariance)
    assert message_length(three, 100.0) == message_length(two, 100.0)


def four_groups(seed):
    """Return the second example of Figueiredo and Jain, section 6: two groups with one middle, one small and tight."""
    random = np.random.default_rng(seed)
    means = [(-4, -4), (-4, -4), (2, 2), (-1, -6)]
    covariances = [[[1, 0.5], [0.5, 1]], [[6, -2], [-2, 6]], [[2, -1], [-1, 2]], [[0.125, 0], [0, 0.125]]]
    counts = random.multinomial(1000, [0.3, 0.3, 0.3, 0.1])
    return np.vstack([random.multivariate_normal(*group) for group in zip(means, covariances, counts, strict=True)])


def three_bands(seed):
    """Return the first example there: three bands that overlap, one above the other."""
    random = np.random.default_rng(seed)
    return np.repeat([(0, -2), (0, 0), (0, 2)], 300, axis=0) + random.normal(size=(900, 2)) * np.sqrt([2, 0.2])


@pytest.mark.parametrize("seed", range(5))
def test_message_length_finds_three_bands(seed):
    search = MixtureSearch(range(1, 6), covariance_types=["diag"], criterion="mml", random_state=0)
    assert search.fit(three_bands(seed)).best_params_["n_components"] == 3


def test_message_length_finds_four_groups_of_which_two_share_a_middle():
    search = MixtureSearch(range(1, 7), covariance_types=["full"], criterion="mml", random_state=0)
    found = [search.fit(four_groups(seed)).best_params_["n_components"] for seed in range(5)]
    assert found.count(4) >= 4


# -- cross-validation


def test_cross_validated_likelihood_is_that_of_fits_to_the_other_folds(X):
    """With one component the fit is known: the mean and covariance of the training rows."""
    folds = Folds(4, len(X), seed=3)
    labels = folds.of(Block(X, None, 0))

    def fit(table):
        moments = table.fold(lambda block: np.array([block.weights.sum()]), np.zeros(1))
        assert moments[0] == 180
        mixture = GaussianMixture(reg_covar=0).fit(X, sample_weight=weights_seen(table)).mixture_
        return {"one": mixture, "none": None}

    def weights_seen(table):
        return np.concatenate(list(table.map(lambda block: block.weights)))

    found = cross_validate(Table(ArrayRows(X), ThreadEngine()), folds, fit)
    total = 0.0
    for fold in range(4):
        train, test = X[labels != fold], X[labels == fold]
        total += multivariate_normal(train.mean(axis=0), np.cov(train.T, bias=True)).logpdf(test).sum()
    assert found["one"] == pytest.approx(total / len(X), rel=1e-9)
    assert found["none"] == -np.inf


def test_highest_cross_validated_likelihood_wins(validated):
    best = max(validated.candidates_, key=lambda candidate: candidate.cv_log_likelihood)
    assert validated.best_params_ == {"n_components": best.n_components, "covariance_type": best.covariance_type}
    assert best.n_components == 3
    assert list(validated.results_["cv_log_likelihood"]) == [c.cv_log_likelihood for c in validated.candidates_]


def test_other_rows_are_less_likely_than_those_fitted_to(X, validated):
    assert all(c.cv_log_likelihood < c.log_likelihood / len(X) for c in validated.candidates_)


def test_cross_validation_leaves_the_fits_as_they_are(X, validated):
    without = MixtureSearch(range(1, 5), covariance_types=["full", "spherical"], random_state=0).fit(X)
    for one, other in zip(validated.candidates_, without.candidates_, strict=True):
        assert one.log_likelihood == pytest.approx(other.log_likelihood, rel=1e-2)
        assert other.cv_log_likelihood is None
    assert "cv_log_likelihood" not in without.results_


def test_same_seed_same_folds(X, validated):
    settings = {"covariance_types": ["full", "spherical"], "criterion": "cv"}
    assert MixtureSearch(range(1, 5), random_state=0, **settings).fit(X).candidates_ == validated.candidates_
    other = MixtureSearch(1, random_state=1, **settings).fit(X).candidates_[0]
    assert other.cv_log_likelihood != validated.candidates_[0].cv_log_likelihood


def test_progress_counts_the_folds(X):
    told = []
    MixtureSearch((1, 2), covariance_types=["diag"], criterion="cv", n_folds=3, on_progress=told.append).fit(X)
    assert [step.done for step in told] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert {step.total for step in told} == {8}


@pytest.mark.parametrize(("n_rows", "n_folds"), [(10, 3), (7, 7), (2**16 + 1001, 5), (3 * 2**16, 2)])
def test_folds_are_of_equal_size(n_rows, n_folds):
    labels = Folds(n_folds, n_rows, seed=5).of(Block(np.empty((n_rows, 1)), None, 0))
    counts = np.bincount(labels, minlength=n_folds)
    assert counts.sum() == n_rows
    assert counts.max() - counts.min() <= 1


def test_folds_do_not_depend_on_how_rows_are_cut():
    n_rows = 2**16 + 5000
    folds = Folds(4, n_rows, seed=5)
    whole = folds.of(Block(np.empty((n_rows, 1)), None, 0))
    cuts = [0, 1, 300, 2**16 - 7, 2**16, 2**16 + 3, n_rows]
    pieces = [folds.of(Block(np.empty((last - first, 1)), None, first)) for first, last in pairwise(cuts)]
    np.testing.assert_array_equal(np.concatenate(pieces), whole)


def test_folds_are_mixed_through_the_table():
    """Sorted tables must not give one group to one fold."""
    labels = Folds(5, 10_000, seed=0).of(Block(np.empty((10_000, 1)), None, 0))
    quarters = [np.bincount(part, minlength=5) for part in labels.reshape(4, -1)]
    # 500 rows of a fold in each quarter, give or take four standard deviations of 17.
    assert np.abs(np.array(quarters) - 500).max() < 70
    assert (np.diff(labels) % 5 == 1).mean() < 0.3


def test_parts_share_out_the_weights(X):
    folds = Folds(3, len(X), seed=0)
    weights = np.random.default_rng(0).uniform(size=len(X))
    block = Block(X, weights, 0)
    held_out = [Part(folds, fold, held_out=True)(block).weights for fold in range(3)]
    np.testing.assert_array_equal(np.sum(held_out, axis=0), weights)
    for fold, part in enumerate(held_out):
        np.testing.assert_array_equal(part + Part(folds, fold, held_out=False)(block).weights, weights)


def test_parts_travel(X):
    part = Part(Folds(3, len(X), seed=0), 1, held_out=True)
    block = Block(X, None, 0)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(part))(block).weights, part(block).weights)


@pytest.mark.one_case
@pytest.mark.parametrize("kind", ["file", "dask"])
def test_any_source_is_divided_alike(kind, need, tmp_path):
    random = np.random.default_rng(0)
    n_rows = rows_per_block(2) + 3000
    X = np.array([[0.0, 0.0], [6.0, 3.0]])[random.integers(2, size=n_rows)] + random.normal(size=(n_rows, 2))
    if kind == "file":
        pa, pq = need("pyarrow"), need("pyarrow.parquet")
        source = tmp_path / "table.parquet"
        pq.write_table(pa.table({"a": X[:, 0], "b": X[:, 1]}), source)
    else:
        source = need("dask.array").from_array(X, chunks=(20_000, 2))
    settings = {"covariance_types": ["spherical"], "criterion": "cv", "n_folds": 2, "random_state": 0}
    from_source, from_array = (MixtureSearch((1, 2), **settings).fit(table) for table in (source, X))
    assert from_source.best_params_["n_components"] == 2
    np.testing.assert_allclose(
        [c.cv_log_likelihood for c in from_source.candidates_],
        [c.cv_log_likelihood for c in from_array.candidates_],
        rtol=1e-9,
    )


@pytest.mark.parametrize(
    ("settings", "n_rows", "sentence"),
    [
        ({"n_folds": 1}, 100, "'n_folds' parameter"),
        ({"n_folds": 20}, 10, "20 folds need as many rows, and the table has 10: use fewer folds"),
        ({"n_folds": 2, "n_components": 6}, 10, "6 components need as many rows, and 2 folds of 10 rows leave 5: try"),
    ],
)
def test_too_few_rows_for_the_folds(X, settings, n_rows, sentence):
    with pytest.raises(ValueError, match=sentence):
        MixtureSearch(**{"n_components": 1, "criterion": "cv"} | settings).fit(X[:n_rows])


def test_engine_of_a_part_runs_where_the_other_does(X):
    class Recorder(ThreadEngine):
        folded = mapped = 0

        def fold(self, rows, summarise, zero):
            self.folded += 1
            return super().fold(rows, summarise, zero)

        def map(self, rows, transform):
            self.mapped += 1
            return super().map(rows, transform)

    inner = Recorder()
    engine = ThroughEngine(inner, Part(Folds(3, len(X), seed=0), 0, held_out=True))
    assert engine.fold(ArrayRows(X), lambda block: block.weights.sum(), 0.0) == 80
    assert sum(weights.sum() for weights in engine.map(ArrayRows(X), lambda block: block.weights)) == 80
    assert (inner.folded, inner.mapped) == (1, 2)  # a fold of the threads engine is a map


# -- evidence


@pytest.fixture(scope="module")
def evidence(X):
    estimator = BayesianGaussianMixture(max_iter=500, tol=1e-3)
    return MixtureSearch((1, 2, 3, 4), covariance_types=["full", "tied"], estimator=estimator, random_state=0).fit(X)


def test_evidence_finds_the_groups(evidence):
    assert isinstance(evidence.best_estimator_, BayesianGaussianMixture)
    assert evidence.best_estimator_.n_effective_components_ == 3
    best = max(evidence.candidates_, key=lambda candidate: candidate.elbo)
    assert evidence.best_params_ == {"n_components": best.n_components, "covariance_type": best.covariance_type}


def test_evidence_of_one_component_is_known():
    """For one variable, one normal group has its evidence in closed form (Murphy 2007, equation 95)."""
    x = np.random.default_rng(0).normal(2, 3, 50)
    prior = {"mean_prior": [1.0], "mean_precision_prior": 0.5, "degrees_of_freedom_prior": 4.0}
    weights = {"weight_concentration_prior_type": "dirichlet_distribution"}  # with one component, surely one
    estimator = BayesianGaussianMixture(covariance_prior=[[8.0]], reg_covar=0, tol=1e-12, **prior, **weights)
    search = MixtureSearch(1, covariance_types=["full"], estimator=estimator, random_state=0).fit(x[:, None])
    n, kappa, degrees, scale, mean = len(x), 0.5, 4.0, 8.0, 1.0
    after = scale + ((x - x.mean()) ** 2).sum() + kappa * n / (kappa + n) * (x.mean() - mean) ** 2
    evidence = (
        gammaln((degrees + n) / 2)
        - gammaln(degrees / 2)
        + degrees / 2 * np.log(scale)
        - (degrees + n) / 2 * np.log(after)
        + np.log(kappa / (kappa + n)) / 2
        - n / 2 * np.log(np.pi)
    )
    assert search.candidates_[0].elbo == pytest.approx(evidence, rel=1e-9)


def test_evidence_is_that_of_each_fit_alone(X, evidence):
    for found in evidence.candidates_:
        alone = BayesianGaussianMixture(
            n_components=found.n_components,
            covariance_type=found.covariance_type,
            max_iter=500,
            tol=1e-3,
            random_state=0,
        ).fit(X)
        assert found.elbo == alone.lower_bound_
        assert found.n_effective_components == alone.n_effective_components_
        assert (found.n_iter, found.converged) == (alone.n_iter_, alone.converged_)


def test_table_of_evidence(evidence):
    assert list(evidence.results_) == COLUMNS_OF_EVIDENCE
    assert list(evidence.results_["elbo"]) == [candidate.elbo for candidate in evidence.candidates_]
    assert list(evidence.results_["n_components"]) == [1, 1, 2, 2, 3, 3, 4, 4]


def test_answers_are_those_of_the_best_posterior(X, evidence):
    best = evidence.best_estimator_
    for method in ("predict", "predict_proba", "score_samples"):
        np.testing.assert_array_equal(getattr(evidence, method)(X), getattr(best, method)(X))
    assert best.n_features_in_ == 2


def test_estimator_itself_is_left_as_it_is(X):
    estimator = BayesianGaussianMixture(n_components=7, weight_concentration_prior=0.5, max_iter=300)
    told = []
    search = MixtureSearch(
        (2, 3), covariance_types=["diag"], estimator=estimator, random_state=4, on_progress=told.append
    ).fit(X)
    assert estimator.n_components == 7
    assert estimator.random_state is None
    assert not hasattr(estimator, "mixture_")
    found = search.best_estimator_.get_params()
    assert (found["weight_concentration_prior"], found["random_state"]) == (0.5, 4)
    assert [(step.done, step.total, step.candidate.n_components) for step in told] == [(1, 2, 2), (2, 2, 3)]


def test_only_the_best_posterior_warns(X):
    estimator = BayesianGaussianMixture(max_iter=1, tol=1e-9)
    search = MixtureSearch((2, 3), covariance_types=["full"], estimator=estimator, random_state=0)
    with pytest.warns(ConvergenceWarning, match="did not converge") as caught:
        search.fit(X)
    assert len(caught) == 1


@pytest.mark.parametrize("criterion", ["bic", "aic", "icl", "mml", "cv"])
def test_posteriors_have_evidence_only(X, criterion):
    search = MixtureSearch(2, criterion=criterion, estimator=BayesianGaussianMixture())
    with pytest.raises(ValueError, match=f"criterion '{criterion}' does not compare fits of variational inference"):
        search.fit(X)


def test_likeliest_fits_have_no_evidence(X):
    with pytest.raises(ValueError, match=r"give estimator=BayesianGaussianMixture\(\)"):
        MixtureSearch(2, criterion="elbo").fit(X)


def test_estimator_of_another_kind(X):
    with pytest.raises(ValueError, match="'estimator' parameter of MixtureSearch must be"):
        MixtureSearch(2, estimator=KMeans()).fit(X)


def test_a_prior_that_is_wrong_stops_the_search(X):
    estimator = BayesianGaussianMixture(covariance_prior=np.zeros((2, 2)), reg_covar=0)
    with pytest.raises(ValueError, match="covariance_prior"):
        MixtureSearch((1, 2), covariance_types=["full"], estimator=estimator).fit(X)
