"""scikit-learn's checks of estimators, on the mixture detector."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from mixtura import GaussianMixture, MixtureDetector

OTHER_ROWS = {
    "check_sample_weight_equivalence_on_dense_data": (
        "k-means draws other starts from repeated rows than from weighted ones, as scikit-learn's KMeans does, and "
        "folds divide them otherwise; with one component and one fit the check passes"
    )
}

FALSE_ALARMS = {
    "check_outliers_fit_predict": (
        "of a clean table, contamination is the share of further rows that are called outliers, and not that of its own"
    )
}


def expected_failures(estimator):
    if estimator.novelty:
        return OTHER_ROWS | FALSE_ALARMS
    return OTHER_ROWS if estimator.mixture is None else {}


# The checks fit random tables of a few rows, some for one iteration.
@pytest.mark.each_value
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
# Without SCIPY_ARRAY_API one check says that it is skipped.
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
@parametrize_with_checks(
    [
        MixtureDetector(GaussianMixture(covariance_type="diag"), trim=0.1),
        MixtureDetector(GaussianMixture(), novelty=True),
    ],
    expected_failed_checks=expected_failures,
)
def test_mixture_detector(estimator, check):
    check(estimator)


# Each fit is a search.
@pytest.mark.exhaustive
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
@parametrize_with_checks([MixtureDetector()], expected_failed_checks=expected_failures)
def test_default_mixture(estimator, check):
    check(estimator)
