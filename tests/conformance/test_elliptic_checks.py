"""scikit-learn's checks of estimators, on the elliptic envelope and its covariance."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from mixtura import EllipticEnvelope, MinCovDet


@pytest.mark.each_value
@parametrize_with_checks(
    [
        MinCovDet(),
        MinCovDet(assume_centered=True, support_fraction=0.8),
        EllipticEnvelope(),
        EllipticEnvelope(start="deterministic", contamination=0.2),
    ]
)
# Without SCIPY_ARRAY_API one check says that it is skipped.
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
def test_estimator(estimator, check):
    check(estimator)
