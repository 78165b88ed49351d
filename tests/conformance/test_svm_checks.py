"""scikit-learn's checks of estimators, on the one-class support vector machine."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from mixtura import OneClassSVM

WEIGHTS = "check_sample_weight_equivalence_on_dense_data"

# scikit-learn lists the same check for its own class.
BORDER = {
    WEIGHTS: "rows on the border score the offset but for the tolerance, so that either label is theirs; decisions "
    "agree to 1e-7 where gamma is a number: see test_weights_repeat_rows in tests/detectors/test_svm.py"
}
OTHER_LANDMARKS = {WEIGHTS: "other landmarks are drawn from repeated rows than from weighted ones"}


def expected_failures(estimator):
    if estimator.approximate:
        return OTHER_LANDMARKS
    return BORDER if estimator.tol > 1e-9 else {}


# Without SCIPY_ARRAY_API one check says that it is skipped.
@pytest.mark.each_value
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
@parametrize_with_checks(
    [
        OneClassSVM(),
        OneClassSVM(gamma=0.1, tol=1e-10),
        OneClassSVM(kernel="poly"),
        OneClassSVM(approximate=True, n_landmarks=20),
    ],
    expected_failed_checks=expected_failures,
)
def test_estimator(estimator, check):
    check(estimator)
