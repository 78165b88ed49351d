"""The four covariance shapes of a Gaussian mixture; all that differs between them is here.

Each class holds the covariances of the components as a frozen value in scikit-learn's layout, and knows its own
estimate from moments, parameter count, marginal, conditional and kernel.
"""

# what a method does is said once, at `Covariance`

from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import cached_property
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from ..typing import Floats
from .matrices import check_invertible, check_real, frozen

DOUBLE: "np.dtype[Any]" = np.dtype(np.float64)


class Covariance(ABC):
    """Covariances of the components of a mixture.

    Parameters
    ----------
    values : array_like
        Covariances: (n_components, n_features, n_features) for `Full`, (n_features, n_features) for `Tied`,
        (n_components, n_features) for `Diagonal`, (n_components,) for `Spherical`, (n_components, n_features, 1 +
        n_factors) for `Factor`.
    n_components, n_features : int
        Number of components and of features.

    Attributes
    ----------
    name : str
        Name of the shape, which is scikit-learn's `covariance_type`.
    kernel : str
        Name of its pass in ``native/bind_mixture.cpp``.
    observed_kernel : str
        Name of its pass over rows that miss values in ``native/bind_incomplete.cpp``.
    is_matrix : bool
        Whether `values` are matrices.
    is_shared : bool
        Whether all components have one covariance.
    is_conjugate : bool
        Whether `values` are a scatter over `divisors`, to which conjugate priors and earlier batches can add theirs.
    is_searched : bool
        Whether a search tries the shape when it is not told which to try.
    attributes : tuple of str
        Fitted attributes of an estimator that describe the covariances.

    Raises
    ------
    ValueError
        The values are not finite real numbers of that shape.
    SingularCovarianceError
        A covariance is not symmetric and positive definite; a ValueError too.
    """

    name: ClassVar[str]
    kernel: ClassVar[str]
    observed_kernel: ClassVar[str]
    is_matrix: ClassVar[bool] = False
    is_shared: ClassVar[bool] = False
    is_conjugate: ClassVar[bool] = True
    is_searched: ClassVar[bool] = True
    attributes: ClassVar[tuple[str, ...]] = ("covariances_", "precisions_cholesky_", "precisions_")

    def __new__(cls, values: Any, n_components: int, n_features: int) -> Self:  # noqa: D102  # not for callers
        return super().__new__(cls.holding(values))

    def __init__(self, values: Any, n_components: int, n_features: int) -> None:
        self._keep(check_real(values, f"{self.name} covariances"), n_components, n_features)
        self._check()

    @classmethod
    def with_factors(cls, n_factors: int) -> type[Self]:
        """Return the shape with `n_factors` factors, where it has any."""
        return cls

    @classmethod
    def described(cls) -> str:
        """Return the name of the shape, with the number of factors where it has any."""
        return cls.name

    @classmethod
    def holding(cls, values: Any) -> type[Self]:
        """Return the shape that `values` are in the layout of: the one with as many factors, where it has any."""
        return cls

    @classmethod
    def unchecked(cls, values: Floats, n_components: int, n_features: int) -> Self:
        """Return covariances that follow from others or from rows: whether they are singular is found out in use.

        Parameters
        ----------
        values : ndarray
            Covariances, in the layout of the shape.
        n_components, n_features : int
            Number of components and of features.
        """
        covariance = cls.__new__(cls, values, n_components, n_features)
        covariance._keep(values, n_components, n_features)
        return covariance

    def _keep(self, values: Floats, n_components: int, n_features: int) -> None:
        array = frozen(values)
        if array.shape != self.shape(n_components, n_features):
            raise ValueError(
                f"{self.name} covariances of {n_components} components and {n_features} features have shape "
                f"{self.shape(n_components, n_features)}, not {array.shape}"
            )
        self.values: Floats = array
        self.n_components = n_components
        self.n_features = n_features

    @abstractmethod
    def _check(self) -> None:
        """Raise SingularCovarianceError unless every covariance is symmetric and positive definite."""

    def __reduce__(self) -> tuple[Any, tuple[Floats, int, int]]:
        # A copy is made read-only again, and does not carry what can be computed.
        return type(self).unchecked, (self.values, self.n_components, self.n_features)

    @staticmethod
    @abstractmethod
    def shape(n_components: int, n_features: int) -> tuple[int, ...]:
        """Return the shape of `values` for `n_components` and `n_features`."""

    @staticmethod
    @abstractmethod
    def n_parameters(n_components: int, n_features: int) -> int:
        """Return the number of free parameters for `n_components` and `n_features`."""

    @staticmethod
    @abstractmethod
    def n_column_parameters(n_features: int) -> int:
        """Return how many parameters of its own a component has for one of `n_features` columns, given the others."""

    @staticmethod
    @abstractmethod
    def second_shape(n_components: int, n_features: int) -> tuple[int, ...]:
        """Return the shape of the second moments that a pass returns, for `n_components` and `n_features`."""

    @staticmethod
    @abstractmethod
    def scatter(X: Floats, shares: Floats, means: Floats) -> Floats:
        """Return the second moments of rows `X` about `means`, given `shares` of the components, as a pass would."""

    @staticmethod
    def unpacked(second: Floats, n_features: int) -> Floats:
        """Return the `second` moments that a pass returns over `n_features` columns, in the layout of `values`."""
        return second

    @staticmethod
    def packed(values: Floats) -> Floats:
        """Return second moments in the layout of `values` as a pass returns them."""
        return values

    @staticmethod
    def spread(weights: Floats, vectors: Floats) -> Floats:
        """Return outer products of `vectors` times `weights`, in the layout of `values` times `divisors`.

        This and the two that follow are for shapes that are conjugate.
        """
        raise NotImplementedError

    @staticmethod
    def divisors(counts: Floats, n_features: int) -> Floats:
        """Return what a scatter is divided by to give `values`, from `counts` of rows over `n_features` columns."""
        raise NotImplementedError

    @staticmethod
    def weighted_traces(precisions: Floats, weights: Floats) -> Floats:
        """Return the traces of diagonal matrices of `weights`, one a column, times `precisions`."""
        raise NotImplementedError

    @staticmethod
    @abstractmethod
    def with_ridge(values: Floats, ridge: Floats) -> Floats:
        """Return covariances in the layout of `values` with `ridge`, one number a column, added to the variances."""

    @classmethod
    def estimate(
        cls,
        counts: Floats,
        masses: Floats,
        shift: Floats,
        second: Floats,
        ridge: Floats,
        before: "Covariance | None" = None,
    ) -> Self:
        """Return the covariances of highest expected likelihood about the new means.

        Parameters
        ----------
        counts : ndarray of shape (n_components,)
            Weight of each component, positive.
        masses : ndarray of shape (n_components,)
            Weight of the moments of each component: that of the component where it is normal.
        shift : ndarray of shape (n_components, n_features)
            New means less the centres of the moments.
        second : ndarray
            Second moments about the centres.
        ridge : ndarray of shape (n_features,)
            Added to the variances.
        before : Covariance, optional
            Covariances that a pass took the moments under; none where `scatter` took them.
        """
        scatter = cls.unpacked(second, shift.shape[1]) - cls.spread(masses, shift)
        return cls.unchecked(cls.with_ridge(scatter / cls.divisors(counts, shift.shape[1]), ridge), *shift.shape)

    @staticmethod
    @abstractmethod
    def variance_degrees(counts: Floats, total: float, n_features: int) -> tuple[Floats, int]:
        """Return how many numbers tell of a variance of each component, and how many of them its estimate takes.

        The components have `counts` of the rows, which are `total` in all, of `n_features` columns.
        """

    @staticmethod
    @abstractmethod
    def precision_fault(precisions: Floats) -> str | None:
        """Return what `precisions` of the right shape should be and are not, None when they are."""

    @classmethod
    def fault(cls, values: Floats) -> str | None:
        """Return what `values` of the right shape should be and are not, None when they are."""
        return cls.precision_fault(values)

    @classmethod
    @abstractmethod
    def from_precisions(cls, precisions: Floats, n_components: int, n_features: int) -> Self:
        """Return the covariances whose inverses are `precisions`, of `n_components` in `n_features` columns."""

    @cached_property
    @abstractmethod
    def precision_cholesky(self) -> Floats:
        """Upper triangular U with U U^T the precision (its square root where it is diagonal), in the same layout."""

    @cached_property
    @abstractmethod
    def precisions(self) -> Floats:
        """Inverses, in the same layout."""

    @cached_property
    @abstractmethod
    def half_log_precision(self) -> Floats:
        """Half the logarithm of the determinant of each precision, shape (n_components,)."""

    @cached_property
    @abstractmethod
    def dense(self) -> Floats:
        """Covariance matrices, shape (n_components, n_features, n_features)."""

    @abstractmethod
    def at_least(self, variances: Floats) -> Self:
        """Return the covariances of highest likelihood among those no narrower than `variances` in any direction.

        A covariance is no narrower when it less the diagonal matrix of the `variances`, one a column, has no negative
        eigenvalue. These covariances are those of highest likelihood without the limit.
        """

    @property
    @abstractmethod
    def variances(self) -> Floats:
        """Variances of the columns, those of all components where each has its own."""

    def check_invertible(self, dtype: "np.dtype[Any]" = DOUBLE) -> None:
        """Raise SingularCovarianceError where there is no inverse, or one beyond the numbers of a `dtype`."""
        check_invertible(self.precision_cholesky, dtype, "component {}".format)

    @abstractmethod
    def select(self, columns: Sequence[int]) -> Self:
        """Return the covariances of some of the columns, those at `columns`."""

    def draw(self, component: int, n_rows: int, random_state: np.random.RandomState) -> Floats:
        """Draw `n_rows` rows about zero with the covariance of one `component` and the numbers of `random_state`."""
        if not self.n_features:
            return np.empty((n_rows, 0))
        return random_state.multivariate_normal(np.zeros(self.n_features), self.dense[component], n_rows)

    def of(self, component: int) -> Floats:
        """Return the covariance of one `component`: a matrix, variances or one variance."""
        return np.asarray(self.values[component])

    def repeat(self, components: NDArray[np.int64]) -> Self:
        """Return the covariances of the `components` listed, some perhaps more than once."""
        return type(self).unchecked(self.values[components], len(components), self.n_features)

    def given(self, kept: Sequence[int], known: Sequence[int]) -> Self:
        """Return the covariances of the columns `kept` when the columns `known` are known."""
        return self.select(kept)

    def regression(self, missing: NDArray[np.int64], known: NDArray[np.int64]) -> tuple[Floats, Self]:
        """Return what the columns `known` say about the columns `missing`, all columns together.

        Returns
        -------
        slopes : ndarray of shape (n_components, n_missing, n_known)
            Coefficients of the expected deviations from the means.
        rest : Covariance
            Covariances that are left.
        """
        return np.zeros((self.n_components, len(missing), len(known))), self.select(missing.tolist())

    def replace(self, components: NDArray[np.bool_], other: Self) -> Self:
        """Return these covariances with those of `other` for the `components` marked."""
        mask = components.reshape(-1, *[1] * (self.values.ndim - 1))
        return type(self).unchecked(np.where(mask, other.values, self.values), self.n_components, self.n_features)

    def factors(self, means: Floats) -> Floats:
        """Return what the kernel needs beside `means`, flat."""
        return self.precision_cholesky.ravel()

    def metric(self, means: Floats) -> tuple[Floats, Floats] | None:
        """Return coordinates of the `means`, and factors of the precisions in them; None where there are no such.

        The factors are upper triangular, (n_components, n_features, n_features), or diagonal, (n_components,
        n_features).
        """
        return None

    def pooled(self, weights: Floats) -> Floats:
        """Return the mean of the covariance matrices, given `weights` of the components that add up to one."""
        return np.asarray(np.tensordot(weights, self.dense, axes=1))

    def observed_factors(self, means: Floats) -> Floats:
        """Return what the kernel of rows that miss values needs beside `means` and `precision_rows`, flat."""
        return self.factors(means)

    @property
    @abstractmethod
    def precision_rows(self) -> Floats:
        """Precisions of the components, or the one that they share, row below row; diagonals where they are diagonal.

        Shape (n_components * n_features, n_features), (n_features, n_features) or (n_components, n_features).
        """

    def kernel_moments(self, first: Floats, second: Floats) -> tuple[Floats, Floats]:
        """Return the `first` and `second` moments in the units of the table, given what the kernel summed."""
        return first, second
