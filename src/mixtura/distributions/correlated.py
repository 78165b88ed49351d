"""Full and tied covariances: matrices, of which each component has its own or all have one."""

# ruff: noqa: D102  # what a method does is said once, at `Covariance`

from collections.abc import Sequence
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ..typing import Floats
from .covariance import DOUBLE, Covariance
from .matrices import (
    check_definite,
    check_invertible,
    inverse_of_lower,
    inverses,
    lower_positions,
    matrices_at_least,
    matrix_fault,
    pack,
    packed_size,
    precision_cholesky,
    regressions,
    schur_complement,
    unpack,
    weighted_outer,
)


class _Matrices(Covariance):
    """Covariance matrices, whose second moments a pass returns as lower triangles."""

    is_matrix = True

    @staticmethod
    def unpacked(second: Floats, n_features: int) -> Floats:
        return unpack(second, n_features)

    @staticmethod
    def packed(values: Floats) -> Floats:
        return pack(values)

    @property
    def variances(self) -> Floats:
        return np.diagonal(self.values, axis1=-2, axis2=-1)

    @staticmethod
    def with_ridge(values: Floats, ridge: Floats) -> Floats:
        return values + np.diag(ridge)

    @property
    def precision_rows(self) -> Floats:
        return self.precisions.reshape(self.values.size // max(self.n_features, 1), self.n_features)

    @staticmethod
    def weighted_traces(precisions: Floats, weights: Floats) -> Floats:
        return np.asarray(np.diagonal(precisions, axis1=-2, axis2=-1) @ weights)


class Full(_Matrices):
    """Each component has a covariance matrix of its own.

    Parameters
    ----------
    values : array_like of shape (n_components, n_features, n_features)
        The matrices.
    n_components, n_features : int
        Numbers of components and of columns.

    Examples
    --------
    >>> Full([[[2.0, 1.0], [1.0, 1.0]]], n_components=1, n_features=2).precisions.round(6).tolist()
    [[[1.0, -1.0], [-1.0, 2.0]]]
    """

    name = "full"
    kernel = "full"
    observed_kernel = "full"

    def _check(self) -> None:
        check_definite(self.values, "component {}'s covariance".format)

    @staticmethod
    def shape(n_components: int, n_features: int) -> tuple[int, ...]:
        return (n_components, n_features, n_features)

    @staticmethod
    def n_parameters(n_components: int, n_features: int) -> int:
        return n_components * packed_size(n_features)

    @staticmethod
    def n_column_parameters(n_features: int) -> int:
        return n_features + 1

    @staticmethod
    def second_shape(n_components: int, n_features: int) -> tuple[int, ...]:
        return (n_components, packed_size(n_features))

    @staticmethod
    def scatter(X: Floats, shares: Floats, means: Floats) -> Floats:
        lower = lower_positions(X.shape[1])
        each = [weighted_outer(X - mean, share) for mean, share in zip(means, shares.T, strict=True)]
        return np.stack([scatter.take(lower) for scatter in each])

    @staticmethod
    def spread(weights: Floats, vectors: Floats) -> Floats:
        return np.asarray(weights[:, None, None] * vectors[:, :, None] * vectors[:, None, :])

    @staticmethod
    def divisors(counts: Floats, n_features: int) -> Floats:
        return counts[:, None, None]

    @staticmethod
    def variance_degrees(counts: Floats, total: float, n_features: int) -> tuple[Floats, int]:
        return counts, n_features

    @staticmethod
    def precision_fault(precisions: Floats) -> str | None:
        return matrix_fault(precisions)

    @classmethod
    def from_precisions(cls, precisions: Floats, n_components: int, n_features: int) -> Self:
        return cls.unchecked(inverses(precisions), n_components, n_features)

    @cached_property
    def precision_cholesky(self) -> Floats:
        return precision_cholesky(self.values, "component {}'s covariance".format)

    @cached_property
    def precisions(self) -> Floats:
        return self.precision_cholesky @ self.precision_cholesky.transpose(0, 2, 1)

    @cached_property
    def half_log_precision(self) -> Floats:
        diagonals = np.diagonal(self.precision_cholesky, axis1=1, axis2=2)
        return np.asarray(np.log(diagonals).sum(axis=1))

    @cached_property
    def dense(self) -> Floats:
        return self.values

    def select(self, columns: Sequence[int]) -> Self:
        index = np.asarray(columns, np.int64)
        return type(self).unchecked(self.values[:, index[:, None], index], self.n_components, len(index))

    def metric(self, means: Floats) -> tuple[Floats, Floats] | None:
        return means, self.precision_cholesky

    def at_least(self, variances: Floats) -> Self:
        return type(self).unchecked(matrices_at_least(self.values, variances), self.n_components, self.n_features)

    def given(self, kept: Sequence[int], known: Sequence[int]) -> Self:
        matrices = np.stack([schur_complement(matrix, kept, known) for matrix in self.values])
        return type(self).unchecked(matrices, self.n_components, len(kept))

    def regression(self, missing: NDArray[np.int64], known: NDArray[np.int64]) -> tuple[Floats, Self]:
        slopes, rest = regressions(self.values, missing, known)
        return slopes, type(self).unchecked(rest, self.n_components, len(missing))


class Tied(_Matrices):
    """All components share one covariance matrix.

    Parameters
    ----------
    values : array_like of shape (n_features, n_features)
        The matrix.
    n_components, n_features : int
        Numbers of components and of columns.

    Examples
    --------
    >>> Tied([[2.0, 1.0], [1.0, 1.0]], n_components=3, n_features=2).dense.shape
    (3, 2, 2)
    """

    name = "tied"
    kernel = "tied"
    observed_kernel = "full"
    is_shared = True

    def _check(self) -> None:
        check_definite(self.values[None], "the shared covariance".format)

    @staticmethod
    def shape(n_components: int, n_features: int) -> tuple[int, ...]:
        return (n_features, n_features)

    @staticmethod
    def n_parameters(n_components: int, n_features: int) -> int:
        return packed_size(n_features)

    @staticmethod
    def n_column_parameters(n_features: int) -> int:
        return 1

    @staticmethod
    def second_shape(n_components: int, n_features: int) -> tuple[int, ...]:
        return (packed_size(n_features),)

    @staticmethod
    def scatter(X: Floats, shares: Floats, means: Floats) -> Floats:
        lower = lower_positions(X.shape[1])
        total = np.zeros(packed_size(X.shape[1]))
        for mean, share in zip(means, shares.T, strict=True):
            total += weighted_outer(X - mean, share).take(lower)
        return total

    @staticmethod
    def spread(weights: Floats, vectors: Floats) -> Floats:
        return weighted_outer(vectors, weights)

    @staticmethod
    def divisors(counts: Floats, n_features: int) -> Floats:
        return np.asarray(counts.sum())

    @staticmethod
    def variance_degrees(counts: Floats, total: float, n_features: int) -> tuple[Floats, int]:
        return np.full(len(counts), total), n_features

    @staticmethod
    def precision_fault(precisions: Floats) -> str | None:
        return matrix_fault(precisions[None])

    @classmethod
    def from_precisions(cls, precisions: Floats, n_components: int, n_features: int) -> Self:
        return cls.unchecked(inverses(precisions[None])[0], n_components, n_features)

    @cached_property
    def precision_cholesky(self) -> Floats:
        return np.asarray(precision_cholesky(self.values[None], "the shared covariance".format)[0])

    @cached_property
    def precisions(self) -> Floats:
        return self.precision_cholesky @ self.precision_cholesky.T

    @cached_property
    def half_log_precision(self) -> Floats:
        return np.full(self.n_components, np.log(np.diagonal(self.precision_cholesky)).sum())

    @cached_property
    def dense(self) -> Floats:
        return np.broadcast_to(self.values, (self.n_components, *self.values.shape))

    def select(self, columns: Sequence[int]) -> Self:
        return type(self).unchecked(self.values[np.ix_(columns, columns)], self.n_components, len(columns))

    def at_least(self, variances: Floats) -> Self:
        return type(self).unchecked(
            matrices_at_least(self.values[None], variances)[0], self.n_components, self.n_features
        )

    def given(self, kept: Sequence[int], known: Sequence[int]) -> Self:
        return type(self).unchecked(schur_complement(self.values, kept, known), self.n_components, len(kept))

    def regression(self, missing: NDArray[np.int64], known: NDArray[np.int64]) -> tuple[Floats, Self]:
        slopes, rest = regressions(self.values, missing, known)
        return np.broadcast_to(slopes, (self.n_components, *slopes.shape)), type(self).unchecked(
            rest, self.n_components, len(missing)
        )

    def check_invertible(self, dtype: "np.dtype[Any]" = DOUBLE) -> None:
        check_invertible(self.precision_cholesky[None], dtype, "the shared covariance".format)

    def replace(self, components: NDArray[np.bool_], other: Self) -> Self:
        """Return these covariances: what all `components` share is estimated from those left, whatever the `other`."""
        return self

    def of(self, component: int) -> Floats:
        """Return the covariance that every `component` shares."""
        return self.values

    def repeat(self, components: NDArray[np.int64]) -> Self:
        """Return the same covariance for as many `components` as are listed."""
        return type(self).unchecked(self.values, len(components), self.n_features)

    def metric(self, means: Floats) -> tuple[Floats, Floats] | None:
        """Return the `means` in the coordinates U^T (x - middle), in which the covariance is the identity."""
        return self._whitened(means)[1], np.ones(means.shape)

    def pooled(self, weights: Floats) -> Floats:
        """Return the covariance that all components share, whatever their `weights`."""
        return self.values

    def _whitened(self, means: Floats) -> tuple[Floats, Floats]:
        middle = means.mean(axis=0)
        return middle, (means - middle) @ self.precision_cholesky

    def factors(self, means: Floats) -> Floats:
        """Return U, the middle of the `means`, and the means in the coordinates U^T (x - middle), flat."""
        middle, whitened = self._whitened(means)
        return np.concatenate([self.precision_cholesky.ravel(), middle, whitened.ravel()])

    def observed_factors(self, means: Floats) -> Floats:
        """Return U: the pass works about the `means` in the units of the table."""
        return self.precision_cholesky.ravel()

    def kernel_moments(self, first: Floats, second: Floats) -> tuple[Floats, Floats]:
        d = self.n_features
        unwhiten = inverse_of_lower(self.precision_cholesky.T)
        scatter = unwhiten @ unpack(second, d) @ unwhiten.T
        return first @ unwhiten.T, scatter.take(lower_positions(d))
