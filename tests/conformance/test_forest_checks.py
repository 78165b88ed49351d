"""scikit-learn's checks of estimators, on the isolation forest."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from mixtura import IsolationForest

# The checks that scikit-learn expects of its own class to fail, for the same reason.
RANDOM_DRAWS = "rows are drawn by their weights at random: repeated rows are drawn otherwise than weighted ones"
EXPECTED = {
    "check_sample_weight_equivalence_on_dense_data": RANDOM_DRAWS,
    "check_sample_weight_equivalence_on_sparse_data": RANDOM_DRAWS,
}


# Without SCIPY_ARRAY_API one check says that it is skipped.
@pytest.mark.each_value
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
@parametrize_with_checks(
    [
        IsolationForest(n_estimators=5),
        IsolationForest(n_estimators=5, hyperplane_features="all"),
        IsolationForest(n_estimators=5, bootstrap=True, max_features=0.5, contamination=0.1),
    ],
    expected_failed_checks=lambda _: EXPECTED,
)
def test_isolation_forest(estimator, check):
    check(estimator)
