"""Passes that leave out components that count for nothing give what the plain passes give."""

import numpy as np
import pytest

from mixtura import GaussianMixture, kernels
from mixtura.distributions import passes as passes_module
from mixtura.distributions.mixture import Mixture
from mixtura.distributions.noise import Noise
from mixtura.distributions.passes import Passes
from mixtura.distributions.pruning import pruning_of
from mixtura.distributions.shapes import SHAPES
from mixtura.engines import ThreadEngine
from mixtura.rows import ArrayRows, Block

NAMES = ("full", "tied", "diag", "spherical")
N_COMPONENTS = 20
NEGLIGIBLE = 1e-12
ENOUGH = 2**15  # values of a block that are pruned


def mixture(name, *, d=5, scale=6.0, seed=0, n_components=N_COMPONENTS):
    """Return groups of different sizes, forms and weights, `scale` standard deviations wide."""
    rng = np.random.default_rng(seed)
    roots = rng.standard_normal((n_components, d, 2 * d)) / np.sqrt(2 * d)
    sizes = rng.uniform(0.3, 3, n_components)[:, None, None]
    matrices = sizes * (roots @ roots.transpose(0, 2, 1)) + 0.05 * np.eye(d)
    values = {
        "full": matrices,
        "tied": matrices.mean(axis=0),
        "diag": np.diagonal(matrices, axis1=1, axis2=2),
        "spherical": np.trace(matrices, axis1=1, axis2=2) / d,
    }[name]
    weights = rng.dirichlet(np.ones(n_components))
    means = 100 + rng.normal(scale=scale, size=(n_components, d))
    return Mixture(weights, means, SHAPES[name](values, n_components, d))


def rows_of(model, n_rows=None, seed=1, *, scattered=True):
    """Return rows of a mixture, enough to be pruned; if `scattered`, one in twenty anywhere between the groups."""
    n_rows = ENOUGH // model.n_features + 100 if n_rows is None else n_rows
    rng = np.random.default_rng(seed)
    labels = rng.choice(model.n_components, n_rows, p=model.weights)
    roots = np.linalg.cholesky(model.covariance.dense)[labels]
    values = model.means[labels] + np.einsum("nij,nj->ni", roots, rng.standard_normal((n_rows, model.n_features)))
    if scattered:
        values[::20] = rng.uniform(values.min(axis=0), values.max(axis=0), values[::20].shape)
    return values


def both(model, dtype=np.float64):
    """Return passes that prune, which is made sure of, and those that do not."""
    pruned = Passes(model.components, dtype)
    assert pruned._pruning is not None
    return pruned, pruned._unpruned()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("scale", [0.0, 2.0, 8.0])
def test_within_reach_a_component_counts_for_nothing(name, scale):
    model = mixture(name, scale=scale)
    weights = np.where(np.arange(N_COMPONENTS) % 7 == 3, 1e-20, model.weights)  # some count for nothing near others
    model = Mixture(weights / weights.sum(), model.means, model.covariance)
    components = model.components
    reach = kernels.reaches(components.log_constants, *model.covariance.metric(model.means))
    X = np.vstack([rows_of(model, 1500), np.random.default_rng(2).normal(100, 30, (500, model.n_features))])
    one = np.ones(1)
    logs = np.column_stack(
        [
            np.log(weight)
            + Passes(
                Mixture(one, model.means[[k]], model.covariance.repeat(np.array([k]))).components, np.float64
            ).log_density(Block(X, None, 0))
            for k, weight in enumerate(model.weights)
        ]
    )
    distances = np.sqrt(2 * (components.log_constants - logs))
    cut = np.log(NEGLIGIBLE / model.n_components)
    for p in range(model.n_components):
        within = distances[:, [p]] < reach[p]
        assert (logs - logs[:, [p]])[within].max(initial=-np.inf) <= cut + 1e-9
        assert reach[p, p] == 0
    assert (reach > 0).any()


def test_reach_is_where_the_bound_is_met_on_the_line_between_two_means():
    # On that line the bound is the density itself.
    means, factors = np.array([[0.0], [30.0]]), np.array([[1.0], [0.5]])
    constants = np.array([-1.0, -2.0])
    reach = kernels.reaches(constants, means, factors)
    m = reach[0, 1]
    own, other = constants[0] - m**2 / 2, constants[1] - (0.5 * (30 - m)) ** 2 / 2
    assert other - own == pytest.approx(np.log(NEGLIGIBLE / 2), abs=1e-9)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", NAMES)
def test_pruned_passes_answer_as_plain_ones(name, dtype):
    model = mixture(name)
    X = rows_of(model).astype(dtype)
    block = Block(X, np.random.default_rng(3).uniform(0, 2, len(X)), 0)
    pruned, plain = both(model, dtype)
    tolerance = 1e-10 if dtype == np.float64 else 1e-4
    np.testing.assert_allclose(pruned.log_density(block), plain.log_density(block), rtol=0, atol=tolerance)
    np.testing.assert_allclose(pruned.responsibilities(block), plain.responsibilities(block), rtol=0, atol=tolerance)
    assert (pruned.responsibilities(block) == 0).mean() > 0.3
    np.testing.assert_array_equal(pruned.labels(block), plain.labels(block))
    found, expected = pruned.summarise(block), plain.summarise(block)
    for part in ("log_likelihood", "counts", "first", "second"):
        value = getattr(expected, part)
        bound = tolerance * np.abs(value).max()
        np.testing.assert_allclose(getattr(found, part), value, rtol=0, atol=bound, err_msg=part)


