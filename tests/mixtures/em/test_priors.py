import numpy as np
import pytest

from mixtura import GaussianMixture, MixturePrior
from mixtura.errors import SingularCovarianceError

SHAPES = ("full", "tied", "diag", "spherical")

pytestmark = pytest.mark.filterwarnings("ignore:Best performing initialization:sklearn.exceptions.ConvergenceWarning")


@pytest.fixture(scope="module", name="X")
def table():
    random = np.random.default_rng(0)
    groups = [random.normal(center, [1.0, 0.5, 2.0], (120, 3)) for center in ([0, 0, 0], [4, 3, 0], [0, 4, 6])]
    return np.concatenate(groups)


@pytest.mark.parametrize("shape", SHAPES)
def test_vanishing_strength_is_maximum_likelihood(X, shape):
    given = {"means_init": [[0, 0, 0], [4, 3, 0], [0, 4, 6]], "tol": 1e-10, "max_iter": 500, "reg_covar": 0}
    likelihood = GaussianMixture(3, covariance_type=shape, **given).fit(X)
    differences = []
    for strength in (1e-1, 1e-3, 1e-9):
        prior = MixturePrior(strength=strength, weight_concentration=2.0)
        fitted = GaussianMixture(3, covariance_type=shape, prior=prior, **given).fit(X)
        differences.append(np.abs(fitted.covariances_ - likelihood.covariances_).max())
    assert differences[0] > differences[1] > differences[2]
    assert differences[2] < 1e-5


@pytest.mark.parametrize("shape", ["full", "tied", "diag"])
@pytest.mark.parametrize("parameters", [{"prior": "default", "reg_covar": 0}, {"regularization": "relative"}])
def test_units_do_not_matter(X, shape, parameters):
    plain, scaled = (
        GaussianMixture(3, covariance_type=shape, random_state=0, **parameters).fit(table)
        for table in (X, X * [1e-4, 1.0, 1e3] + [5, 0, 7])
    )
    shares = plain.predict_proba(X)
    np.testing.assert_allclose(scaled.predict_proba(X * [1e-4, 1.0, 1e3] + [5, 0, 7]), shares, atol=1e-6)
    assert plain.n_iter_ == scaled.n_iter_


def test_absolute_regularization_depends_on_units(X):
    """What the two above are for: 1e-6 is a hundred times the variance of a column in units of ten thousand."""
    scaled = GaussianMixture(3, random_state=0).fit(X * [1e-4, 1.0, 1e3])
    assert scaled.covariances_[:, 0, 0].min() > 50 * (X[:, 0] * 1e-4).var() / 3
    relative = GaussianMixture(3, random_state=0, regularization="relative").fit(X * [1e-4, 1.0, 1e3])
    assert relative.covariances_[:, 0, 0].max() < 2 * (X[:, 0] * 1e-4).var()


@pytest.mark.parametrize("shape", SHAPES)
def test_default_prior_removes_singular_fits(X, shape):
    repeated = np.concatenate([X[:60], np.tile(X[:1] + 9, (20, 1))])
    given = {"n_components": 2, "covariance_type": shape, "reg_covar": 0, "random_state": 0}
    if shape != "tied":  # a shared covariance has rows enough
        with pytest.raises(SingularCovarianceError):
            GaussianMixture(**given).fit(repeated)
    gm = GaussianMixture(**given, prior="default").fit(repeated)
    np.testing.assert_allclose(np.sort(gm.weights_), [0.25, 0.75], atol=0.01)
    assert np.linalg.eigvalsh(gm.mixture_.covariance.dense).min() > 1e-3
    assert (np.diff(gm.lower_bounds_) >= -1e-12).all()


def test_prior_pulls_to_where_it_says(X):
    strong = MixturePrior(mean=[50.0, 50.0, 50.0], mean_precision=1e9)
    gm = GaussianMixture(2, prior=strong, random_state=0).fit(X)
    np.testing.assert_allclose(gm.means_, 50, atol=1e-3)
    narrow = MixturePrior(covariance=1e6 * np.eye(3) * 1e-9, degrees_of_freedom=1e6)
    gm = GaussianMixture(2, prior=narrow, random_state=0).fit(X)
    np.testing.assert_allclose(gm.covariances_, np.broadcast_to(1e-9 * np.eye(3), (2, 3, 3)), atol=1e-2)


@pytest.mark.parametrize("parameters", [{"family": "t"}, {"noise": True}])
def test_prior_is_for_normal_components(X, parameters):
    with pytest.raises(ValueError, match="a prior is for normal components without noise"):
        GaussianMixture(2, prior="default", **parameters).fit(X)


def test_prior_goes_with_trimming_and_missing_values(X):
    holes = np.concatenate([X, np.random.default_rng(1).uniform(-200, 200, (30, 3))])
    holes[::7, 1] = np.nan
    gm = GaussianMixture(3, prior="default", trim=0.1, random_state=0).fit(holes)
    assert np.abs(gm.means_).max() < 10
    assert (np.diff(gm.lower_bounds_) >= -1e-12).all()


@pytest.mark.parametrize("prior", ["vague", 1.0, {"mean": 0}])
def test_what_is_no_prior(X, prior):
    with pytest.raises(ValueError, match="'prior' parameter"):
        GaussianMixture(prior=prior).fit(X)
