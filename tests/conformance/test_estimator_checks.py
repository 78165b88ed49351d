"""scikit-learn's checks of estimators, on ours."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from mixtura import BayesianGaussianMixture, GaussianMixture, MixtureSearch

RANDOM_STARTS = {
    "check_sample_weight_equivalence_on_dense_data": (
        "k-means draws other starts from repeated rows than from weighted ones, as scikit-learn's KMeans does; from "
        "equal starts the fits agree: see tests/mixtures/test_sample_weight.py"
    )
}


ROBUST = {"trim": 0.1, "noise": True, "family": "t", "prior": "default", "regularization": "relative"}


def expected_failures(estimator):
    # By ICL one component is chosen, which has no starts.
    settled = estimator.n_components == 1 or getattr(estimator, "criterion", None) == "icl"
    return {} if settled else RANDOM_STARTS


# The checks fit random tables of a few rows, some for one iteration.
@pytest.mark.each_value
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
# Without SCIPY_ARRAY_API one check says that it is skipped.
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
@parametrize_with_checks(
    [
        GaussianMixture(n_components=2),
        *(GaussianMixture(covariance_type=shape) for shape in ("tied", "diag")),
        *(GaussianMixture(2, **{name: value}) for name, value in ROBUST.items()),
        BayesianGaussianMixture(),
        BayesianGaussianMixture(covariance_type="spherical", weight_concentration_prior_type="dirichlet_distribution"),
        MixtureSearch((1, 2)),
        MixtureSearch((1, 2), covariance_types=["full"], criterion="icl"),
    ],
    expected_failed_checks=expected_failures,
)
def test_estimator(estimator, check):
    check(estimator)
