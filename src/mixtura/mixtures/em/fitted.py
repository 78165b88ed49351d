"""The distribution of a fitted estimator, of this library or of scikit-learn."""

from typing import Any

from ...distributions.mixture import Mixture
from ...distributions.shapes import SHAPES


def mixture_of(estimator: Any) -> Mixture | None:
    """Return the mixture of an estimator of this library, of the best one of a search, or of one of scikit-learn.

    It is None where the estimator is no mixture, or is not fitted.
    """
    estimator = getattr(estimator, "best_estimator_", estimator)
    mixture = getattr(estimator, "mixture_", None)
    if isinstance(mixture, Mixture):
        return mixture
    if not all(hasattr(estimator, name) for name in ("weights_", "means_", "covariances_", "covariance_type")):
        return None
    covariance = SHAPES[estimator.covariance_type](estimator.covariances_, *estimator.means_.shape)
    return Mixture(estimator.weights_, estimator.means_, covariance)
