"""scikit-learn's checks of estimators, on the default detector."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from mixtura import AnomalyDetector


# Without SCIPY_ARRAY_API one check says that it is skipped.
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
@parametrize_with_checks(
    [AnomalyDetector(), AnomalyDetector(0.1, n_estimators=1), AnomalyDetector(n_estimators=7, engine="threads")]
)
def test_estimator(estimator, check):
    check(estimator)
