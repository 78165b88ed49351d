"""A uniform component: `Noise`, mixtures with it, and `GaussianMixture(noise=True)`."""

import copy
import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
from scipy.stats import kstest, multivariate_normal, uniform
from sklearn.exceptions import ConvergenceWarning

from mixtura import GaussianMixture, Mixture
from mixtura.distributions.noise import Noise
from mixtura.distributions.shapes import SEARCHED, Full

unfinished = pytest.mark.filterwarnings("ignore:Best performing initialization did not converge")

MEANS = np.array([[0.0, 0.0], [5.0, -3.0]])
NOISE = Noise(0.2, [-10, -8], [12, 9])
VOLUME = 22 * 17


def mixture_of(noise=NOISE):
    weights = np.array([0.5, 0.5]) * (1 - (0 if noise is None else noise.weight))
    return Mixture(weights, MEANS, Full([np.eye(2), 0.5 * np.eye(2)], 2, 2), noise=noise)


def scattered(n_rows=2000, share=0.2, seed=0):
    """Two groups in a box of noise, and where each row is from."""
    mixture = mixture_of(Noise(share, [-10, -8], [12, 9]))
    return mixture.sample(n_rows, np.random.RandomState(seed))


# The box


def test_density_is_even_over_the_box():
    X = np.array([[0, 0], [-10, -8], [12, 9], [12.1, 0], [0, -8.1]])
    inside = np.log(0.2 / VOLUME)
    assert NOISE.log_density == pytest.approx(inside)
    np.testing.assert_allclose(NOISE.log_densities(X), [inside, inside, inside, -np.inf, -np.inf])
    assert NOISE.reweighted(0.0).log_density == -np.inf


def test_select_keeps_sides():
    assert NOISE.select([1]) == Noise(0.2, [-8], [9])
    assert NOISE.select([1, 0]) == Noise(0.2, [-8, -10], [9, 12])
    assert NOISE.reweighted(0.3) == Noise(0.3, [-10, -8], [12, 9])
    assert Noise(0.2, [-10, -8], [12, 10]) != NOISE
    assert NOISE != "noise"


@pytest.mark.parametrize("weight", [-0.1, 1.1, np.nan])
def test_weight_is_a_probability(weight):
    with pytest.raises(ValueError, match="the weight of the noise is a probability, not"):
        Noise(weight, [0.0], [1.0])


@pytest.mark.parametrize(("lower", "upper"), [([0, 0], [1]), ([0, 0], [1, 0]), ([0, 2], [1, 1]), ([[0]], [[1]])])
def test_box_has_a_volume(lower, upper):
    with pytest.raises(ValueError, match="noise fills a box whose sides are finite and positive"):
        Noise(0.5, lower, upper)


@pytest.mark.parametrize(
    "lower", [[0, -np.inf], [0, np.nan], np.ma.masked_array([0.0, 0.0], [False, True]), ["a", "b"]]
)
def test_corners_are_finite_numbers(lower):
    with pytest.raises(ValueError, match="corners of the box of noise must"):
        Noise(0.5, lower, [1, 1])


# The distribution


def test_log_density_is_that_of_scipy():
    X = np.vstack([scattered(300)[0], [[50.0, 0.0]]])
    normals = sum(0.4 * multivariate_normal(m, c).pdf(X) for m, c in zip(MEANS, (1, 0.5), strict=True))
    box = uniform(-10, 22).pdf(X[:, 0]) * uniform(-8, 17).pdf(X[:, 1])
    np.testing.assert_allclose(mixture_of().pdf(X), normals + 0.2 * box, rtol=1e-11)


def test_responsibilities_and_noise_sum_to_one():
    X, _ = scattered(300)
    shares = mixture_of().responsibilities(X)
    noise = np.exp(NOISE.log_densities(X) - mixture_of().log_density(X))
    np.testing.assert_allclose(shares.sum(axis=1) + noise, 1, rtol=1e-12)


def test_labels_are_the_likeliest_and_noise_is_minus_one():
    X, _ = scattered(500)
    parts = np.stack(
        [w * multivariate_normal(m, c).pdf(X) for w, m, c in zip((0.4, 0.4), MEANS, (1, 0.5), strict=True)]
    )
    expected = np.where(parts.max(axis=0) >= 0.2 / VOLUME, parts.argmax(axis=0), -1)
    np.testing.assert_array_equal(mixture_of().labels(X), expected)
    assert set(expected) == {-1, 0, 1}


