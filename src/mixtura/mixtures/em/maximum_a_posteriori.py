"""Maximum a posteriori: Gaussian mixtures under a prior that keeps every covariance away from singular."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammaln, xlogy

from ...distributions.covariance import Covariance
from ...distributions.levels import LevelColumns
from ...distributions.matrices import frozen, size_fault
from ...distributions.mixture import Mixture
from ...statistics.moments import Moments
from ...typing import Floats
from .checks import check_number, check_numbers, check_reach
from .conjugate import NormalWishart, Precisions, regular_scale, shrunken
from .overview import Overview
from .updates import levels_of


@dataclass(frozen=True, kw_only=True, eq=False)
class MixturePrior:
    """Prior of a Gaussian mixture, for its most probable parameters given the data.

    Means and covariances are normal and inverse Wishart (inverse gamma where variances are single numbers), the
    weights follow a symmetric Dirichlet distribution. What is left at None is taken from the data, as Fraley and
    Raftery do [1]_; such a prior is vague, does not depend on the units of the columns, and keeps a group of few or
    equal rows from collapsing to a singular covariance.

    Parameters
    ----------
    mean : array_like of shape (n_features,), optional
        Prior mean. Default: the mean of the data.
    mean_precision : float, default=0.01
        How many rows at the prior mean count beside the rows of a component.
    degrees_of_freedom : float, optional
        How many rows the prior of a covariance counts for; more than n_features - 1. Default: n_features + 2.
    covariance : array_like, optional
        Scatter of those rows: of shape (n_features, n_features) for full and tied, (n_features,) for diag, () for
        spherical, in squared units of the columns. Default: the covariance of the data (its variances for diag, their
        mean for spherical) over n_components ** (2 / n_features).
    weight_concentration : float, default=1.0
        Parameter of the Dirichlet distribution; 1 leaves the weights free, more pulls them together.
    strength : float, default=1.0
        Power that the prior is raised to: near 0 the fit is that of maximum likelihood.
    level_rows : float, default=1.0
        How many rows, spread evenly over the levels of a category and one never seen, count beside the rows of a
        component.

    References
    ----------
    .. [1] Fraley and Raftery (2007), "Bayesian regularization for normal mixture estimation and model-based
       clustering", Journal of Classification 24, section 3.

    Examples
    --------
    >>> from mixtura import MixturePrior
    >>> MixturePrior(strength=0.5).mean_precision
    0.01
    """

    mean: ArrayLike | None = None
    mean_precision: float = 0.01
    degrees_of_freedom: float | None = None
    covariance: ArrayLike | None = None
    weight_concentration: float = 1.0
    strength: float = 1.0
    level_rows: float = 1.0

    def resolve(self, overview: Overview, shape: type[Covariance], n_components: int) -> "ResolvedPrior":
        """Return the prior with every parameter given a number.

        Parameters
        ----------
        overview : Overview
            Mean and covariance of the data.
        shape : type of Covariance
            Covariance shape.
        n_components : int
            Number of components.

        Raises
        ------
        ValueError
            A parameter has the wrong shape, or is out of its range.
        """
        d = len(overview.mean)
        degrees = d + 2.0
        if self.degrees_of_freedom is not None:
            degrees = check_number(self.degrees_of_freedom, "degrees_of_freedom of the prior")
        if degrees <= d - 1:
            raise ValueError(
                f"degrees_of_freedom of the prior must be finite and more than {d - 1}, the number of columns less "
                f"one, not {degrees:g}"
            )
        mean_precision = check_number(self.mean_precision, "mean_precision of the prior")
        strength = check_number(self.strength, "strength of the prior")
        concentration = check_number(self.weight_concentration, "weight_concentration of the prior")
        if concentration < 1:
            raise ValueError(
                "weight_concentration of the prior must be finite and at least 1, where no weight is ever negative, "
                f"not {concentration:g}"
            )
        name = "mean of the prior"
        mean = overview.mean if self.mean is None else check_reach(check_numbers(self.mean, name), name)
        if mean.shape != (d,) or not np.isfinite(mean).all():
            raise ValueError(f"mean of the prior must be {d} finite numbers, one a column, not {mean.tolist()}")
        normal = NormalWishart(frozen(mean), mean_precision, degrees, self._scale(overview, shape, n_components))
        level_rows = check_number(self.level_rows, "level_rows of the prior")
        return ResolvedPrior(normal, concentration, strength, level_rows)

    def _scale(self, overview: Overview, shape: type[Covariance], n_components: int) -> Floats:
        expected = np.shape(overview.covariance)
        if self.covariance is None:
            scale = np.asarray(overview.covariance) / n_components ** (2 / max(len(overview.mean), 1))
            if scale_fault(scale) is not None:
                scale = regular_scale(scale)
            fault = scale_fault(scale)
            if fault is not None:
                raise ValueError(
                    f"the covariance of the data, which scales the prior, is not {fault}: leave out columns that are "
                    "constant, or give the prior its own covariance"
                )
            return frozen(scale)
        scale = frozen(check_numbers(self.covariance, "covariance of the prior"))
        if scale.shape != expected:
            raise ValueError(
                f"covariance of the prior must have shape {expected} for covariance_type={shape.name!r}, "
                f"not {scale.shape}"
            )
        fault = scale_fault(scale)
        if fault is not None:
            raise ValueError(f"covariance of the prior must be {fault}")
        return scale


@dataclass(frozen=True, eq=False)
class ResolvedPrior:
    """A prior with every parameter given a number, checked.

    Attributes
    ----------
    normal : NormalWishart
        Prior of means and covariances; its scatter is the scale of the inverse Wishart or inverse gamma distribution of
        each covariance, the one of all components when it is tied.
    weight_concentration : float
        Parameter of the Dirichlet distribution of the weights.
    strength : float
        Power that the prior is raised to.
    level_rows : float
        Rows that are spread over the levels of each category.
    """

    normal: NormalWishart
    weight_concentration: float
    strength: float
    level_rows: float

    def log_density(self, mixture: Mixture) -> float:
        """Return the log density of the prior, not tempered, at the parameters of a mixture.

        That of the levels is but for a constant.
        """
        prior, covariance = self.normal, mixture.covariance
        k, d = mixture.means.shape
        inverse_wishart = Precisions(type(covariance), k, d).inverse_log_density(
            covariance, prior.degrees_of_freedom, prior.covariance
        )
        away = type(covariance).spread(np.full(k, prior.mean_precision), mixture.means - prior.mean)
        normal = (
            k * d / 2 * np.log(prior.mean_precision / (2 * np.pi))
            + covariance.half_log_precision.sum()
            - (away * covariance.precisions).sum() / 2
        )
        alpha = self.weight_concentration
        dirichlet = gammaln(k * alpha) - k * gammaln(alpha) + xlogy(alpha - 1, mixture.weights).sum()
        levels = 0.0
        if mixture.levels is not None:
            pairs = zip(mixture.levels.columns, mixture.levels.logs.blocks, strict=True)
            categories = [logs for column, logs in pairs if column not in mixture.levels.layout.counts]
            levels = self.level_rows * sum(float(logs.sum()) / logs.shape[1] for logs in categories)
        return float(inverse_wishart + normal + dirichlet + levels)


@dataclass(frozen=True, eq=False)
class MaximumAPosteriori:
    """The M-step of maximum a posteriori, for mixtures of normal components.

    Means and covariances go to the mode of their joint posterior density (Fraley and Raftery 2007, section 3), weights
    to that of theirs. A component that no row belongs to goes to the mode of the prior.

    Parameters
    ----------
    shape : type of Covariance
        Covariance shape.
    prior : ResolvedPrior
        Prior, its parameters in the layout of the shape.
    ridge : ndarray of shape (n_features,)
        Added to the variances.
    least : ndarray of shape (n_features,), optional
        Least variances: no component is narrower in any direction.
    levels : LevelColumns, optional
        The categorical columns.
    """

    shape: type[Covariance]
    prior: ResolvedPrior
    ridge: Floats
    least: Floats | None = None
    levels: LevelColumns | None = None

    def __call__(self, moments: Moments, current: Mixture | None = None) -> Mixture:
        """Return the mixture of highest expected log posterior density."""
        counts, normal, strength = moments.counts, self.prior.normal, self.prior.strength
        size = moments.centers.shape
        means, scatter = shrunken(self.shape, moments, normal.mean, strength * normal.mean_precision)
        rows = normal.degrees_of_freedom + Precisions(self.shape, *size).mode_excess
        values = (scatter + strength * normal.covariance) / (self.shape.divisors(counts, size[1]) + strength * rows)
        weights = counts + strength * (self.prior.weight_concentration - 1)
        covariance = self.shape.unchecked(self.shape.with_ridge(values, self.ridge), *size)
        if self.least is not None:
            covariance = covariance.at_least(self.least)
        levels = levels_of(self.levels, moments, 0.0, strength * self.prior.level_rows)
        return Mixture(weights / weights.sum(), means, covariance, levels=levels)

    def bound(self, moments: Moments, current: Mixture) -> float:
        """Return the log posterior density, but for a constant, over the weight of the rows."""
        return (moments.log_likelihood + self.prior.strength * self.prior.log_density(current)) / moments.weight


def scale_fault(scale: Floats) -> str | None:
    """Return what the scale of a prior should be and is not, whatever the units of the columns are."""
    if not np.isfinite(scale).all():
        return "finite"
    if scale.ndim < 2:
        return size_fault(scale) if (scale > 0).all() else "positive"
    roots = np.sqrt(np.maximum(np.diagonal(scale), 0.0))
    if not (roots > 0).all():
        return "symmetric and positive definite"
    correlations = scale / roots / roots[:, None]
    symmetric = np.allclose(correlations, correlations.T)
    # A singular matrix has eigenvalues of either sign, as small as rounding leaves them.
    least = len(scale) * np.finfo(np.float64).eps
    definite = symmetric and np.linalg.eigvalsh(correlations).min(initial=1.0) > least
    return size_fault(np.diagonal(scale)) if definite else "symmetric and positive definite"
