"""Update rules: from the moments of a pass to the next model."""

from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np

from ...distributions.covariance import Covariance
from ...distributions.levels import LevelColumns, Levels
from ...distributions.mixture import Mixture
from ...distributions.noise import Noise
from ...distributions.passes import Model
from ...errors import SingularCovarianceError
from ...statistics.moments import Moments
from ...typing import Floats
from .student import START, next_degrees

M = TypeVar("M", bound=Model)

# Added to every count, as scikit-learn does: it keeps the division defined and moves no other figure.
_COUNT_FLOOR = 10 * np.finfo(np.float64).eps

# A component, or noise, that holds less than this part of the weight of all rows holds nothing but rounding.
EMPTY = 1e-14

# Rows that each level of a category has beside those of a component: a level that no row has is improbable and never
# impossible, and likelihoods move by less than a ten-thousandth.
EXTRA = 1e-6


class Update(Protocol[M]):
    """How a model follows from moments."""

    @property
    def shape(self) -> type[Covariance]:
        """Covariance shape."""
        ...

    @property
    def ridge(self) -> Floats:
        """What is added to the variances, one number a column."""
        ...

    @property
    def levels(self) -> LevelColumns | None:
        """The categorical columns, None where there are none."""
        ...

    def __call__(self, moments: Moments, current: M | None = None) -> M:
        """Return the next model."""
        ...

    def bound(self, moments: Moments, current: M) -> float:
        """Return what the iterations raise, for the model that the moments were taken under."""
        ...


@dataclass(frozen=True)
class MaximumLikelihood:
    """The M-step of maximum likelihood (Bishop 2006, equations 9.24 to 9.26).

    A component that no row belongs to any more keeps its mean, covariance and levels at weight zero. Each level of a
    category, and a level never seen, counts for a millionth of a row beside those of a component.

    Parameters
    ----------
    shape : type of Covariance
        Covariance shape.
    ridge : ndarray of shape (n_features,)
        Added to the variances.
    student : bool, default=False
        Whether the components are Student's t distributions.
    noise : Noise, optional
        The uniform component of the first model.
    least : ndarray of shape (n_features,), optional
        Least variances: no component is narrower in any direction.
    levels : LevelColumns, optional
        The categorical columns.
    """

    shape: type[Covariance]
    ridge: Floats
    student: bool = False
    noise: Noise | None = None
    least: Floats | None = None
    levels: LevelColumns | None = None

    def __call__(self, moments: Moments, current: Mixture | None = None) -> Mixture:
        """Return the mixture of highest expected log-likelihood."""
        counts = moments.counts + _COUNT_FLOOR
        masses = moments.masses + _COUNT_FLOOR
        shift = moments.first / masses[:, None]
        before = None if current is None else current.covariance
        covariance = self.shape.estimate(counts, masses, shift, moments.second, self.ridge, before)
        if self.least is not None:
            covariance = covariance.at_least(self.least)
        means = moments.centers + shift
        levels = levels_of(self.levels, moments, EXTRA)
        emptied = moments.counts <= EMPTY * moments.weight
        if emptied.any() and current is not None:
            means = np.where(emptied[:, None], current.means, means)
            covariance = covariance.replace(emptied, current.covariance)
            if levels is not None and current.levels is not None:
                levels = levels.replace(emptied, current.levels)
            counts = np.where(emptied, 0.0, counts)
        noise = self._next_noise(moments, current)
        share = 1.0 if noise is None else 1 - noise.weight
        if noise is None and not counts.any():
            raise SingularCovarianceError(
                "every row is too far from all components to have a density, beside their covariances: try other means "
                "to start from, or larger covariances"
            )
        total = float(counts.sum()) or 1.0  # noise may have taken every row
        return Mixture(share * counts / total, means, covariance, self._next_degrees(moments, current), noise, levels)

    def bound(self, moments: Moments, current: Mixture) -> float:
        """Return the mean log-likelihood of the rows."""
        return moments.log_likelihood / moments.weight

    def _next_noise(self, moments: Moments, current: Mixture | None) -> Noise | None:
        if self.noise is None or current is None or current.noise is None:
            return self.noise
        left = 1 - float(moments.counts.sum()) / moments.weight
        return self.noise.reweighted(min(left, 1.0) if left > EMPTY else 0.0)

    def _next_degrees(self, moments: Moments, current: Mixture | None) -> Floats | None:
        if not self.student:
            return None
        if current is None or current.degrees_of_freedom is None or moments.tails is None:
            return np.full(len(moments.counts), START)
        return next_degrees(moments.counts, moments.tails[1], current.degrees_of_freedom, moments.centers.shape[1])


def levels_of(layout: LevelColumns | None, moments: Moments, extra: float, rows: float = 0.0) -> Levels | None:
    """Return the levels of highest posterior density, given the weights of a pass; None without categories.

    Parameters
    ----------
    layout : LevelColumns or None
        The categorical columns.
    moments : Moments
        Moments of the rows.
    extra : float
        Rows that each level has beside those of a component.
    rows : float, default=0.0
        Rows that are spread evenly over the levels of a column beside those.
    """
    if layout is None:
        return None
    assert moments.levels is not None, "a pass over categories sums their levels"
    return Levels.estimate(layout, moments.levels, extra + rows / (np.array(layout.sizes) + 1))
