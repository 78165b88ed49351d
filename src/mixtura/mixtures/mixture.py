"""A Gaussian mixture as a frozen value: densities, responsibilities, samples, marginals, conditionals."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..rows import Block
from .covariance import Covariance
from .matrices import Floats, frozen
from .noise import Noise
from .passes import Components, Passes


@dataclass(frozen=True, eq=False)
class Mixture:
    """A Gaussian mixture distribution.

    Parameters
    ----------
    weights : array_like of shape (n_components,)
        Probabilities of the components; they are non-negative and sum to one, with that of the noise.
    means : array_like of shape (n_components, n_features)
        Means of the components.
    covariance : Covariance
        Covariances of the components: `Full`, `Tied`, `Diagonal` or `Spherical`.
    degrees_of_freedom : array_like of shape (n_components,), optional
        Makes the components Student's t distributions; `covariance` then holds their scale matrices, which are
        (nu - 2) / nu of their covariances.
    noise : Noise, optional
        A uniform component beside the others.

    Raises
    ------
    ValueError
        The parameters do not fit together, or are not finite.

    Examples
    --------
    >>> from mixtura import Mixture
    >>> from mixtura.mixtures.covariance import Spherical
    >>> mixture = Mixture([0.5, 0.5], [[0.0], [10.0]], Spherical([1.0, 1.0], 2, 1))
    >>> mixture.labels([[1.0], [9.0]])
    array([0, 1])
    >>> mixture.marginal([0]) == mixture
    True
    """

    weights: Floats
    means: Floats
    covariance: Covariance
    degrees_of_freedom: Floats | None
    noise: Noise | None

    def __init__(
        self,
        weights: ArrayLike,
        means: ArrayLike,
        covariance: Covariance,
        degrees_of_freedom: ArrayLike | None = None,
        noise: Noise | None = None,
    ) -> None:
        weights_array = frozen(weights)
        means_array = frozen(means)
        shape = (covariance.n_components, covariance.n_features)
        if weights_array.shape != shape[:1] or means_array.shape != shape:
            raise ValueError(
                f"weights of shape {weights_array.shape} and means of shape {means_array.shape} "
                f"do not fit covariances of {shape[0]} components and {shape[1]} features"
            )
        if not (np.isfinite(weights_array).all() and np.isfinite(means_array).all()):
            raise ValueError("weights and means must be finite")
        total = weights_array.sum() + (0.0 if noise is None else noise.weight)
        if (weights_array < 0).any() or not np.isclose(total, 1, atol=1e-6):
            raise ValueError(f"weights must be non-negative and sum to one, and their sum is {total:.6g}")
        if noise is not None and len(noise.lower) != shape[1]:
            raise ValueError(f"the noise has {len(noise.lower)} columns, and the components have {shape[1]}")
        degrees = None if degrees_of_freedom is None else frozen(degrees_of_freedom)
        if degrees is not None and not (
            degrees.shape == shape[:1] and (degrees > 0).all() and np.isfinite(degrees).all()
        ):
            raise ValueError(f"degrees of freedom are a positive number for each component, not {degrees}")
        object.__setattr__(self, "weights", weights_array)
        object.__setattr__(self, "means", means_array)
        object.__setattr__(self, "covariance", covariance)
        object.__setattr__(self, "degrees_of_freedom", degrees)
        object.__setattr__(self, "noise", noise)

    @property
    def n_components(self) -> int:
        """Number of components."""
        return len(self.weights)

    @property
    def n_features(self) -> int:
        """Number of columns."""
        return int(self.means.shape[1])

    @property
    def covariances(self) -> Floats:
        """Covariances in the layout of the shape."""
        return self.covariance.values

    @property
    def n_parameters(self) -> int:
        """Number of free parameters: weights, means, covariances, degrees of freedom."""
        return (
            self.n_components
            - (self.noise is None)
            + self.means.size
            + self.covariance.n_parameters(self.n_components, self.n_features)
            + (0 if self.degrees_of_freedom is None else self.n_components)
        )

    @property
    def components(self) -> Components:
        """What a pass over rows reads."""
        with np.errstate(divide="ignore"):  # an empty component has a log weight of minus infinity
            offsets = np.log(self.weights)
        return Components(offsets, self.means, self.covariance, self.degrees_of_freedom, self.noise)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Mixture):
            return NotImplemented
        return (
            type(self.covariance) is type(other.covariance)
            and np.array_equal(self.weights, other.weights)
            and np.array_equal(self.means, other.means)
            and np.array_equal(self.covariances, other.covariances)
            and _equal(self.degrees_of_freedom, other.degrees_of_freedom)
            and self.noise == other.noise
        )

    def __reduce__(self) -> tuple[type["Mixture"], tuple[Any, ...]]:
        # A copy is made read-only again.
        return type(self), (self.weights, self.means, self.covariance, self.degrees_of_freedom, self.noise)

    __hash__ = None  # type: ignore[assignment]  # a value of arrays, as unhashable as they are

    def log_density(self, X: ArrayLike) -> NDArray[Any]:
        """Return the logarithm of the density at each row of `X`, shape (n_rows,)."""
        block = _block(X)
        return Passes(self.components, block.values.dtype).log_density(block)

    def responsibilities(self, X: ArrayLike) -> NDArray[Any]:
        """Return the probability of each component given each row of `X`, shape (n_rows, n_components)."""
        block = _block(X)
        return Passes(self.components, block.values.dtype).responsibilities(block)

    def labels(self, X: ArrayLike) -> NDArray[np.int64]:
        """Return the most probable component of each row of `X`, shape (n_rows,)."""
        block = _block(X)
        return Passes(self.components, block.values.dtype).labels(block)

    def sample(self, n_rows: int, random_state: np.random.RandomState) -> tuple[Floats, NDArray[np.int64]]:
        """Draw rows.

        Returns
        -------
        X : ndarray of shape (n_rows, n_features)
            Rows, those of one component after those of another.
        labels : ndarray of shape (n_rows,)
            Component of each row, -1 for noise.
        """
        noise = self.noise
        probabilities = self.weights if noise is None else np.append(self.weights, noise.weight)
        counts = random_state.multinomial(n_rows, probabilities)
        parts = []
        for component, mean in enumerate(self.means):
            about_zero = self.covariance.draw(component, counts[component], random_state)
            if self.degrees_of_freedom is not None:
                degrees = self.degrees_of_freedom[component]
                about_zero /= np.sqrt(random_state.chisquare(degrees, (counts[component], 1)) / degrees)
            parts.append(mean + about_zero)
        labels = np.repeat(np.arange(self.n_components), counts[: self.n_components])
        if noise is not None:
            parts.append(random_state.uniform(noise.lower, noise.upper, (counts[-1], self.n_features)))
            labels = np.append(labels, np.full(counts[-1], -1))
        return np.vstack(parts), labels

    def marginal(self, columns: Sequence[int]) -> "Mixture":
        """Return the distribution of some of the columns, in the order given."""
        index = self._positions(columns)
        noise = None if self.noise is None else self.noise.select(index)
        return Mixture(
            self.weights, self.means[:, index], self.covariance.select(index), self.degrees_of_freedom, noise
        )

    def conditional(self, columns: Sequence[int], values: ArrayLike) -> "Mixture":
        """Return the distribution of the other columns when `columns` have the `values` given.

        Each component is conditioned on them, and weighs in proportion to the density it gives them (Bishop 2006,
        section 2.3.1).
        """
        if self.degrees_of_freedom is not None or self.noise is not None:
            raise ValueError("conditional distributions are those of normal components without noise")
        known = self._positions(columns)
        point = np.asarray(values, dtype=np.float64).reshape(-1)
        if len(point) != len(known):
            raise ValueError(f"{len(known)} columns are given, and {len(point)} values")
        kept = [j for j in range(self.n_features) if j not in known]
        if not kept:
            raise ValueError("every column is known: leave at least one out")
        weights = self.marginal(known).responsibilities(point[None])[0]
        dense = self.covariance.dense
        means = np.stack(
            [
                mean[kept]
                + matrix[np.ix_(kept, known)] @ np.linalg.solve(matrix[np.ix_(known, known)], point - mean[known])
                for mean, matrix in zip(self.means, dense, strict=True)
            ]
        )
        return Mixture(weights / weights.sum(), means, self.covariance.given(kept, known))

    def _positions(self, columns: Sequence[int]) -> list[int]:
        positions = [int(column) for column in columns]
        if not positions or len(set(positions)) < len(positions) or not set(positions) <= set(range(self.n_features)):
            raise ValueError(f"columns must be different positions from 0 to {self.n_features - 1}, not {positions}")
        return positions


def _equal(one: Floats | None, other: Floats | None) -> bool:
    return one is other if one is None or other is None else np.array_equal(one, other)


def _block(X: ArrayLike) -> Block:
    array = np.asarray(X)
    if array.dtype != np.float32:
        array = array.astype(np.float64, copy=False)
    if array.ndim != 2:
        raise ValueError(f"rows come as a two-dimensional array, not one of shape {array.shape}")
    return Block(array, None, 0)