def test_outside_the_box_there_is_no_noise():
    X = np.array([[30.0, 0.0], [0.0, -9.0], [np.nextafter(12.0, 13.0), 9.0]])
    np.testing.assert_allclose(mixture_of().responsibilities(X).sum(axis=1), 1, rtol=1e-12)
    assert (mixture_of().labels(X) >= 0).all()


def test_samples_follow_the_distribution():
    X, labels = mixture_of().sample(20_000, np.random.RandomState(0))
    assert np.unique(labels, return_counts=True)[1] / 20_000 == pytest.approx([0.2, 0.4, 0.4], abs=0.015)
    assert labels[-1] == -1
    for j, (low, width) in enumerate(((-10, 22), (-8, 17))):
        assert kstest(X[labels == -1, j], uniform(low, width).cdf).pvalue > 1e-3
    np.testing.assert_allclose(X[labels == 1].mean(axis=0), MEANS[1], atol=0.05)


def test_marginal_keeps_the_noise():
    one, x = mixture_of().marginal([1]), np.linspace(-9, 10, 39)
    expected = 0.2 * uniform(-8, 17).pdf(x) + sum(
        0.4 * multivariate_normal(m[1], c).pdf(x) for m, c in zip(MEANS, (1, 0.5), strict=True)
    )
    np.testing.assert_allclose(one.pdf(x[:, None]), expected, rtol=1e-11)


def test_copies_are_equal():
    mixture = mixture_of()
    for other in (pickle.loads(pickle.dumps(mixture)), copy.deepcopy(mixture), copy.copy(mixture)):
        assert other == mixture
        assert not other.noise.lower.flags.writeable
    assert mixture != mixture_of(None)
    assert mixture != mixture_of(NOISE.reweighted(0.3))
    assert mixture.n_parameters == mixture_of(None).n_parameters + 1


def test_noise_fits_the_components():
    covariance = Full([np.eye(2)], 1, 2)
    with pytest.raises(ValueError, match="the noise has 1 columns, and the components have 2"):
        Mixture([0.5], [[0, 0]], covariance, noise=Noise(0.5, [0], [1]))
    with pytest.raises(ValueError, match=r"sum to one, and their sum is 1\.2"):
        Mixture([1.0], [[0, 0]], covariance, noise=NOISE)


# Fits


@pytest.mark.parametrize("shape", SEARCHED)
def test_groups_and_share_are_recovered(shape):
    X, labels = scattered()
    gm = GaussianMixture(2, covariance_type=shape, noise=True, random_state=0, tol=1e-6).fit(X)
    order = np.argsort(gm.means_[:, 0])
    np.testing.assert_allclose(gm.means_[order], MEANS, atol=0.15)
    assert gm.noise_weight_ == pytest.approx(0.2, abs=0.03)
    assert gm.noise_weight_ == gm.mixture_.noise.weight
    assert gm.weights_.sum() + gm.noise_weight_ == pytest.approx(1)
    np.testing.assert_array_equal(gm.mixture_.noise.lower, X.min(axis=0))
    np.testing.assert_array_equal(gm.mixture_.noise.upper, X.max(axis=0))
    found = gm.predict(X)
    assert np.mean((found == -1) == (labels == -1)) > 0.95
    np.testing.assert_allclose(gm.predict_proba(X).sum(axis=1) <= 1 + 1e-12, True)


def test_one_iteration_is_the_textbook_one():
    """E- and M-step with a constant component, written out."""
    X, _ = scattered(400)
    lower, upper = X.min(axis=0), X.max(axis=0)
    start = {"weights_init": [0.5, 0.5], "means_init": MEANS + 0.3, "precisions_init": [np.eye(2)] * 2}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        gm = GaussianMixture(2, noise=True, max_iter=1, reg_covar=0, **start).fit(X)
    parts = np.stack([0.95 / 2 * multivariate_normal(m + 0.3, 1).pdf(X) for m in MEANS], axis=1)
    density = parts.sum(axis=1) + 0.05 / np.prod(upper - lower)
    z = parts / density[:, None]
    assert gm.lower_bound_ == pytest.approx(np.log(density).mean(), rel=1e-12)
    np.testing.assert_allclose(gm.weights_, z.mean(axis=0), rtol=1e-10)
    assert gm.noise_weight_ == pytest.approx(1 - z.sum() / 400, rel=1e-10)
    for k in range(2):
        np.testing.assert_allclose(gm.means_[k], np.average(X, axis=0, weights=z[:, k]), rtol=1e-10)
        np.testing.assert_allclose(gm.covariances_[k], np.cov(X.T, aweights=z[:, k], ddof=0), rtol=1e-9, atol=1e-12)


