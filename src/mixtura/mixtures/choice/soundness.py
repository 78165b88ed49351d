"""Which candidates of a search are no fits of groups: their components rest on too few rows, or on the ridge alone."""

from dataclasses import dataclass

import numpy as np

from ...distributions.covariance import Covariance
from ...distributions.mixture import Mixture
from ...intake.sample import Sample
from ...typing import Floats

# Of the rows of a component a column is estimated given the others: with fewer of them for each parameter of that
# regression, the likelihood of these rows says little of others (`docs/decisions/0013-choosing-a-model.md`).
_ROWS_PER_PARAMETER = 2

# A component is singular but for the ridge when all but so much of its variance in some direction is the ridge, and the
# table spreads so many times as much there. A larger ridge is a floor that was chosen.
_RIDGE_ALONE = 1.01
_NARROW = 1e4


@dataclass(frozen=True, eq=False)
class Soundness:
    """What the components of a candidate are compared with.

    Attributes
    ----------
    spread : ndarray of shape (n_features, n_features)
        Covariance of the table.
    ridge : ndarray of shape (n_features,)
        What was added to the variances.
    """

    spread: Floats
    ridge: Floats

    def fault(self, mixture: Mixture, n_rows: float) -> str:
        """Return what is wrong with several components that were fitted to so many rows, nothing if they are sound."""
        sizes = mixture.weights * n_rows
        needed = least_rows(type(mixture.covariance), mixture.means.shape[1])
        few = np.flatnonzero((sizes > 0) & (sizes < needed))
        if len(few):
            smallest = few[np.argmin(sizes[few])]
            return f"component {smallest} has {sizes[smallest]:.3g} rows, and needs {needed}"
        for component in np.flatnonzero(sizes > 0):
            if self._on_ridge(mixture.covariance, int(component)):
                return f"component {component} is singular but for reg_covar"
        return ""

    def _on_ridge(self, covariance: Covariance, component: int) -> bool:
        shape, d = type(covariance), covariance.n_features
        ridge = shape.unchecked(shape.with_ridge(np.zeros(shape.shape(1, d)), self.ridge), 1, d).dense[0]
        if not d or not (np.diagonal(ridge) > 0).all():
            return False
        dense = covariance.dense[component]
        try:
            np.linalg.cholesky(dense - _RIDGE_ALONE * ridge)
            return False  # as most are
        except np.linalg.LinAlgError:
            roots = np.sqrt(np.diagonal(ridge))
        scale = np.outer(roots, roots)
        eigenvalues, axes = np.linalg.eigh(dense / scale)
        narrow = axes[:, eigenvalues <= _RIDGE_ALONE]
        if not narrow.shape[1]:
            return False  # singular by rounding alone
        return bool(np.linalg.eigvalsh(narrow.T @ (self.spread / scale) @ narrow)[-1] > _NARROW)


def soundness(sample: Sample, ridge: Floats) -> Soundness:
    """Return what candidates are compared with, given a sample of the rows and what was added to the variances."""
    X = sample.X.astype(np.float64)
    spread = np.cov(X, rowvar=False, aweights=sample.weights, ddof=0) if X.shape[1] else np.empty((0, 0))
    return Soundness(np.atleast_2d(spread), ridge)


def least_rows(shape: type[Covariance], n_features: int) -> int:
    """Return how many rows a component has at least: not more than it has parameters of mean and covariance."""
    own = n_features + shape.n_parameters(2, n_features) - shape.n_parameters(1, n_features)
    return min(own, _ROWS_PER_PARAMETER * shape.n_column_parameters(n_features))
