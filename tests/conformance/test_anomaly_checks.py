"""scikit-learn's checks of estimators, on the default detector."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from mixtura import AnomalyDetector

# The blobs of these checks are clean tables: by default none of their rows is too rare for chance.
CLEAN = dict.fromkeys(
    ("check_outliers_train", "check_outliers_fit_predict"),
    "of a clean table no row is called an outlier, where the check asks for one",
)


def expected_failures(estimator):
    return CLEAN if estimator.contamination == "auto" else {}


# Without SCIPY_ARRAY_API one check says that it is skipped.
@pytest.mark.each_value
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
@parametrize_with_checks(
    [AnomalyDetector(n_estimators=7), AnomalyDetector(0.1, n_estimators=1, engine="threads")],
    expected_failed_checks=expected_failures,
)
def test_estimator(estimator, check):
    check(estimator)
