"""A mixture as the arrays that the search for wrong cells reads."""

from typing import NamedTuple, Self

import numpy as np
from scipy.special import gammaln

from ...distributions.mixture import Mixture
from ...kernels.repairs import cheapest_repairs
from ...typing import Floats, Integers

# Up to so many columns all sets of cells are looked at.
_EXHAUSTIVE = 20

# Differences from a mean whose squares stay finite.
_FARTHEST = 1e100


class Candidates(NamedTuple):
    """The likeliest repairs of some rows, by the number of cells that they change.

    Attributes
    ----------
    sets : ndarray of shape (n_rows, most_cells, kept, most_cells)
        Columns of the cells, the likeliest repair first; -1 for no cell.
    values : ndarray of shape (n_rows, most_cells, kept, most_cells)
        The most probable values of these cells given the others.
    log_densities : ndarray of shape (n_rows, most_cells, kept)
        Log densities of the repaired rows; -inf where there is no such set.
    """

    sets: Integers
    values: Floats
    log_densities: Floats


class Components(NamedTuple):
    """The components of a mixture that have a weight, by their precisions.

    Attributes
    ----------
    log_constants : ndarray of shape (n_components,)
        Log of the weight times the density at the mean, less d/2 log 2π where components are normal.
    means : ndarray of shape (n_components, n_columns)
        Means.
    precisions : ndarray of shape (n_components, n_columns, n_columns)
        Inverses of the covariances, or of the scale matrices of Student's t components.
    degrees : ndarray of shape (n_components,) or None
        Degrees of freedom of Student's t components.
    """

    log_constants: Floats
    means: Floats
    precisions: Floats
    degrees: Floats | None

    @classmethod
    def of(cls, mixture: Mixture) -> Self:
        """Return the components of a mixture without noise."""
        some = mixture.weights > 0
        constants = np.log(mixture.weights[some]) + mixture.covariance.half_log_precision[some]
        degrees = mixture.degrees_of_freedom
        if degrees is not None:
            degrees, half = degrees[some], mixture.n_features / 2
            constants = constants + gammaln(degrees / 2 + half) - gammaln(degrees / 2) - half * np.log(degrees / 2)
        whiten = np.linalg.inv(np.linalg.cholesky(mixture.covariance.dense[some]))
        precisions = np.ascontiguousarray(whiten.transpose(0, 2, 1) @ whiten)
        return cls(constants, np.ascontiguousarray(mixture.means[some]), precisions, degrees)

    def candidates(self, rows: Floats, most_cells: int, kept: int) -> Candidates:
        """Return the likeliest repairs of rows: at least one cell stays, unless it is the only one."""
        n_columns = rows.shape[1]
        rows = np.ascontiguousarray(rows)
        sets, values, log_densities = cheapest_repairs(rows, *self, most_cells, kept, _EXHAUSTIVE)
        candidates = Candidates(sets.astype(np.int64), values, log_densities)
        candidates.log_densities[:, max(1, n_columns - 1) :] = -np.inf
        return candidates

    def log_densities(self, rows: Floats) -> Floats:
        """Return the log density of each row under the component that gives it the highest."""
        apart = np.clip(rows - self.means[:, None], -_FARTHEST, _FARTHEST)
        squares = ((apart @ self.precisions) * apart).sum(axis=2)
        return np.asarray(self._at(slice(None), squares, rows.shape[1]).max(axis=0))

    def replaced(self, rows: Floats, columns: Integers) -> Floats:
        """Return the most probable value, given the others, in one column of each row."""
        here = np.arange(len(rows))
        highest, answer = np.full(len(rows), -np.inf), np.empty(len(rows))
        for k, mean in enumerate(self.means):
            apart = rows - mean
            gradient = apart @ self.precisions[k]
            own, diagonal = gradient[here, columns], np.diagonal(self.precisions[k])[columns]
            squares = np.maximum(np.einsum("nj,nj->n", apart, gradient) - own**2 / diagonal, 0.0)
            log_density = self._at(k, squares, rows.shape[1])
            better = log_density > highest
            answer = np.where(better, rows[here, columns] - own / diagonal, answer)
            highest = np.where(better, log_density, highest)
        return answer

    def _at(self, which: int | slice, squares: Floats, n_columns: int) -> Floats:
        """Return the log density of one component, or of several, at squared distances, a row of these for each."""
        constants = self.log_constants[which, None]
        if self.degrees is None:
            return np.asarray(constants - squares / 2)
        degrees = self.degrees[which, None]
        return np.asarray(constants - (degrees + n_columns) / 2 * np.log1p(squares / degrees))
