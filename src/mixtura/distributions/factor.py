"""Factor-analytic covariances: a few factors that all columns load on, and a variance of its own for each column.

Ghahramani and Hinton (1996), "The EM algorithm for mixtures of factor analyzers"; McLachlan and Peel (2000), "Mixtures
of factor analyzers". A matrix of d columns with q factors costs q d numbers, and so does a row in a pass.
"""

# ruff: noqa: D102  # what a method does is said once, at `Covariance`

from collections.abc import Sequence
from functools import cache, cached_property
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..typing import Floats
from .covariance import DOUBLE, Covariance
from .matrices import (
    check_invertible,
    check_positive,
    inverse_of_lower,
    inverse_roots,
    packed_size,
    precision_cholesky,
    size_fault,
    weighted_outer,
)


class Factor(Covariance):
    """Each component has a covariance matrix L L^T + diag(v), with loadings L on a few factors and unique variances v.

    Parameters
    ----------
    values : array_like of shape (n_components, n_features, 1 + n_factors)
        Unique variances in the first column, loadings in the others; see `of_loadings`.
    n_components, n_features : int
        Numbers of components and of columns.

    Attributes
    ----------
    n_factors : int
        Number of factors.

    Examples
    --------
    >>> Factor([[[1.0, 2.0], [1.0, 3.0]]], n_components=1, n_features=2).dense.tolist()
    [[[5.0, 6.0], [6.0, 10.0]]]
    """

    name = "factor"
    kernel = "factor"
    observed_kernel = "factor"
    is_conjugate = False
    is_searched = False
    attributes = ("covariances_", "precisions_")

    n_factors: ClassVar[int] = 1

    @classmethod
    def of_loadings(cls, loadings: ArrayLike, variances: ArrayLike) -> "Factor":
        """Return the covariances with these loadings and unique variances.

        Parameters
        ----------
        loadings : array_like of shape (n_components, n_features, n_factors)
            What a factor of variance one adds to each column.
        variances : array_like of shape (n_components, n_features)
            What is left of the variance of each column.

        Examples
        --------
        >>> Factor.of_loadings([[[2.0], [3.0]]], [[1.0, 1.0]]).dense.tolist()
        [[[5.0, 6.0], [6.0, 10.0]]]
        """
        values = np.concatenate([np.asarray(variances)[:, :, None], np.asarray(loadings)], axis=2)
        return cls(values, *values.shape[:2])

    @classmethod
    def with_factors(cls, n_factors: int) -> "type[Factor]":
        return _with_factors(n_factors)

    @classmethod
    def described(cls) -> str:
        return f"{cls.n_factors}-{cls.name}"

    @classmethod
    def holding(cls, values: Any) -> "type[Factor]":
        shape = np.shape(values)
        return _with_factors(shape[2] - 1) if len(shape) == 3 and shape[2] > 1 else cls

    def __reduce__(self) -> tuple[Any, tuple[Floats, int, int]]:
        return Factor.unchecked, (self.values, self.n_components, self.n_features)

    def _check(self) -> None:
        check_positive(self.uniquenesses)
        check_positive(self.variances)

    @classmethod
    def shape(cls, n_components: int, n_features: int) -> tuple[int, ...]:
        return (n_components, n_features, 1 + cls.n_factors)

    @classmethod
    def n_parameters(cls, n_components: int, n_features: int) -> int:
        """Return the number of free parameters of `n_components` in `n_features` columns.

        A rotation of the factors changes nothing.
        """
        q = min(cls.n_factors, n_features)
        return n_components * min(n_features * (q + 1) - q * (q - 1) // 2, packed_size(n_features))

    @classmethod
    def n_column_parameters(cls, n_features: int) -> int:
        return min(2 + cls.n_factors, n_features + 1)

    @classmethod
    def second_shape(cls, n_components: int, n_features: int) -> tuple[int, ...]:
        """Return the shape of the second moments, for `n_components` and `n_features`.

        They are the squares of a column, then its products with the expected factors.
        """
        return cls.shape(n_components, n_features)

    @classmethod
    def scatter(cls, X: Floats, shares: Floats, means: Floats) -> Floats:
        """Return the second moments of rows `X` about `means`, given `shares` of the components.

        The factors lie along the principal axes of the correlations of the rows.

        They are as large as in probabilistic principal components (Tipping and Bishop 1999), so that `estimate` gives
        these as the loadings to start from.
        """
        return np.stack([cls._principal(X - mean, share) for mean, share in zip(means, shares.T, strict=True)])

    @classmethod
    def _principal(cls, centred: Floats, share: Floats) -> Floats:
        scatter = weighted_outer(centred, share)
        squares = np.diagonal(scatter)
        roots = np.sqrt(squares)
        scale = np.where(roots > 0, roots, 1.0)
        eigenvalues, axes = np.linalg.eigh(scatter / scale / scale[:, None])
        q = min(cls.n_factors, len(squares))
        rest = eigenvalues[:-q].mean() if q < len(squares) else 0.0
        sizes = np.sqrt(np.maximum(eigenvalues[-q:][::-1] - rest, 0.0))
        products = np.zeros((len(squares), cls.n_factors))
        products[:, :q] = roots[:, None] * axes[:, -q:][:, ::-1] * sizes * np.sqrt(share.sum())
        return np.column_stack([squares, products])

    @classmethod
    def estimate(
        cls,
        counts: Floats,
        masses: Floats,
        shift: Floats,
        second: Floats,
        ridge: Floats,
        before: Covariance | None = None,
    ) -> Self:
        """Return one step of EM for factor analysis about the new means.

        The means of highest likelihood do not depend on the covariances, and a step about them raises the likelihood
        (Rubin and Thayer 1982, "EM algorithms for ML factor analysis"). The factors are those expected under `before`;
        without it they came with the moments, from `scatter`. Components of so many `counts` have the `second` moments
        of so many `masses` of rows about centres that are a `shift` away from the means; the `ridge` is added to the
        unique variances.
        """
        squares = (second[..., 0] - masses[:, None] * shift**2) / counts[:, None]
        if isinstance(before, Factor):
            slopes = before.factor_slopes
            moved = masses[:, None, None] * shift[:, :, None] * (slopes @ shift[:, :, None]).transpose(0, 2, 1)
            products = (second[..., 1:] - moved) / counts[:, None, None]
            within = np.eye(cls.n_factors) + slopes @ (products - before.loadings)  # covariances of the factors
            loadings = np.linalg.solve(within.transpose(0, 2, 1), products.transpose(0, 2, 1)).transpose(0, 2, 1)
        else:
            products = second[..., 1:] / counts[:, None, None]
            loadings = _stirred(products, ridge)
        left = np.maximum(squares - (loadings * products).sum(axis=2), 0.0)
        return cls.unchecked(np.concatenate([(left + ridge)[:, :, None], loadings], axis=2), *shift.shape)

    @staticmethod
    def with_ridge(values: Floats, ridge: Floats) -> Floats:
        raised = np.array(values)
        raised[..., 0] += ridge
        return raised

    @classmethod
    def variance_degrees(cls, counts: Floats, total: float, n_features: int) -> tuple[Floats, int]:
        return counts, min(1 + cls.n_factors, n_features)

    @property
    def uniquenesses(self) -> Floats:
        """Unique variances, shape (n_components, n_features)."""
        return self.values[..., 0]

    @property
    def loadings(self) -> Floats:
        """Loadings, shape (n_components, n_features, n_factors)."""
        return self.values[..., 1:]

    @property
    def variances(self) -> Floats:
        return np.asarray(self.uniquenesses + (self.loadings**2).sum(axis=2))

    @cached_property
    def _roots(self) -> Floats:
        """One over the roots of the unique variances."""
        inverse_roots(self.variances)  # raises where a loading is no number
        return inverse_roots(self.uniquenesses)

    @cached_property
    def _scaled(self) -> Floats:
        """Loadings of columns whose unique variance is one."""
        return np.asarray(self._roots[:, :, None] * self.loadings)

    @cached_property
    def _inner(self) -> Floats:
        """Lower Cholesky factors of the precisions of the factors, given a row: M = I + W^T W."""
        return np.asarray(np.linalg.cholesky(np.eye(self.n_factors) + self._scaled.transpose(0, 2, 1) @ self._scaled))

    @cached_property
    def _inner_inverse(self) -> Floats:
        return np.stack([inverse_of_lower(lower) for lower in self._inner])

    @cached_property
    def factor_slopes(self) -> Floats:
        """What is expected of the factors for a deviation of a row, shape (n_components, n_factors, n_features)."""
        halves = self._inner_inverse @ self._scaled.transpose(0, 2, 1)
        return np.asarray(self._inner_inverse.transpose(0, 2, 1) @ halves * self._roots[:, None, :])

    @classmethod
    def fault(cls, values: Floats) -> str | None:
        return size_fault(values[..., 0]) if (values[..., 0] > 0).all() else "of positive unique variances"

    @staticmethod
    def precision_fault(precisions: Floats) -> str | None:
        inverses = precisions[..., 0]
        if not (inverses > 0).all():
            return "positive"
        scaled = precisions[..., 1:] / np.sqrt(inverses)[:, :, None]
        left = np.eye(scaled.shape[2]) - scaled.transpose(0, 2, 1) @ scaled
        return size_fault(inverses) if (np.linalg.eigvalsh(left) > 0).all() else "positive definite"

    @classmethod
    def from_precisions(cls, precisions: Floats, n_components: int, n_features: int) -> Self:
        variances = 1 / precisions[..., 0]
        scaled = precisions[..., 1:] * np.sqrt(variances)[:, :, None]
        left = np.eye(cls.n_factors) - scaled.transpose(0, 2, 1) @ scaled
        roots = np.stack([inverse_of_lower(np.linalg.cholesky(matrix)).T for matrix in left])
        loadings = variances[:, :, None] * precisions[..., 1:] @ roots
        return cls.unchecked(np.concatenate([variances[:, :, None], loadings], axis=2), n_components, n_features)

    @cached_property
    def precisions(self) -> Floats:
        """Inverses diag(p) - G G^T: p in the first column, G in the others, where covariances have v and L."""
        products = self._roots[:, :, None] * self._scaled @ self._inner_inverse.transpose(0, 2, 1)
        return np.concatenate([self._roots[:, :, None] ** 2, products], axis=2)

    @property
    def precision_rows(self) -> Floats:
        matrices = self.precision_cholesky @ self.precision_cholesky.transpose(0, 2, 1)
        return np.asarray(matrices.reshape(self.n_components * self.n_features, self.n_features))

    @cached_property
    def precision_cholesky(self) -> Floats:
        """Upper triangular U with U U^T the precision, shape (n_components, n_features, n_features)."""
        return precision_cholesky(self.dense, "component {}'s covariance".format)

    def check_invertible(self, dtype: "np.dtype[Any]" = DOUBLE) -> None:
        check_invertible(self._roots, dtype, "component {}".format)

    @cached_property
    def half_log_precision(self) -> Floats:
        inner = np.diagonal(self._inner, axis1=1, axis2=2)
        return np.asarray(np.log(self._roots).sum(axis=1) - np.log(inner).sum(axis=1))

    @cached_property
    def dense(self) -> Floats:
        common = self.loadings @ self.loadings.transpose(0, 2, 1)
        return common + self.uniquenesses[:, :, None] * np.eye(self.n_features)

    def at_least(self, variances: Floats) -> Self:
        """Return the covariances with no unique variance below `variances`: no narrower, and best for the factors."""
        values = np.array(self.values)
        values[..., 0] = np.maximum(values[..., 0], variances)
        return type(self).unchecked(values, self.n_components, self.n_features)

    def select(self, columns: Sequence[int]) -> Self:
        return type(self).unchecked(self.values[:, np.asarray(columns, np.int64)], self.n_components, len(columns))

    def draw(self, component: int, n_rows: int, random_state: np.random.RandomState) -> Floats:
        factors = random_state.standard_normal((n_rows, self.n_factors))
        unique = random_state.standard_normal((n_rows, self.n_features)) * np.sqrt(self.uniquenesses[component])
        return np.asarray(factors @ self.loadings[component].T + unique)

    def given(self, kept: Sequence[int], known: Sequence[int]) -> Self:
        return self.regression(np.asarray(kept), np.asarray(known))[1]

    def regression(self, missing: NDArray[np.int64], known: NDArray[np.int64]) -> tuple[Floats, Self]:
        """Return slopes and covariances of the columns `missing`, which only the factors tie to those `known`."""
        told, left = self.select(known.tolist()), self.select(missing.tolist())
        rest = left.loadings @ told._inner_inverse.transpose(0, 2, 1)
        values = np.concatenate([left.uniquenesses[:, :, None], rest], axis=2)
        slopes = left.loadings @ told.factor_slopes
        return slopes, type(self).unchecked(values, self.n_components, len(missing))

    def factors(self, means: Floats) -> Floats:
        """Return for each component and column the inverse root, the scaled loadings and the slopes of the factors.

        None of them depends on the `means`.
        """
        slopes = self.factor_slopes.transpose(0, 2, 1)
        return np.concatenate([self._roots[:, :, None], self._scaled, slopes], axis=2).ravel()


@cache
def _with_factors(n_factors: int) -> type[Factor]:
    """Return the shape with so many factors: shapes are classes, and this one has a parameter."""
    return Factor if n_factors == 1 else type("Factor", (Factor,), {"n_factors": n_factors, "__doc__": Factor.__doc__})


def _stirred(loadings: Floats, ridge: Floats) -> Floats:
    """Return loadings to start from, of which no factor is zero: EM would leave it there.

    Such a factor, of which the rows of a start tell nothing, goes in a wave over the columns, as high as the ridge.
    """
    _, d, q = loadings.shape
    waves = np.cos(np.pi * np.arange(1, q + 1) * (np.arange(d)[:, None] + 0.5) / (d + 1)) * np.sqrt(ridge)[:, None]
    return np.where(loadings.any(axis=1, keepdims=True), loadings, waves)
