"""scikit-learn's checks of estimators, on our local outlier factor."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from mixtura import LocalOutlierFactor


# The tables of the checks have fewer rows than there are neighbours by default.
@pytest.mark.each_value
@pytest.mark.filterwarnings("ignore:n_neighbors .* is greater:UserWarning")
# Without SCIPY_ARRAY_API one check says that it is skipped.
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
@parametrize_with_checks(
    [
        LocalOutlierFactor(),
        LocalOutlierFactor(metric="cosine", novelty=True, contamination=0.1),
        LocalOutlierFactor(metric="canberra"),
    ]
)
def test_estimator(estimator, check):
    check(estimator)
