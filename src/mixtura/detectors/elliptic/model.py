"""A Gaussian as an outlier model: the squared Mahalanobis distance, its sign turned."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import rq

from ...distributions.mixture import Mixture
from ...distributions.shapes import Full
from ...intake.scaling import Scaling
from ...kernels import score
from ...typing import Floats
from ..explaining.drawn import drawn
from ..explaining.explainer import Explainer
from ..explanation import Explanation

# Eigenvalues of a correlation matrix below this, times their number, are rounding.
_ROUNDING = 10 * float(np.finfo(np.float64).eps)
# Rows lie on the plane of a table that lies on one when they are nearer to it than this part of the values, or of the
# spread of the columns: single precision and text round them so.
_NEAR = 1e-6
# Columns whose deviation given the others is below this part of their own are determined by those.
_DETERMINED = 1e-4
# Values farther from the location, in standard deviations, count as this far: their squares are numbers.
_FARTHEST = 1e120
# Standard deviations whose squares are numbers of full precision, with room for squares of distances.
_SCALES = (1e-150, 1e130)
# Rows drawn from the distribution that tell which distances are ordinary.
_SIMULATED = 2048
_MANY = 2**62


def whitening(covariance: Floats) -> tuple[Floats, int]:
    """Return an upper triangular U with U U^T an inverse of a covariance, and its rank.

    A singular covariance gets a generalised inverse: distances of what lies in its range are the same under any.

    Examples
    --------
    >>> whitening(np.array([[4.0, 0.0], [0.0, 1.0]]))
    (array([[0.5, 0. ],
           [0. , 1. ]]), 2)
    >>> upper, rank = whitening(np.array([[4.0, 4.0], [4.0, 4.0]]))
    >>> rank, float(np.linalg.norm(upper.T @ [2.0, 2.0]).round(12))
    (1, 1.0)
    """
    scale = _scale(covariance)
    values, vectors = np.linalg.eigh(covariance / scale / scale[:, None])
    used = values > _ROUNDING * len(values) * max(float(values[-1]), 0.0)
    roots = np.where(used, 1 / np.sqrt(np.where(used, values, 1.0)), 0.0)
    upper = rq(vectors * roots, mode="r")
    # A row of either sign has the same length; positive diagonals make the factor unique.
    upper = np.triu(upper * np.where(np.diagonal(upper) < 0, -1.0, 1.0))
    return np.ascontiguousarray(upper / scale[:, None]) + 0.0, int(used.sum())


def off_plane(location: Floats, covariance: Floats, n_rows: int) -> Floats:
    """Return a covariance in which directions without variance have that of rounding.

    Rows off the plane are far then. Where so many rows always lie on a plane of its rank, that says nothing of others,
    and the covariance stays as it is.

    Examples
    --------
    >>> off_plane(np.zeros(2), np.array([[1.0, 0.0], [0.0, 0.0]]), 100)
    array([[1.e+00, 0.e+00],
           [0.e+00, 1.e-12]])
    """
    size = np.abs(location)
    scale = np.sqrt(np.diagonal(covariance))
    scale = np.where(scale > 0, scale, np.where(size > 0, size, 1.0))
    values, vectors = np.linalg.eigh(covariance / scale / scale[:, None])
    flat = values <= _ROUNDING * len(values) * max(float(values[-1]), 0.0)
    if not flat.any() or n_rows <= 1 + int((~flat).sum()):
        return covariance
    rounding = (_NEAR * np.maximum(size / scale, 1.0)) ** 2
    normals = vectors[:, flat]
    added = (normals * (rounding @ normals**2)) @ normals.T
    return np.asarray(covariance + added * scale * scale[:, None])


def precision_of(covariance: Floats) -> Floats:
    """Return the inverse of a covariance, a generalised one where it is singular."""
    upper, _ = whitening(covariance)
    return upper @ upper.T


def _scale(covariance: Floats) -> Floats:
    deviations = np.sqrt(np.diagonal(covariance))
    return np.where(deviations > 0, deviations, 1.0)


@dataclass(frozen=True, eq=False)
class Elliptic:
    """A location and a covariance, by which rows are scored.

    Attributes
    ----------
    location : ndarray of shape (n_features,)
        Where distances are measured from.
    covariance : ndarray of shape (n_features, n_features)
        Symmetric and positive semi-definite; directions without variance do not count.

    Examples
    --------
    >>> model = Elliptic(np.zeros(2), np.diag([4.0, 1.0]))
    >>> model.score_samples(np.array([[2.0, 0.0], [2.0, 3.0]]))
    array([ -1., -10.])
    """

    kind: ClassVar[str] = "elliptic"

    location: Floats
    covariance: Floats

    @property
    def n_features(self) -> int:
        """Number of columns."""
        return len(self.location)

    @cached_property
    def _scale(self) -> Floats:
        return _scale(self.covariance)

    @cached_property
    def _upper(self) -> Floats:
        """The factor of the inverse of the correlation matrix."""
        upper, _ = whitening(self.covariance / self._scale / self._scale[:, None])
        return upper

    def score_samples(self, X: NDArray[Any]) -> Floats:
        """Return minus the squared Mahalanobis distance of each row, shape (n_rows,)."""
        scaled = self._scaled(X)
        log_density = np.empty(len(scaled))
        d = self.n_features
        score("full", scaled, np.zeros(1), np.zeros((1, d)), self._upper.ravel(), log_density=log_density)
        return 2 * log_density

    def explain(self, X: NDArray[Any], at_least: float | None = None) -> Explanation:
        """Return which cells take each row away from the location, and what the others make of them."""
        return self._explainer(X, at_least)

    @cached_property
    def _explainer(self) -> Explainer:
        scale = self._scale
        correlation = off_plane(np.zeros(self.n_features), self.covariance / scale / scale[:, None], _MANY)
        mixture = Mixture(np.ones(1), np.zeros((1, self.n_features)), Full(correlation[None], 1, self.n_features))
        scaling = Scaling(self.location, scale)
        return Explainer(mixture, scaling, self.score_samples, drawn(mixture, _SIMULATED, scaling))

    def _scaled(self, X: NDArray[Any]) -> Floats:
        with np.errstate(over="ignore"):
            scaled = (np.asarray(X, dtype=np.float64) - self.location) / self._scale
        return np.clip(scaled, -_FARTHEST, _FARTHEST)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the location and the covariance."""
        return {"location": self.location, "covariance": self.covariance}

    def settings(self) -> dict[str, Any]:
        """Return nothing: two arrays say all."""
        return {}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]], settings: Mapping[str, Any]) -> Self:
        """Return the model with these arrays, or raise `ValueError` with the fault."""
        if set(arrays) != {"location", "covariance"} or settings:
            raise ValueError("an elliptic model has the arrays 'location' and 'covariance', and no settings")
        for name, dimensions in (("location", 1), ("covariance", 2)):
            array = arrays[name]
            if array.dtype != np.float64 or array.ndim != dimensions:
                raise ValueError(f"{name!r} must be an array of float64 in {dimensions} dimension(s)")
            if not np.isfinite(array).all():
                raise ValueError(f"{name!r} holds a value that is not a finite number")
        location, covariance = np.array(arrays["location"]), np.array(arrays["covariance"])
        d = len(location)
        if d == 0 or covariance.shape != (d, d):
            raise ValueError(f"'covariance' has shape {covariance.shape}, and {d} columns need ({d}, {d})")
        variances = np.diagonal(covariance)
        varying = variances != 0
        low, high = _SCALES
        in_reach = ((variances >= low**2) & (variances <= high**2)) | ~varying
        if not in_reach.all() or (np.abs(location) > high).any():
            raise ValueError(f"locations and standard deviations must lie within {low:g} and {high:g}")
        scale = _scale(covariance)
        with np.errstate(over="ignore", invalid="ignore"):
            correlation = covariance / scale / scale[:, None]
            unequal = np.abs(correlation - correlation.T) > 1e-9
        if unequal.any() or (np.abs(correlation) > 1 + 1e-9).any():
            raise ValueError("'covariance' is not symmetric, or has correlations beyond one")
        if not varying.any() or np.linalg.eigvalsh(correlation)[0] < -1e-9:
            raise ValueError("'covariance' is zero, or has a negative eigenvalue")
        return cls(location, covariance)
