"""A Gaussian mixture as a frozen value: densities, responsibilities, samples, marginals, conditionals."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import kernels
from ..engines import Engine
from ..rows import Block, Rows
from ..statistics.moments import Moments
from .covariance import Covariance
from .matrices import Floats


@dataclass(frozen=True, eq=False)
class Mixture:
    """A Gaussian mixture distribution.

    Parameters
    ----------
    weights : array_like of shape (n_components,)
        Probabilities of the components; they are non-negative and sum to one.
    means : array_like of shape (n_components, n_features)
        Means of the components.
    covariance : Covariance
        Covariances of the components: `Full`, `Tied`, `Diagonal` or `Spherical`.

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

    def __init__(self, weights: ArrayLike, means: ArrayLike, covariance: Covariance) -> None:
        weights_array = _frozen(weights)
        means_array = _frozen(means)
        shape = (covariance.n_components, covariance.n_features)
        if weights_array.shape != shape[:1] or means_array.shape != shape:
            raise ValueError(
                f"weights of shape {weights_array.shape} and means of shape {means_array.shape} "
                f"do not fit covariances of {shape[0]} components and {shape[1]} features"
            )
        if not (np.isfinite(weights_array).all() and np.isfinite(means_array).all()):
            raise ValueError("weights and means must be finite")
        if (weights_array < 0).any() or not np.isclose(weights_array.sum(), 1, atol=1e-6):
            raise ValueError(f"weights must be non-negative and sum to one, and their sum is {weights_array.sum():.6g}")
        object.__setattr__(self, "weights", weights_array)
        object.__setattr__(self, "means", means_array)
        object.__setattr__(self, "covariance", covariance)

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
        """Number of free parameters: weights, means and covariances."""
        return (
            self.n_components - 1 + self.means.size + self.covariance.n_parameters(self.n_components, self.n_features)
        )

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Mixture):
            return NotImplemented
        return (
            type(self.covariance) is type(other.covariance)
            and np.array_equal(self.weights, other.weights)
            and np.array_equal(self.means, other.means)
            and np.array_equal(self.covariances, other.covariances)
        )

    def __reduce__(self) -> tuple[type["Mixture"], tuple[Floats, Floats, Covariance]]:
        return type(self), (self.weights, self.means, self.covariance)  # a copy is made read-only again

    __hash__ = None  # type: ignore[assignment]  # a value of arrays, as unhashable as they are

    def log_density(self, X: ArrayLike) -> NDArray[Any]:
        """Return the logarithm of the density at each row of `X`, shape (n_rows,)."""
        block = _block(X)
        return Passes(self, block.values.dtype).log_density(block)

    def responsibilities(self, X: ArrayLike) -> NDArray[Any]:
        """Return the probability of each component given each row of `X`, shape (n_rows, n_components)."""
        block = _block(X)
        return Passes(self, block.values.dtype).responsibilities(block)

    def labels(self, X: ArrayLike) -> NDArray[np.int64]:
        """Return the most probable component of each row of `X`, shape (n_rows,)."""
        block = _block(X)
        return Passes(self, block.values.dtype).labels(block)

    def sample(self, n_rows: int, random_state: np.random.RandomState) -> tuple[Floats, NDArray[np.int64]]:
        """Draw rows.

        Returns
        -------
        X : ndarray of shape (n_rows, n_features)
            Rows, those of one component after those of another.
        labels : ndarray of shape (n_rows,)
            Component of each row.
        """
        counts = random_state.multinomial(n_rows, self.weights)
        X = np.vstack(
            [
                mean + self.covariance.draw(component, count, random_state)
                for component, (mean, count) in enumerate(zip(self.means, counts, strict=True))
            ]
        )
        return X, np.repeat(np.arange(self.n_components), counts)

    def marginal(self, columns: Sequence[int]) -> "Mixture":
        """Return the distribution of some of the columns, in the order given."""
        index = self._positions(columns)
        return Mixture(self.weights, self.means[:, index], self.covariance.select(index))

    def conditional(self, columns: Sequence[int], values: ArrayLike) -> "Mixture":
        """Return the distribution of the other columns when `columns` have the `values` given.

        Each component is conditioned on them, and weighs in proportion to the density it gives them (Bishop 2006,
        section 2.3.1).
        """
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