@pytest.mark.parametrize("d", [1, 2, 33])
def test_any_number_of_columns(d):
    model = mixture("full", d=d, scale=30.0)
    block = Block(rows_of(model), None, 0)
    pruned, plain = both(model)
    np.testing.assert_allclose(pruned.log_density(block), plain.log_density(block), rtol=0, atol=1e-9)
    np.testing.assert_allclose(pruned.summarise(block).second, plain.summarise(block).second, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", NAMES)
def test_rows_too_far_for_any_density_answer_as_plain_ones(name):
    model = mixture(name)
    X = rows_of(model)
    X[::50] = 1e200
    X[1::50] = -1e160
    block = Block(X, None, 0)
    pruned, plain = both(model)
    np.testing.assert_allclose(pruned.log_density(block), plain.log_density(block), rtol=0, atol=1e-9)
    np.testing.assert_allclose(pruned.responsibilities(block), plain.responsibilities(block), rtol=0, atol=1e-9)
    np.testing.assert_allclose(pruned.summarise(block).counts, plain.summarise(block).counts, rtol=1e-9, atol=1e-9)


def test_noise_takes_its_share():
    model = mixture("full")
    X = rows_of(model)
    noise = Noise(0.1, X.min(axis=0), X.max(axis=0))
    model = Mixture(0.9 * model.weights, model.means, model.covariance, noise=noise)
    pruned, plain = both(model)
    block = Block(X, None, 0)
    np.testing.assert_array_equal(pruned.labels(block), plain.labels(block))
    found, expected = pruned.summarise(block), plain.summarise(block)
    np.testing.assert_allclose(found.counts, expected.counts, rtol=1e-10, atol=1e-8)
    assert expected.counts.sum() < len(X) - 10


def test_the_bits_are_those_of_any_number_of_threads():
    model = mixture("full", d=2, scale=20.0)
    rows = ArrayRows(np.tile(rows_of(model), (9, 1)))
    moments = [both(model)[0].moments(rows, ThreadEngine(n)) for n in (1, 2, 3)]
    for other in moments[1:]:
        assert other.log_likelihood == moments[0].log_likelihood
        np.testing.assert_array_equal(other.second, moments[0].second)


def test_components_that_overlap_are_all_computed():
    assert Passes(mixture("full", scale=0.5).components, np.float64)._pruning is None


def test_few_components_and_few_rows_have_the_bits_of_plain_passes():
    few, many = mixture("full", n_components=15, scale=50.0), mixture("full", scale=50.0)
    for model, n_rows in ((few, 8000), (many, 6000)):
        passes = Passes(model.components, np.float64)
        block = Block(rows_of(model, n_rows), None, 0)
        np.testing.assert_array_equal(passes.log_density(block), passes._unpruned().log_density(block))
        np.testing.assert_array_equal(passes.summarise(block).second, passes._unpruned().summarise(block).second)


def test_factors_are_computed_whole():
    model = mixture("full")
    values = np.ones((N_COMPONENTS, model.n_features, 2))
    factors = Mixture(model.weights, model.means, SHAPES["factor"].with_factors(1)(values, *model.means.shape))
    assert Passes(factors.components, np.float64)._pruning is None


def test_a_component_that_few_rows_claim_gets_its_plain_moments():
    model = mixture("full", d=2, scale=30.0)
    means = model.means.copy()
    X = rows_of(model)
    means[0] = X.mean(axis=0) + 400  # every row is far from it, and it must be able to come back
    model = Mixture(model.weights, means, model.covariance)
    pruned, plain = both(model)
    rows, engine = ArrayRows(X), ThreadEngine(1)
    expected = plain.moments(rows, engine)
    assert pruned.summarise(Block(X, None, 0)).counts[0] == 0
    np.testing.assert_array_equal(pruned.moments(rows, engine).counts, expected.counts)


@pytest.mark.parametrize("name", NAMES)
def test_fits_are_those_of_plain_passes_and_climb(name, monkeypatch):
    model = mixture(name, d=3, scale=12.0)
    X = rows_of(model, scattered=False)
    bounds = []
    settings = {"covariance_type": name, "random_state": 0, "tol": 1e-4, "max_iter": 300}
    fit = GaussianMixture(N_COMPONENTS, on_progress=lambda p: bounds.append(p.lower_bound), **settings).fit(X)
    pruned = pruning_of(
        fit.mixture_.components.offsets, fit.mixture_.components.log_constants, fit.means_, fit.mixture_.covariance
    )
    assert pruned is not None
    assert np.diff(bounds).min() >= -1e-11
    monkeypatch.setattr(passes_module, "is_large", lambda *_: False)
    plain = GaussianMixture(N_COMPONENTS, **settings).fit(X)
    np.testing.assert_allclose(fit.means_, plain.means_, rtol=0, atol=1e-6 * np.abs(plain.means_).max())
    np.testing.assert_allclose(fit.weights_, plain.weights_, rtol=0, atol=1e-6)
