"""Normal distributions x = mean + scale z with z standard normal, moved in coordinates of their own.

A step is given in standard deviations of the distribution: the mean moves by scale × shift, and the scale is multiplied
by the exponential of its growth. No unit of x enters, so that one step size serves any.
"""

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import Array

from ...distributions.mixture import Mixture
from ...distributions.shapes import Diagonal, Full

Step = tuple[Array, Array]
"""Shift of the mean and growth of the scale, in the coordinates of the distribution; a gradient has the same form."""


class MeanField(NamedTuple):
    """Independent coordinates.

    Attributes
    ----------
    mean : Array of shape (n_dimensions,)
        Mean.
    scale : Array of shape (n_dimensions,)
        Standard deviations.
    """

    mean: Array
    scale: Array

    @classmethod
    def at(cls, mean: Array, deviations: Array) -> "MeanField":
        """Return the one with a mean and standard deviations, both of shape (n_dimensions,)."""
        return cls(mean, deviations)

    def points(self, z: Array) -> Array:
        """Return x for each row of z, shape (n_draws, n_dimensions)."""
        return self.mean + self.scale * z

    def pulled(self, gradients: Array) -> Array:
        """Return gradients in x as gradients in z, shape (n_draws, n_dimensions)."""
        return gradients * self.scale

    def gradient(self, pulled: Array, z: Array) -> Step:
        """Return the gradient in shift and growth that gradients in z at some z amount to."""
        return pulled.mean(axis=0), (pulled * z).mean(axis=0)

    def moved(self, step: Step) -> "MeanField":
        """Return the distribution after a step."""
        shift, growth = step
        return MeanField(self.mean + self.scale * shift, self.scale * jnp.exp(growth))

    @property
    def log_deviations(self) -> Array:
        """Logarithms of the diagonal of the scale, whose sum is its log determinant."""
        return jnp.log(self.scale)

    @property
    def deviations(self) -> Array:
        """Standard deviations of x."""
        return self.scale

    def mixture(self) -> Mixture:
        """Return the distribution as a mixture of one component."""
        mean, variances = np.asarray(self.mean), np.asarray(self.scale) ** 2
        return Mixture([1.0], mean[None], Diagonal(variances[None], 1, len(mean)))


class FullRank(NamedTuple):
    """Any covariance, scale @ scale.T.

    Attributes
    ----------
    mean : Array of shape (n_dimensions,)
        Mean.
    scale : Array of shape (n_dimensions, n_dimensions)
        Lower triangular, its diagonal positive.
    """

    mean: Array
    scale: Array

    @classmethod
    def at(cls, mean: Array, deviations: Array) -> "FullRank":
        """Return the one with a mean and standard deviations, both of shape (n_dimensions,), and no correlations."""
        return cls(mean, jnp.diag(deviations))

    def points(self, z: Array) -> Array:
        """Return x for each row of z, shape (n_draws, n_dimensions)."""
        return self.mean + z @ self.scale.T

    def pulled(self, gradients: Array) -> Array:
        """Return gradients in x as gradients in z, shape (n_draws, n_dimensions)."""
        return gradients @ self.scale

    def gradient(self, pulled: Array, z: Array) -> Step:
        """Return the gradient in shift and growth that gradients in z at some z amount to."""
        return pulled.mean(axis=0), jnp.tril(pulled.T @ z) / len(z)

    def moved(self, step: Step) -> "FullRank":
        """Return the distribution after a step.

        What is beside the diagonal of the growth is divided by its columns: signs that all agree, as those of the first
        gradients do, would else stretch the distribution d times as far as any of them.
        """
        shift, growth = step
        factor = jnp.tril(growth, -1) / len(shift) + jnp.diag(jnp.exp(jnp.diag(growth)))
        return FullRank(self.mean + self.scale @ shift, self.scale @ factor)

    @property
    def log_deviations(self) -> Array:
        """Logarithms of the diagonal of the scale, whose sum is its log determinant."""
        return jnp.log(jnp.diag(self.scale))

    @property
    def deviations(self) -> Array:
        """Standard deviations of x."""
        return jnp.sqrt((self.scale**2).sum(axis=1))

    def mixture(self) -> Mixture:
        """Return the distribution as a mixture of one component."""
        mean, scale = np.asarray(self.mean), np.asarray(self.scale)
        return Mixture([1.0], mean[None], Full((scale @ scale.T)[None], 1, len(mean)))


Normal = MeanField | FullRank
FAMILIES: dict[str, type[MeanField] | type[FullRank]] = {"mean-field": MeanField, "full-rank": FullRank}


def log_density(q: Normal, z: Array) -> Array:
    """Return the log density of q at the x of each z, shape (n_draws,)."""
    return -0.5 * (z**2).sum(axis=1) - q.log_deviations.sum() - 0.5 * z.shape[1] * jnp.log(2 * jnp.pi)