class Passes:
    """The passes over blocks of rows of one type under one mixture, prepared once and picklable.

    Parameters
    ----------
    mixture : Mixture
        The distribution.
    dtype : dtype
        Type of the rows, float32 or float64; the parameters are rounded to it.
    """

    def __init__(self, mixture: Mixture, dtype: "np.dtype[Any] | type") -> None:
        covariance = mixture.covariance
        self.dtype = np.dtype(dtype)
        self.covariance = covariance
        with np.errstate(divide="ignore"):  # an empty component has a log weight of minus infinity
            log_weights = np.log(mixture.weights)
        self._log_constants = log_weights + covariance.half_log_precision - mixture.n_features / 2 * np.log(2 * np.pi)
        self._means = np.ascontiguousarray(mixture.means, dtype=self.dtype)
        self._factors = np.ascontiguousarray(covariance.factors(mixture.means), dtype=self.dtype)
        self._centers = self._means.astype(np.float64)

    @property
    def zero(self) -> Moments:
        """The moments of no rows."""
        n_components, n_features = self._means.shape
        return Moments.zero(self._centers, self.covariance.second_shape(n_components, n_features))

    def summarise(self, block: Block) -> Moments:
        """Return the moments of a block in the coordinates of the kernel: the E-step, summed up."""
        moments = self.zero
        log_likelihood = kernels.accumulate(
            self.covariance.kernel,
            block.values,
            block.weights,
            self._log_constants,
            self._means,
            self._factors,
            moments.counts,
            moments.first,
            moments.second.reshape(-1),
        )
        weight = float(len(block.values)) if block.weights is None else float(block.weights.sum())
        return replace(moments, weight=weight, log_likelihood=log_likelihood)

    def moments(self, rows: Rows, engine: Engine) -> Moments:
        """Return the moments of all rows, in the units of the table."""
        total = engine.fold(rows, self.summarise, self.zero)
        first, second = self.covariance.kernel_moments(total.first, total.second)
        return replace(total, first=first, second=second)

    def likelihoods(self, block: Block) -> Floats:
        """Return three weighted sums: of log densities, of log responsibilities of the likeliest component, of ones."""
        log_density = np.empty(len(block.values), self.dtype)
        shares = np.empty((len(block.values), len(self._means)), self.dtype)
        self._score(block, log_density=log_density, responsibilities=shares)
        weights = np.ones(len(log_density)) if block.weights is None else block.weights
        # A row so far away that no component claims it is assigned with certainty to none: it adds nothing.
        highest = shares.max(axis=1).astype(np.float64)
        log_assigned = np.log(np.where(highest > 0, highest, 1.0))
        return np.array([weights @ log_density, weights @ log_assigned, weights.sum()])

    def log_density(self, block: Block) -> NDArray[Any]:
        """Return the log density of each row of a block."""
        out = np.empty(len(block.values), self.dtype)
        self._score(block, log_density=out)
        return out

    def responsibilities(self, block: Block) -> NDArray[Any]:
        """Return the responsibilities of the components for each row of a block."""
        out = np.empty((len(block.values), len(self._means)), self.dtype)
        self._score(block, responsibilities=out)
        return out

    def labels(self, block: Block) -> NDArray[np.int64]:
        """Return the most probable component of each row of a block."""
        out = np.empty(len(block.values), np.int64)
        self._score(block, labels=out)
        return out

    def _score(self, block: Block, **out: NDArray[Any]) -> None:
        kernels.score(self.covariance.kernel, block.values, self._log_constants, self._means, self._factors, **out)


def _frozen(values: ArrayLike) -> Floats:
    array = np.array(values, dtype=np.float64)
    array.setflags(write=False)
    return array


def _block(X: ArrayLike) -> Block:
    array = np.asarray(X)
    if array.dtype != np.float32:
        array = array.astype(np.float64, copy=False)
    if array.ndim != 2:
        raise ValueError(f"rows come as a two-dimensional array, not one of shape {array.shape}")
    return Block(array, None, 0)
