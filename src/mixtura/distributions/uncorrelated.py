"""Diagonal and spherical covariances: variances, of which each column has its own or all have one."""

# ruff: noqa: D102  # what a method does is said once, at `Covariance`

from collections.abc import Sequence
from functools import cached_property
from typing import Self

import numpy as np

from ..typing import Floats
from .covariance import Covariance
from .matrices import check_positive, inverse_roots, size_fault


class _Variances(Covariance):
    """Variances without correlations, whose inverses and roots are taken one by one."""

    def _check(self) -> None:
        check_positive(self.values)

    @property
    def variances(self) -> Floats:
        return self.values

    @staticmethod
    def precision_fault(precisions: Floats) -> str | None:
        return size_fault(precisions) if (precisions > 0).all() else "positive"

    @classmethod
    def from_precisions(cls, precisions: Floats, n_components: int, n_features: int) -> Self:
        return cls.unchecked(1 / precisions, n_components, n_features)

    @cached_property
    def precision_cholesky(self) -> Floats:
        return inverse_roots(self.values)

    @cached_property
    def precisions(self) -> Floats:
        return np.asarray(self.precision_cholesky**2)

    @property
    def precision_rows(self) -> Floats:
        return np.broadcast_to(self.precisions.reshape(self.n_components, -1), (self.n_components, self.n_features))

    def metric(self, means: Floats) -> tuple[Floats, Floats] | None:
        roots = self.precision_cholesky.reshape(self.n_components, -1)
        return means, np.ascontiguousarray(np.broadcast_to(roots, means.shape))

    def pooled(self, weights: Floats) -> Floats:
        variances = weights @ self.values.reshape(self.n_components, -1)
        return np.diag(np.broadcast_to(variances, self.n_features))

    def draw(self, component: int, n_rows: int, random_state: np.random.RandomState) -> Floats:
        return np.asarray(np.sqrt(self.values[component]) * random_state.standard_normal((n_rows, self.n_features)))


class Diagonal(_Variances):
    """Each component has a variance of its own for each column, and no correlations.

    Parameters
    ----------
    values : array_like of shape (n_components, n_features)
        The variances.
    n_components, n_features : int
        Numbers of components and of columns.

    Examples
    --------
    >>> Diagonal([[4.0, 1.0]], n_components=1, n_features=2).dense.tolist()
    [[[4.0, 0.0], [0.0, 1.0]]]
    """

    name = "diag"
    kernel = "diagonal"
    observed_kernel = "diagonal"

    @staticmethod
    def shape(n_components: int, n_features: int) -> tuple[int, ...]:
        return (n_components, n_features)

    @staticmethod
    def n_parameters(n_components: int, n_features: int) -> int:
        return n_components * n_features

    @staticmethod
    def n_column_parameters(n_features: int) -> int:
        return 2

    @staticmethod
    def second_shape(n_components: int, n_features: int) -> tuple[int, ...]:
        return (n_components, n_features)

    @staticmethod
    def scatter(X: Floats, shares: Floats, means: Floats) -> Floats:
        return np.stack([share @ (X - mean) ** 2 for mean, share in zip(means, shares.T, strict=True)])

    @staticmethod
    def spread(weights: Floats, vectors: Floats) -> Floats:
        return np.asarray(weights[:, None] * vectors**2)

    @staticmethod
    def divisors(counts: Floats, n_features: int) -> Floats:
        return counts[:, None]

    @staticmethod
    def variance_degrees(counts: Floats, total: float, n_features: int) -> tuple[Floats, int]:
        return counts, 1

    @staticmethod
    def weighted_traces(precisions: Floats, weights: Floats) -> Floats:
        return np.asarray(precisions @ weights)

    @staticmethod
    def with_ridge(values: Floats, ridge: Floats) -> Floats:
        return values + ridge

    @cached_property
    def half_log_precision(self) -> Floats:
        return np.asarray(np.log(self.precision_cholesky).sum(axis=1))

    @cached_property
    def dense(self) -> Floats:
        return np.stack([np.diag(variances) for variances in self.values])

    def at_least(self, variances: Floats) -> Self:
        return type(self).unchecked(np.maximum(self.values, variances), self.n_components, self.n_features)

    def select(self, columns: Sequence[int]) -> Self:
        return type(self).unchecked(self.values[:, np.asarray(columns, np.int64)], self.n_components, len(columns))


class Spherical(_Variances):
    """Each component has one variance for all columns.

    Parameters
    ----------
    values : array_like of shape (n_components,)
        The variances.
    n_components, n_features : int
        Numbers of components and of columns.

    Examples
    --------
    >>> Spherical([4.0], n_components=1, n_features=2).dense.tolist()
    [[[4.0, 0.0], [0.0, 4.0]]]
    """

    name = "spherical"
    kernel = "spherical"
    observed_kernel = "spherical"

    @staticmethod
    def shape(n_components: int, n_features: int) -> tuple[int, ...]:
        return (n_components,)

    @staticmethod
    def n_parameters(n_components: int, n_features: int) -> int:
        return n_components * min(n_features, 1)

    @staticmethod
    def n_column_parameters(n_features: int) -> int:
        return 2

    @staticmethod
    def second_shape(n_components: int, n_features: int) -> tuple[int, ...]:
        return (n_components,)

    @staticmethod
    def scatter(X: Floats, shares: Floats, means: Floats) -> Floats:
        return np.array([(share @ (X - mean) ** 2).sum() for mean, share in zip(means, shares.T, strict=True)])

    @staticmethod
    def spread(weights: Floats, vectors: Floats) -> Floats:
        return np.asarray(weights * (vectors**2).sum(axis=1))

    @staticmethod
    def divisors(counts: Floats, n_features: int) -> Floats:
        return counts * max(n_features, 1)

    @staticmethod
    def variance_degrees(counts: Floats, total: float, n_features: int) -> tuple[Floats, int]:
        return n_features * counts, n_features

    @staticmethod
    def weighted_traces(precisions: Floats, weights: Floats) -> Floats:
        return np.asarray(precisions * weights.sum())

    @staticmethod
    def with_ridge(values: Floats, ridge: Floats) -> Floats:
        # Without columns no row tells of a variance, and it does not matter.
        return np.asarray(values + ridge.mean()) if len(ridge) else np.ones_like(values)

    @cached_property
    def half_log_precision(self) -> Floats:
        return np.asarray(self.n_features * np.log(self.precision_cholesky))

    @cached_property
    def dense(self) -> Floats:
        return self.values[:, None, None] * np.eye(self.n_features)

    def at_least(self, variances: Floats) -> Self:
        return type(self).unchecked(
            np.maximum(self.values, variances.max(initial=0.0)), self.n_components, self.n_features
        )

    def select(self, columns: Sequence[int]) -> Self:
        return type(self).unchecked(self.values, self.n_components, len(columns))
