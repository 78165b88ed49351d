"""The trimmed E-step, and `GaussianMixture(trim=...)`."""

import warnings
from itertools import combinations

import numpy as np
import pytest
from scipy.special import logsumexp
from scipy.stats import multivariate_normal, multivariate_t
from sklearn.exceptions import ConvergenceWarning

from mixtura import GaussianMixture, Mixture
from mixtura.distributions.noise import Noise
from mixtura.distributions.shapes import SEARCHED, SHAPES
from mixtura.engines import ThreadEngine
from mixtura.intake.sample import Sample, take_sample
from mixtura.intake.table import Table
from mixtura.mixtures.em.expectation import Expectation, passes_for
from mixtura.mixtures.em.trim import TrimmedExpectation
from mixtura.mixtures.em.updates import MaximumLikelihood
from mixtura.rows import ArrayRows
from mixtura.statistics.moments import Moments

unfinished = pytest.mark.filterwarnings("ignore:Best performing initialization did not converge")

MEANS = np.array([[0.0, 0.0], [5.0, -3.0]])


def mixture_of(shape="full", degrees=None, noise=None):
    values = {
        "full": [[[1.0, 0.3], [0.3, 1.0]], [[0.5, 0.0], [0.0, 2.0]]],
        "tied": [[1.0, 0.3], [0.3, 1.0]],
        "diag": [[1.0, 2.0], [0.5, 1.0]],
        "spherical": [1.0, 0.6],
    }[shape]
    weights = np.array([0.7, 0.3]) * (1 if noise is None else 1 - noise.weight)
    return Mixture(weights, MEANS, SHAPES[shape](values, 2, 2), degrees, noise)


