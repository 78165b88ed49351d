"""What a `BayesianGaussianMixture` keeps of a fit, as a frozen value."""

from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ...distributions.mixture import Mixture
from ...distributions.passes import Components, Model
from ...typing import Floats
from ..em.by_hand import parameters_of
from .memory import Memory
from .variational import Posterior, VariationalUpdate

# What a posterior says of each component; it is not set by hand.
OF_POSTERIOR = ("weight_concentration_", "mean_precision_", "degrees_of_freedom_")


@dataclass(frozen=True, eq=False)
class FittedPosterior:
    """A posterior, and what batches said.

    Attributes
    ----------
    mixture : Mixture
        The mixture that the parameters describe.
    posterior : Posterior or None
        The posterior of the fit; None where the components are not those of a fit.
    order : ndarray of shape (n_components,) or None
        Which component of the posterior each component of the mixture is.
    memory : Memory
        What every batch said last.
    least : ndarray of shape (n_features,), optional
        Least variances of the fit.
    """

    mixture: Mixture
    posterior: Posterior | None = None
    order: NDArray[np.int64] | None = None
    memory: Memory = field(default_factory=Memory)
    least: Floats | None = None

    @classmethod
    def of(cls, posterior: Posterior, memory: Memory, least: Floats | None) -> Self:
        """Return what there is to keep of a posterior and of what batches said."""
        return cls(posterior.mixture, posterior, np.arange(len(posterior.counts)), memory, least)

    @property
    def scored(self) -> Model:
        """What rows are scored by."""
        if self.posterior is None or self.order is None:
            return self.mixture
        return self.posterior if (np.diff(self.order) == 1).all() else _Reordered(self.posterior, self.order)

    @property
    def emptied(self) -> list[int]:
        """Nothing: a component that is not needed is to lose its rows."""
        return []

    @property
    def update(self) -> VariationalUpdate | None:
        """The M-step that made the posterior."""
        made = self.posterior
        if made is None:
            return None
        return VariationalUpdate(
            type(made.covariance),
            made.weight_prior,
            made.prior,
            made.ridge,
            self.least,
            None if made.levels is None else made.levels.layout,
        )

    def attributes(self, dtype: "np.dtype[Any]") -> dict[str, Any]:
        """Return the fitted attributes, in the type of the rows."""
        parameters = parameters_of(self.mixture, dtype)
        posterior, order = self.posterior, self.order
        if posterior is None or order is None:
            return parameters | {"n_effective_components_": int((self.mixture.weights > 0).sum())}
        concentration, degrees = posterior.weight_concentration, posterior.degrees_of_freedom.astype(dtype)
        broken = isinstance(concentration, tuple)
        return parameters | {
            "posterior_": posterior,
            "n_effective_components_": int(posterior.occupied.sum()),
            "weight_concentration_": tuple(each[order] for each in concentration) if broken else concentration[order],
            "mean_precision_": posterior.mean_precision[order].astype(dtype),
            "degrees_of_freedom_": degrees[order] if degrees.ndim else degrees,
            "weight_concentration_prior_": posterior.weight_prior.concentration,
            "mean_prior_": posterior.prior.mean,
            "mean_precision_prior_": posterior.prior.mean_precision,
            "degrees_of_freedom_prior_": posterior.prior.degrees_of_freedom,
            "covariance_prior_": posterior.prior.covariance,
        }

    def reordered(self, mixture: Mixture, order: NDArray[np.int64]) -> Self:
        """Return the same with the components in another order: those of a mixture."""
        return replace(self, mixture=mixture, order=None if self.order is None else self.order[order])


@dataclass(frozen=True, eq=False)
class _Reordered:
    """A posterior with its components in another order, which its prior may tell apart: good for scoring only."""

    posterior: Posterior
    order: NDArray[np.int64]

    @property
    def components(self) -> Components:
        """What a pass over rows reads."""
        fitted = self.posterior.components
        return Components(
            fitted.offsets[self.order],
            fitted.means[self.order],
            fitted.covariance.repeat(self.order),
            levels=None if fitted.levels is None else fitted.levels.repeat(self.order),
        )