@unfinished
def test_weights_are_repeated_rows():
    X, weights = scattered(300)[0], np.random.default_rng(0).integers(0, 4, size=300)
    start = {"weights_init": [0.5, 0.5], "means_init": MEANS, "precisions_init": [np.eye(2)] * 2}
    settings = {"noise": True, "max_iter": 10, "tol": 0, **start}
    weighted = GaussianMixture(2, **settings).fit(X, sample_weight=weights)
    repeated = GaussianMixture(2, **settings).fit(np.repeat(X, weights, axis=0))
    np.testing.assert_allclose(weighted.means_, repeated.means_, rtol=1e-9)
    assert weighted.noise_weight_ == pytest.approx(repeated.noise_weight_, rel=1e-9)


def test_without_noise_in_the_rows_its_weight_vanishes():
    X, _ = mixture_of(None).sample(3000, np.random.RandomState(0))
    gm = GaussianMixture(2, noise=True, random_state=0, tol=1e-8, max_iter=1000).fit(X)
    plain = GaussianMixture(2, random_state=0, tol=1e-8, max_iter=1000).fit(X)
    assert 0 <= gm.noise_weight_ < 0.01
    order, other = np.argsort(gm.means_[:, 0]), np.argsort(plain.means_[:, 0])
    np.testing.assert_allclose(gm.means_[order], plain.means_[other], atol=0.02)


def test_single_precision_is_close():
    X, _ = scattered()
    double = GaussianMixture(2, noise=True, random_state=0, tol=1e-5).fit(X)
    single = GaussianMixture(2, noise=True, random_state=0, tol=1e-5).fit(X.astype(np.float32))
    np.testing.assert_allclose(single.means_, double.means_, atol=1e-2)
    assert single.noise_weight_ == pytest.approx(double.noise_weight_, abs=1e-3)
    assert single.score_samples(X.astype(np.float32)).dtype == np.float32


@pytest.mark.parametrize("shape", SEARCHED)
def test_a_constant_column_is_named(shape):
    table = pd.DataFrame(scattered(100)[0], columns=["height", "width"]).assign(flat=1.5)
    with pytest.raises(ValueError, match="column flat holds a single value: leave it out, or set noise=False"):
        GaussianMixture(2, covariance_type=shape, noise=True).fit(table)
    with pytest.raises(ValueError, match="column x2 holds a single value"):
        GaussianMixture(2, covariance_type=shape, noise=True).fit(table.to_numpy())


def test_a_prior_goes_without_noise():
    with pytest.raises(ValueError, match="a prior is for normal components without noise"):
        GaussianMixture(2, noise=True, prior="default").fit(scattered(100)[0])


@pytest.mark.parametrize("noise", ["yes", 1.5, None])
def test_noise_is_true_or_false(noise):
    with pytest.raises(ValueError, match="The 'noise' parameter of GaussianMixture must be"):
        GaussianMixture(noise=noise).fit(scattered(100)[0])


@unfinished
def test_warm_start_goes_on():
    X, _ = scattered(400)
    settings = {"noise": True, "tol": 0, "random_state": 0}
    whole = GaussianMixture(2, max_iter=6, **settings).fit(X)
    halves = GaussianMixture(2, max_iter=3, warm_start=True, **settings).fit(X).fit(X)
    assert halves.lower_bounds_ == whole.lower_bounds_[3:]
    assert halves.mixture_ == whole.mixture_


def test_noise_weight_is_kept_only_of_fits_with_noise():
    assert not hasattr(GaussianMixture(2, random_state=0).fit(scattered(200)[0]), "noise_weight_")