def table(n_rows, seed=0, dtype=np.float64):
    """Two groups, and a tenth of the rows far outside."""
    X, _ = mixture_of().sample(n_rows, np.random.RandomState(seed))
    random = np.random.default_rng(seed)
    outliers = random.choice(n_rows, size=n_rows // 10, replace=False)
    X[outliers] = random.uniform(-60, 60, size=(len(outliers), 2))
    return random.permutation(X).astype(dtype)


def expectation(X, share, weights=None, engine=None, sample=None, missing="error"):
    rows = ArrayRows(X, sample_weight=weights, checked=True, missing=missing)
    engine = engine or ThreadEngine(1)
    sample = sample or take_sample(Table(rows, engine), np.random.RandomState(0), 2)
    return TrimmedExpectation(Table(rows, engine), share, sample)


def component_log_densities(mixture, X):
    X = X.astype(np.float64)
    laws = [
        multivariate_t(m, c, df=np.inf if mixture.degrees_of_freedom is None else mixture.degrees_of_freedom[k])
        for k, (m, c) in enumerate(zip(mixture.means, mixture.covariance.dense, strict=True))
    ]
    return np.log(mixture.weights) + np.stack([law.logpdf(X) for law in laws], axis=1)


def brute_force(mixture, X, share, weights=None):
    """Sort all rows by log density, leave the lowest out, and sum moments about the means over the rest."""
    weights = np.ones(len(X)) if weights is None else weights.astype(float)
    parts = component_log_densities(mixture, X)
    density = logsumexp(parts, axis=1)
    if mixture.noise is not None:
        density = np.logaddexp(density, mixture.noise.log_density)
    # Equal rows share what is left to take.
    _, level = np.unique(density.round(9), return_inverse=True)
    held = np.bincount(level, weights)
    taken = np.diff(np.minimum(np.cumsum(held), share * weights.sum()), prepend=0)
    kept = weights * (1 - np.divide(taken, held, out=np.zeros_like(held), where=held > 0))[level]
    z = kept[:, None] * np.exp(parts - density[:, None])
    c = X.astype(np.float64)[:, None] - mixture.means
    u = 1.0
    if mixture.degrees_of_freedom is not None:
        q = np.einsum("nki,kij,nkj->nk", c, np.linalg.inv(mixture.covariance.dense), c)
        u = (mixture.degrees_of_freedom + 2) / (mixture.degrees_of_freedom + q)
    second = np.einsum("nk,nki,nkj->kij", u * z, c, c)
    return kept.sum(), kept @ density, z.sum(axis=0), np.einsum("nk,nki->ki", u * z, c), second


def in_layout(shape, matrices):
    lower = np.tril_indices(2)
    return {
        "full": matrices[(slice(None), *lower)],
        "tied": matrices.sum(axis=0)[lower],
        "diag": np.diagonal(matrices, axis1=1, axis2=2),
        "spherical": np.trace(matrices, axis1=1, axis2=2),
    }[shape]


def assert_moments(moments, mixture, X, share, weights=None, tolerance=1e-9):
    weight, log_likelihood, counts, first, second = brute_force(mixture, X, share, weights)
    assert moments.weight == pytest.approx(weight, rel=1e-9)
    assert moments.log_likelihood == pytest.approx(log_likelihood, rel=tolerance)
    np.testing.assert_allclose(moments.counts, counts, rtol=tolerance, atol=tolerance * weight)
    np.testing.assert_allclose(moments.first, first, rtol=tolerance, atol=tolerance * weight)
    expected = in_layout(mixture.covariance.name, second)
    np.testing.assert_allclose(moments.second, expected, rtol=tolerance, atol=tolerance * np.abs(expected).max())


# The trimmed E-step


@pytest.mark.parametrize("share", [0.001, 0.1, 0.25, 0.5])
@pytest.mark.parametrize("shape", SEARCHED)
def test_moments_are_those_of_sorting_all_rows(shape, share):
    X, mixture = table(997), mixture_of(shape)
    assert_moments(expectation(X, share)(mixture), mixture, X, share)


@pytest.mark.parametrize("share", [0.02, 0.1, 0.5])
def test_a_sample_is_enough_for_a_large_table(share):
    X, mixture = table(70_000), mixture_of()
    expect = expectation(X, share)
    assert not expect.sample.whole
    assert_moments(expect(mixture), mixture, X, share)


@pytest.mark.parametrize("share", [0.1, 0.31])
def test_weights_count(share):
    X, mixture = table(5000), mixture_of()
    weights = np.random.default_rng(1).exponential(size=5000) ** 3
    weights[::7] = 0
    assert_moments(expectation(X, share, weights)(mixture), mixture, X, share, weights)


@pytest.mark.parametrize("share", [0.05, 0.1, 0.1234, 0.5])
def test_equal_rows_at_the_cut_count_in_part(share):
    # Off the centre, so that no row is the mirror image of another: those tie but for rounding.
    X, mixture = table(4000).round() + np.array([0.13, 0.21]), mixture_of()
    assert len(np.unique(X, axis=0)) < 1000
    moments = expectation(X, share)(mixture)
    assert moments.weight == pytest.approx((1 - share) * 4000, rel=1e-12)
    assert_moments(moments, mixture, X, share)


def test_rows_all_equal_count_in_part():
    X, mixture = np.ones((1000, 2)), mixture_of()
    moments = expectation(X, 0.1)(mixture)
    plain = Expectation(Table(ArrayRows(X), ThreadEngine(1)))(mixture)
    assert moments.weight == pytest.approx(900)
    np.testing.assert_allclose(moments.second, 0.9 * plain.second, rtol=1e-12)


def test_single_precision():
    X, mixture = table(50_000, dtype=np.float32), mixture_of()
    moments = expectation(X, 0.1)(mixture)
    assert moments.weight == pytest.approx(45_000, rel=1e-9)
    assert_moments(moments, mixture, X, 0.1, tolerance=1e-4)


@pytest.mark.parametrize("shape", SEARCHED)
def test_student_components_and_noise(shape):
    X = table(3000)
    student = mixture_of(shape, degrees=[3.0, 9.0])
    moments = expectation(X, 0.1)(student)
    weight, log_likelihood, _, first, second = brute_force(student, X, 0.1)
    assert (moments.weight, moments.log_likelihood) == (pytest.approx(weight), pytest.approx(log_likelihood))
    np.testing.assert_allclose(moments.first, first, atol=1e-7)
    expected = in_layout(shape, second)
    np.testing.assert_allclose(moments.second, expected, rtol=1e-8, atol=1e-7)
    noisy = mixture_of(shape, noise=Noise(0.05, X.min(axis=0), X.max(axis=0)))
    # Far from all groups the density is that of the noise alone: most rows out there tie, to rounding.
    moments = expectation(X, 0.3)(noisy)
    weight, log_likelihood, counts, _, _ = brute_force(noisy, X, 0.3)
    assert moments.log_likelihood == pytest.approx(log_likelihood, rel=1e-9)
    np.testing.assert_allclose(moments.counts, counts, rtol=1e-9)


@pytest.mark.parametrize("shape", SEARCHED)
def test_same_bits_on_any_number_of_threads(shape):
    X, mixture = table(150_000), mixture_of(shape)
    alone, *others = (expectation(X, 0.1, engine=ThreadEngine(n))(mixture) for n in (1, 2, 3))
    for other in others:
        assert other.log_likelihood == alone.log_likelihood
        assert other.weight == alone.weight
        for name in ("counts", "first", "second"):
            np.testing.assert_array_equal(getattr(other, name), getattr(alone, name))


@pytest.mark.parametrize("misleading", ["dense", "scattered", "one"])
def test_a_misleading_sample_costs_passes_and_no_exactness(misleading):
    class Counting(ThreadEngine):
        passes = 0

        def fold(self, rows, summarise, zero):
            self.passes += 1
            return super().fold(rows, summarise, zero)

    X, mixture, engine = table(20_000), mixture_of(), Counting(1)
    order = np.argsort(mixture.log_density(X))
    chosen = {"dense": order[-2000:], "scattered": order[:1500], "one": order[[10_000] * 500]}[misleading]
    sample = Sample(X[np.sort(chosen)], np.ones(len(chosen)), whole=False)
    moments = expectation(X, 0.1, engine=engine, sample=sample)(mixture)
    assert engine.passes > 1
    assert_moments(moments, mixture, X, 0.1)


def test_one_pass_is_enough_for_a_fair_sample():
    X, mixture, seen = table(60_000), mixture_of(), []

    class Seeing(ThreadEngine):
        def fold(self, rows, summarise, zero):
            total = super().fold(rows, summarise, zero)
            seen.append(sum(map(len, total.values)))
            return total

    expectation(X, 0.1, engine=Seeing(1))(mixture)
    assert len(seen) == 1
    assert 0 < seen[0] < 0.1 * len(X)


def test_rows_far_away_are_left_out_whole():
    X, mixture = table(2000), mixture_of()
    X[::20] = np.array([1e200, -1e300])
    moments = expectation(X, 0.2)(mixture)
    assert np.isfinite(moments.second).all()
    kept = np.delete(X, np.s_[::20], axis=0)
    expected = expectation(kept, (0.2 * 2000 - 100) / 1900)(mixture)
    np.testing.assert_allclose(moments.second, expected.second, rtol=1e-9)
    assert moments.log_likelihood == pytest.approx(expected.log_likelihood, rel=1e-10)


def test_missing_values_are_trimmed_by_what_was_observed():
    X, mixture = table(3000), mixture_of()
    random = np.random.default_rng(0)
    X[random.random(X.shape) < 0.2] = np.nan
    empty = np.isnan(X).all(axis=1)
    assert empty.any()
    moments = expectation(X, 0.1, missing="allow")(mixture)
    rows = ArrayRows(X[~empty], missing="allow")
    passes = passes_for(mixture.components, rows)
    densities = mixture.log_density(X[~empty])
    n_out = 0.1 * (~empty).sum()
    order = np.argsort(densities)
    weights = np.ones(len(order))
    weights[order[: int(n_out)]] = 0
    weights[order[int(n_out)]] = 1 - (n_out - int(n_out))
    expected = passes.moments(ArrayRows(X[~empty], sample_weight=weights, missing="allow"), ThreadEngine(1))
    assert moments.weight == pytest.approx(0.9 * (~empty).sum())
    assert moments.log_likelihood == pytest.approx(expected.log_likelihood, rel=1e-10)
    np.testing.assert_allclose(moments.second, expected.second, rtol=1e-9)


# Fits


def fitted(X, n_components=2, sample_weight=None, **settings):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        settings = {"trim": 0.1, "random_state": 0, "tol": 1e-10, "max_iter": 500, "reg_covar": 0} | settings
        return GaussianMixture(n_components, **settings).fit(X, sample_weight=sample_weight)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("shape", SEARCHED)
def test_outliers_do_not_move_the_groups(shape, dtype):
    X = table(4000, dtype=dtype)
    gm = fitted(X, covariance_type=shape, tol=1e-5, reg_covar=1e-6)
    order = np.argsort(gm.means_[:, 0])
    np.testing.assert_allclose(gm.means_[order], MEANS, atol=0.2)
    assert gm.covariances_.max() < 4
    assert gm.means_.dtype == dtype


@pytest.mark.parametrize("n_rows", [1100, 33_000])
@pytest.mark.parametrize("shape", SEARCHED)
def test_outliers_that_lie_together_do_not_become_a_group(shape, n_rows):
    """k-means gives them a cluster, at the price of two groups joined; the kept rows are likelier without them."""
    n_outliers = n_rows // 11
    groups, _ = mixture_of(shape).sample(n_rows - n_outliers, np.random.RandomState(0))
    outliers = 100 + np.random.default_rng(0).normal(size=(n_outliers, 2))
    X = np.random.default_rng(1).permutation(np.vstack([groups, outliers]))
    gm = fitted(X, covariance_type=shape, tol=1e-5)
    np.testing.assert_allclose(gm.means_[np.argsort(gm.means_[:, 0])], MEANS, atol=0.25)
    assert gm.covariances_.max() < 3


def test_as_many_rows_as_components():
    X = table(40)[:4]
    gm = fitted(X, 4, trim=0.1, reg_covar=1e-3)
    assert np.isfinite(gm.score_samples(X)).all()


@pytest.mark.parametrize("shape", SEARCHED)
def test_the_rows_kept_are_the_densest_under_the_fit(shape):
    """At a fixed point the mixture is the plain estimate from the rows that are densest under it."""
    X = table(1000)
    gm = fitted(X, covariance_type=shape, tol=1e-14, max_iter=2000)
    densities = gm.score_samples(X)
    kept = np.argsort(densities)[100:]
    assert gm.lower_bound_ == pytest.approx(densities[kept].mean(), abs=1e-9)
    shares = gm.predict_proba(X[kept])
    np.testing.assert_allclose(gm.weights_, shares.mean(axis=0), atol=1e-6)
    np.testing.assert_allclose(gm.means_, shares.T @ X[kept] / shares.sum(axis=0)[:, None], atol=1e-5)


def test_one_group_of_a_tiny_table_is_the_best_of_all_subsets():
    """With one component this is the minimum covariance determinant: the best of the 495 subsets of 8 of 12 rows."""
    X = np.random.default_rng(4).normal(size=(12, 2))
    X[:3] += 6
    best = max(
        multivariate_normal(X[list(s)].mean(axis=0), np.cov(X[list(s)].T, ddof=0)).logpdf(X[list(s)]).mean()
        for s in combinations(range(12), 8)
    )
    start = {"precisions_init": [np.eye(2)], "weights_init": [1]}
    reached = [fitted(X, 1, trim=4 / 12, means_init=[row], **start).lower_bound_ for row in X]
    assert max(reached) == pytest.approx(best, abs=1e-8)


@unfinished
@pytest.mark.parametrize("shape", SEARCHED)
def test_no_trimming_is_the_plain_fit(shape):
    X = table(600)
    settings = {"covariance_type": shape, "random_state": 0, "max_iter": 5}
    plain, none = GaussianMixture(2, **settings).fit(X), GaussianMixture(2, trim=0.0, **settings).fit(X)
    assert none.mixture_ == plain.mixture_
    assert none.lower_bounds_ == plain.lower_bounds_


def test_weights_are_repeated_rows():
    X, weights = table(400), np.random.default_rng(0).integers(0, 4, size=400)
    start = {"weights_init": [0.5, 0.5], "means_init": MEANS, "precisions_init": [np.eye(2)] * 2}
    weighted = fitted(X, sample_weight=weights, max_iter=20, tol=0, **start)
    repeated = fitted(np.repeat(X, weights, axis=0), max_iter=20, tol=0, **start)
    np.testing.assert_allclose(weighted.lower_bounds_, repeated.lower_bounds_, rtol=1e-9)
    np.testing.assert_allclose(weighted.means_, repeated.means_, rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize("engine", [ThreadEngine(2), ThreadEngine(3)])
def test_fits_have_the_same_bits_on_any_number_of_threads(engine):
    X = table(140_000)
    alone = fitted(X, engine=ThreadEngine(1), max_iter=3)
    together = fitted(X, engine=engine, max_iter=3)
    assert together.mixture_ == alone.mixture_
    assert together.lower_bounds_ == alone.lower_bounds_


@pytest.mark.parametrize("trim", [-0.01, 0.51, 1.0, np.nan, "0.1", None])
def test_trim_is_a_share_up_to_a_half(trim):
    with pytest.raises(ValueError, match="The 'trim' parameter of GaussianMixture must be"):
        GaussianMixture(trim=trim).fit(table(50))


@pytest.mark.parametrize("robust", [{"trim": 0.2}, {"noise": True}, {"family": "t"}])
@pytest.mark.parametrize("shape", SEARCHED)
def test_fewer_rows_than_components(shape, robust):
    with pytest.raises(ValueError, match="Expected n_samples >= n_components but got n_components = 5, n_samples = 4"):
        GaussianMixture(5, covariance_type=shape, **robust).fit(table(40)[:4])


@pytest.mark.parametrize("robust", [{"trim": 0.2}, {"trim": 0.5}, {"noise": True}, {"family": "t"}])
@pytest.mark.parametrize("shape", SEARCHED)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_table_of_repeated_rows_gives_finite_parameters(shape, robust):
    X = np.repeat([[0.0, 0.0], [4.0, 1.0], [4.0, 2.0]], 20, axis=0)
    gm = GaussianMixture(2, covariance_type=shape, random_state=0, **robust).fit(X)
    for values in (gm.weights_, gm.means_, gm.covariances_, gm.score_samples(X), gm.predict_proba(X)):
        assert np.isfinite(values).all()
    assert (gm.means_ >= -1e-9).all()
    assert (gm.means_ <= 4 + 1e-9).all()


def test_missing_values_are_fitted():
    X = table(2000)
    X[np.random.default_rng(0).random(X.shape) < 0.1] = np.nan
    gm = fitted(X, tol=1e-5)
    np.testing.assert_allclose(gm.means_[np.argsort(gm.means_[:, 0])], MEANS, atol=0.3)


@pytest.mark.parametrize("left", [0.0, 3e-16, 1e-9])
def test_noise_that_no_row_is_left_to_has_no_weight(left):
    """What is left to noise is the rows less those of the components, and may be nothing but rounding."""
    noise = Noise(0.1, np.full(2, -9.0), np.full(2, 9.0))
    update = MaximumLikelihood(SHAPES["diag"], np.full(2, 1e-6), noise=noise)
    counts = np.array([0.7, 0.3]) * 64 * (1 - left)
    moments = Moments(MEANS, 64.0, 0.0, counts, np.zeros((2, 2)), np.full((2, 2), 64.0))
    weight = update(moments, mixture_of("diag", noise=noise)).noise.weight
    assert weight == pytest.approx(left if left > 1e-12 else 0.0, rel=1e-6, abs=0.0)
