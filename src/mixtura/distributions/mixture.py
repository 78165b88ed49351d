"""A Gaussian mixture as a frozen value: densities, responsibilities, samples, marginals, conditionals."""

from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import ColumnError, InfiniteValuesError
from ..rows import Block
from ..typing import Floats
from . import modes, regression, summaries
from .covariance import Covariance
from .levels import Levels
from .matrices import check_real, frozen, known_values
from .missing import ObservedPasses
from .noise import Noise
from .normal_only import require_normal
from .passes import Components, Passes, places_among
from .shapes import SHAPES

if TYPE_CHECKING:
    from .distances import Estimate, Method


@dataclass(frozen=True, eq=False)
class Mixture:
    """A Gaussian mixture distribution, of numbers and of categories.

    Parameters
    ----------
    weights : array_like of shape (n_components,)
        Probabilities of the components; they are non-negative and sum to one, with that of the noise.
    means : array_like of shape (n_components, n_numbers)
        Means of the components, in the columns that are not categorical: all `n_features` of them without `levels`.
    covariance : Covariance
        Covariances of the components in these columns: `Full`, `Tied`, `Diagonal`, `Spherical` or `Factor`.
    degrees_of_freedom : array_like of shape (n_components,), optional
        Makes the components Student's t distributions; `covariance` then holds their scale matrices, which are
        (nu - 2) / nu of their covariances.
    noise : Noise, optional
        A uniform component beside the others.
    levels : Levels, optional
        Makes some columns categorical: a row holds the number of a level there, from 0. Given the component they are
        independent of one another and of the numbers.

    Raises
    ------
    ValueError
        The parameters do not fit together, or are not finite.

    Examples
    --------
    >>> from mixtura import Mixture, Spherical
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
    levels: Levels | None

    def __init__(
        self,
        weights: ArrayLike,
        means: ArrayLike,
        covariance: Covariance,
        degrees_of_freedom: ArrayLike | None = None,
        noise: Noise | None = None,
        levels: Levels | None = None,
    ) -> None:
        if not isinstance(covariance, Covariance):
            raise ValueError(
                f"covariance must be one of {', '.join(shape.__name__ for shape in SHAPES.values())}, such as "
                f"Full(covariances, n_components, n_features), not {type(covariance).__name__}"
            )
        if not (noise is None or isinstance(noise, Noise)):
            raise ValueError(f"noise must be Noise(weight, lower, upper), not {type(noise).__name__}")
        if not (levels is None or isinstance(levels, Levels)):
            raise ValueError(f"levels must be Levels(columns, probabilities), not {type(levels).__name__}")
        given = check_real(weights, "weights")
        weights_array, means_array = frozen(given), frozen(check_real(means, "means"))
        shape = (covariance.n_components, covariance.n_features)
        if weights_array.shape != shape[:1] or means_array.shape != shape:
            raise ValueError(
                f"weights of shape {weights_array.shape} and means of shape {means_array.shape} "
                f"do not fit covariances of {shape[0]} components and {shape[1]} features"
            )
        total = float(weights_array.sum() + (0.0 if noise is None else noise.weight))
        if (weights_array < 0).any() or not abs(total - 1) <= (1e-6 if given.dtype == np.float32 else 1e-8):
            raise ValueError(f"weights must be non-negative and sum to one, and their sum is {total:.10g}")
        n_features = shape[1] + (0 if levels is None else len(levels.columns))
        if levels is not None and (levels.n_components != shape[0] or levels.columns[-1] >= n_features):
            raise ValueError(
                f"levels of {levels.n_components} components in columns {list(levels.columns)} do not fit {shape[0]} "
                f"components of {n_features} columns"
            )
        if noise is not None and len(noise.lower) != n_features:
            raise ValueError(f"the noise has {len(noise.lower)} columns, and the components have {n_features}")
        degrees = None
        if degrees_of_freedom is not None:
            degrees = frozen(check_real(degrees_of_freedom, "degrees of freedom"))
            if degrees.shape != shape[:1] or not (degrees > 0).all():
                raise ValueError(f"degrees of freedom are a positive number for each component, not {degrees}")
        object.__setattr__(self, "weights", weights_array)
        object.__setattr__(self, "means", means_array)
        object.__setattr__(self, "covariance", covariance)
        object.__setattr__(self, "degrees_of_freedom", degrees)
        object.__setattr__(self, "noise", noise)
        object.__setattr__(self, "levels", levels)

    @property
    def n_components(self) -> int:
        """Number of components."""
        return len(self.weights)

    @property
    def n_features(self) -> int:
        """Number of columns, categorical ones included."""
        return int(self.means.shape[1]) + (0 if self.levels is None else len(self.levels.columns))

    @property
    def numbers(self) -> NDArray[np.int64]:
        """Positions of the columns that are not categorical: those of `means`."""
        return self.components.numbers

    @property
    def covariances(self) -> Floats:
        """Covariances in the layout of the shape."""
        return self.covariance.values

    @property
    def n_parameters(self) -> int:
        """Number of free parameters: weights, means, covariances, degrees of freedom, probabilities of levels."""
        return (
            self.n_components
            - (self.noise is None)
            + self.means.size
            + self.covariance.n_parameters(*self.means.shape)
            + (0 if self.degrees_of_freedom is None else self.n_components)
            + (0 if self.levels is None else self.levels.n_parameters)
        )

    @property
    def components(self) -> Components:
        """What a pass over rows reads."""
        with np.errstate(divide="ignore"):  # an empty component has a log weight of minus infinity
            offsets = np.log(self.weights)
        levels = None if self.levels is None else self.levels.logs
        return Components(offsets, self.means, self.covariance, self.degrees_of_freedom, self.noise, levels)

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
            and self.levels == other.levels
        )

    def __reduce__(self) -> tuple[type["Mixture"], tuple[Any, ...]]:
        # A copy is made read-only again.
        parameters = self.weights, self.means, self.covariance, self.degrees_of_freedom, self.noise, self.levels
        return type(self), parameters

    __hash__ = None  # type: ignore[assignment]  # a value of arrays, as unhashable as they are

    def log_density(self, X: ArrayLike) -> NDArray[Any]:
        """Return the logarithm of the density at each row of `X`, shape (n_rows,).

        NaN marks a missing value: what is said of a row, here and below, rests on the values that it has.

        Raises
        ------
        DataError
            `X` is not a table of the columns of the mixture, or holds infinite values.
        """
        block = self._block(X)
        return self._passes(block).log_density(block)

    def responsibilities(self, X: ArrayLike) -> NDArray[Any]:
        """Return the probability of each component given each row of `X`, shape (n_rows, n_components)."""
        block = self._block(X)
        return self._passes(block).responsibilities(block)

    def labels(self, X: ArrayLike) -> NDArray[np.int64]:
        """Return the most probable component of each row of `X`, shape (n_rows,)."""
        block = self._block(X)
        return self._passes(block).labels(block)

    def _passes(self, block: Block) -> Passes | ObservedPasses:
        passes = ObservedPasses if np.isnan(block.values).any() else Passes
        return passes(self.components, block.values.dtype)

    def sample(
        self, n_rows: int, random_state: int | np.random.RandomState | None = None
    ) -> tuple[Floats, NDArray[np.int64]]:
        """Draw rows.

        Parameters
        ----------
        n_rows : int
            How many.
        random_state : int, RandomState instance or None, default=None
            Seed, or source of the numbers.

        Returns
        -------
        X : ndarray of shape (n_rows, n_features)
            Rows, those of one component after those of another.
        labels : ndarray of shape (n_rows,)
            Component of each row, -1 for noise.

        Raises
        ------
        ValueError
            `n_rows` is not a whole number from zero, or `random_state` is not a seed.
        """
        from sklearn.utils import check_random_state  # noqa: PLC0415  # scikit-learn is slow to import

        if isinstance(n_rows, (bool, np.bool_)) or not isinstance(n_rows, Integral) or n_rows < 0:
            raise ValueError(f"n_rows must be a whole number from 0, not {n_rows!r}")
        random_state = check_random_state(random_state)
        noise = self.noise
        probabilities = self.weights if noise is None else np.append(self.weights, noise.weight)
        # NumPy takes no probabilities that sum to one up to rounding only.
        counts = random_state.multinomial(n_rows, probabilities / probabilities.sum())
        parts = []
        for component, mean in enumerate(self.means):
            about_zero = self.covariance.draw(component, counts[component], random_state)
            if self.degrees_of_freedom is not None:
                degrees = self.degrees_of_freedom[component]
                about_zero /= np.sqrt(random_state.chisquare(degrees, (counts[component], 1)) / degrees)
            rows = np.empty((counts[component], self.n_features))
            rows[:, self.numbers] = mean + about_zero
            if self.levels is not None:
                rows[:, self.levels.columns] = self.levels.draw(component, counts[component], random_state)
            parts.append(rows)
        labels = np.repeat(np.arange(self.n_components), counts[: self.n_components])
        if noise is not None:
            rows = random_state.uniform(noise.lower, noise.upper, (counts[-1], self.n_features))
            if self.levels is not None:
                rows[:, self.levels.columns] = np.rint(rows[:, self.levels.columns])
            parts.append(rows)
            labels = np.append(labels, np.full(counts[-1], -1))
        return np.vstack(parts), labels

    def marginal(self, columns: Sequence[int]) -> "Mixture":
        """Return the distribution of some of the columns, those at `columns`, in this order.

        Raises
        ------
        ValueError
            `columns` are not positions, or not all different.
        """
        index = self._positions(columns)
        noise = None if self.noise is None else self.noise.select(index)
        levels = None if self.levels is None else self.levels.select(index)
        numbers = places_among(self.numbers, index)
        return Mixture(
            self.weights,
            self.means[:, numbers],
            self.covariance.select(numbers),
            self.degrees_of_freedom,
            noise,
            levels,
        )

    def conditional(self, columns: Sequence[int], values: ArrayLike) -> "Mixture":
        """Return the distribution of the other columns when `columns` have the `values` given.

        Each component is conditioned on them, and weighs in proportion to the density it gives them (Bishop 2006,
        section 2.3.1).

        Raises
        ------
        ValueError
            There are more values than columns or fewer, a value is not finite or too far from every component, or no
            column is left.
        """
        require_normal(self, "the conditional distribution", levels=True)
        known = self._positions(columns)
        point = known_values(values, "values").reshape(-1)
        if len(point) != len(known):
            raise ValueError(f"{len(known)} columns are given, and {len(point)} values")
        unknown = np.flatnonzero(~np.isfinite(point))
        if len(unknown):
            raise ValueError(
                f"the value of column {known[unknown[0]]} is {point[unknown[0]]}: leave the column out of those given"
            )
        left = [j for j in range(self.n_features) if j not in known]
        if not left:
            raise ValueError("every column is known: leave at least one out")
        weights = self.marginal(known).responsibilities(point[None])[0]
        levels = None if self.levels is None else self.levels.select(left)
        is_number = np.isin(known, self.numbers)
        point, known = point[is_number], places_among(self.numbers, known)
        kept = places_among(self.numbers, left)
        if not weights.sum() > 0:
            raise ValueError(f"{point.tolist()} is too far from every component to condition on: give other values")
        dense = self.covariance.dense
        means = np.stack(
            [
                mean[kept]
                + matrix[np.ix_(kept, known)] @ np.linalg.solve(matrix[np.ix_(known, known)], point - mean[known])
                for mean, matrix in zip(self.means, dense, strict=True)
            ]
        )
        return Mixture(weights / weights.sum(), means, self.covariance.given(kept, known), levels=levels)

    def pdf(self, X: ArrayLike) -> NDArray[Any]:
        """Return the density at each row of `X`, shape (n_rows,), under the name that SciPy gives it.

        Examples
        --------
        >>> from mixtura import Mixture, Spherical
        >>> Mixture([1.0], [[0.0]], Spherical([1.0], 1, 1)).pdf([[0.0]]).round(4)
        array([0.3989])
        """
        return np.asarray(np.exp(self.log_density(X)))

    def log_pdf(self, X: ArrayLike) -> NDArray[Any]:
        """Return the logarithm of the density at each row of `X`, shape (n_rows,): `log_density` in SciPy's words.

        Examples
        --------
        >>> from mixtura import Mixture, Spherical
        >>> Mixture([1.0], [[0.0]], Spherical([1.0], 1, 1)).log_pdf([[0.0], [40.0]]).round(4)
        array([  -0.9189, -800.9189])
        """
        return self.log_density(X)

    def cdf(self, X: ArrayLike, *, tolerance: float = 1e-6) -> Floats:
        """Return the probability that every column is at most as large as in each row of `X`.

        Parameters
        ----------
        X : array_like of shape (n_rows, n_features)
            Rows; infinite entries are allowed.
        tolerance : float, default=1e-6
            As for `interval_probability`.

        Returns
        -------
        ndarray of shape (n_rows,)
            Probabilities, as exact as those of `interval_probability`.

        Raises
        ------
        ValueError
            `X` has another shape or a NaN, or a component is Student-t.

        Examples
        --------
        >>> from mixtura import Mixture, Spherical
        >>> mixture = Mixture([0.5, 0.5], [[0.0], [10.0]], Spherical([1.0, 1.0], 2, 1))
        >>> mixture.cdf([[0.0], [5.0], [10.0]]).round(3)
        array([0.25, 0.5 , 0.75])
        """
        from .probabilities import cdf  # noqa: PLC0415  # scipy.stats is slow to import

        return cdf(self, X, tolerance)

    def interval_probability(self, lower: ArrayLike, upper: ArrayLike, *, tolerance: float = 1e-6) -> float:
        """Return the probability of a box.

        Columns that a component does not correlate (all of them for one column, `Diagonal` and `Spherical`) are exact
        to rounding, in the tails too; two correlated columns to about 1e-15 of absolute error, more to about the
        tolerance. Columns without limits do not count. The answer is the same in every call.

        Parameters
        ----------
        lower, upper : array_like of shape (n_features,)
            Limits of the box, or numbers where there is one column; they may be infinite.
        tolerance : float, default=1e-6
            Absolute error of a component's probability in three and more correlated columns. Of four and more, a tenth
            of it takes about ten times as long.

        Returns
        -------
        float
            The probability.

        Raises
        ------
        ValueError
            The limits have another shape, a NaN, or are in the wrong order, or a component is Student-t.

        Examples
        --------
        >>> from mixtura import Mixture, Spherical
        >>> mixture = Mixture([0.5, 0.5], [[0.0], [10.0]], Spherical([1.0, 1.0], 2, 1))
        >>> round(mixture.interval_probability(-1.0, 1.0), 4)
        0.3413
        """
        from .probabilities import interval_probability  # noqa: PLC0415  # scipy.stats is slow to import

        return interval_probability(self, lower, upper, tolerance)

    def mean(self) -> Floats:
        """Return the mean of the whole mixture, shape (n_features,).

        Raises
        ------
        ValueError
            A Student-t component has no mean: its degrees of freedom are not above one.

        Examples
        --------
        >>> from mixtura import Mixture, Spherical
        >>> Mixture([0.75, 0.25], [[0.0, 1.0], [4.0, 1.0]], Spherical([1.0, 1.0], 2, 2)).mean()
        array([1., 1.])
        """
        return summaries.mean(self)

    def covariance_matrix(self) -> Floats:
        """Return the covariance matrix of the whole mixture, shape (n_features, n_features).

        It is made of the covariances within the components, which `covariance` holds, and those between their means.

        Raises
        ------
        ValueError
            A Student-t component has no finite covariance: its degrees of freedom are not above two.

        Examples
        --------
        >>> from mixtura import Mixture, Spherical
        >>> Mixture([0.5, 0.5], [[0.0, 1.0], [4.0, 1.0]], Spherical([1.0, 1.0], 2, 2)).covariance_matrix()
        array([[5., 0.],
               [0., 1.]])
        """
        return summaries.covariance(self)

    def modes(self) -> tuple[Floats, Floats]:
        """Return the local maxima of the density; there can be more of them than components.

        All modes of two components are found; those that only four and more make together can be missed (Carreira-
        Perpiñán 2000; Ray and Lindsay 2005).

        Returns
        -------
        points : ndarray of shape (n_modes, n_features)
            Modes, the most dense first.
        log_densities : ndarray of shape (n_modes,)
            Logarithms of the density there.

        Raises
        ------
        ValueError
            A component is not normal.

        Examples
        --------
        >>> from mixtura import Diagonal, Mixture
        >>> crossing = Mixture([0.5, 0.5], [[0.0, 0.0], [1.0, 1.0]], Diagonal([[1.0, 0.05], [0.05, 1.0]], 2, 2))
        >>> points, log_densities = crossing.modes()
        >>> len(points)
        3
        """
        return modes.modes(self)

    def regress(self, given: Sequence[int], X: ArrayLike) -> regression.Regression:
        """Return the conditional mean and covariance of the other columns for each row of the given ones.

        They are those of `conditional`, for all rows at once: Gaussian mixture regression.

        Parameters
        ----------
        given : sequence of int
            Positions of the columns that are known.
        X : array_like of shape (n_rows, len(given))
            Their values, in the order of `given`.

        Returns
        -------
        Regression
            `mean` of shape (n_rows, n_targets) and `covariance` of shape (n_rows, n_targets, n_targets).

        Raises
        ------
        ValueError
            `given` is empty, repeats a column or has all of them; `X` has another shape or is not finite; a component
            is not normal.

        Examples
        --------
        >>> from mixtura import Mixture, Tied
        >>> mixture = Mixture([0.5, 0.5], [[0.0, 0.0], [9.0, 0.0]], Tied([[1.0, 0.5], [0.5, 1.0]], 2, 2))
        >>> mixture.regress([0], [[1.0], [8.0]]).mean.round(3)
        array([[ 0.5],
               [-0.5]])
        """
        return regression.regress(self, given, X)

    def impute(
        self,
        X: ArrayLike,
        *,
        method: Literal["mean", "draw"] = "mean",
        random_state: int | np.random.RandomState | None = None,
    ) -> NDArray[Any]:
        """Return rows with their missing values filled in.

        Parameters
        ----------
        X : array_like of shape (n_rows, n_features), float32 or float64
            Rows; NaN marks a missing value.
        method : {"mean", "draw"}, default "mean"
            Fill with the conditional mean of the mixture given the values that the row has, which is the best guess by
            squared error; or with a draw from the conditional distribution, which keeps the spread and the correlations
            of the columns [1]_. Several draws are several plausible tables.
        random_state : int, RandomState instance or None, default=None
            Seed of the draws.

        Returns
        -------
        ndarray of shape (n_rows, n_features)
            Values that were there stay bit for bit. A row without any value is filled from the mixture itself: with its
            mean (of a Student's t component its location), or with a row drawn.

        Raises
        ------
        DataError
            `X` is not a table of the columns of the mixture, or holds infinite values.

        References
        ----------
        .. [1] Little and Rubin (2019), "Statistical Analysis with Missing Data", chapter 4.

        Examples
        --------
        >>> from mixtura import Full, Mixture
        >>> mixture = Mixture([1.0], [[0.0, 0.0]], Full([[[1.0, 0.5], [0.5, 1.0]]], 1, 2))
        >>> mixture.impute([[2.0, np.nan], [np.nan, np.nan], [3.0, 4.0]])
        array([[2., 1.],
               [0., 0.],
               [3., 4.]])
        """
        from .impute import impute  # noqa: PLC0415  # scikit-learn is slow to import

        return impute(self, X, method=method, random_state=random_state)

    def hellinger(
        self,
        other: "Mixture",
        *,
        method: "Method" = "monte carlo",
        n_samples: int = 10_000,
        random_state: int | np.random.RandomState | None = 0,
    ) -> "Estimate":
        """Return the Hellinger distance to another mixture, from 0 to 1: the root of half the integral of (√p - √q)².

        Parameters
        ----------
        other : Mixture
            Distribution of the same columns.
        method : {"monte carlo", "bound"}, default="monte carlo"
            "monte carlo" averages over samples. "bound" is an upper bound, which may be far above: the distance of the
            components under the best plan that carries the weights of the one to those of the other. Between single
            normal distributions both are exact.
        n_samples : int, default=10_000
            Number of samples, four or more.
        random_state : int, RandomState or None, default=0
            Source of the samples: the same mixtures have the same distance unless it is None.

        Returns
        -------
        Estimate
            `value`, `standard_error`, and `kind`: "exact", "upper bound" or "monte carlo".

        Raises
        ------
        ValueError
            The mixtures have different numbers of columns, an argument is not among those above, or a bound is asked
            for and a component is not normal.

        Examples
        --------
        >>> from mixtura import Mixture, Spherical
        >>> p = Mixture([0.5, 0.5], [[0.0], [8.0]], Spherical([1.0, 1.0], 2, 1))
        >>> q = Mixture([0.5, 0.5], [[1.0], [9.0]], Spherical([1.0, 1.0], 2, 1))
        >>> estimate = p.hellinger(q)
        >>> round(estimate.value, 2), round(estimate.standard_error, 3), estimate.kind
        (0.34, 0.002, 'monte carlo')
        >>> round(p.hellinger(q, method="bound").value, 6)
        0.342787
        """
        from .distances import hellinger  # noqa: PLC0415  # scipy.optimize is slow to import

        return hellinger(self, other, method=method, n_samples=n_samples, random_state=random_state)

    def kullback_leibler(
        self,
        other: "Mixture",
        *,
        method: "Method" = "monte carlo",
        n_samples: int = 10_000,
        random_state: int | np.random.RandomState | None = 0,
    ) -> "Estimate":
        """Return the Kullback-Leibler divergence of another mixture from this one, in nats.

        Parameters
        ----------
        other : Mixture
            Distribution of the same columns.
        method : {"monte carlo", "bound"}, default="monte carlo"
            "monte carlo" averages the difference of log densities over samples of this mixture, and is infinite where
            one has no density in the other. "bound" is the variational upper bound of Hershey and Olsen (2007), which
            may be several times the divergence. Between single normal distributions both are exact.
        n_samples : int, default=10_000
            Number of samples, two or more.
        random_state : int, RandomState or None, default=0
            Source of the samples: the same mixtures have the same divergence unless it is None.

        Returns
        -------
        Estimate
            `value`, `standard_error`, and `kind`: "exact", "upper bound" or "monte carlo".

        Raises
        ------
        ValueError
            The mixtures have different numbers of columns, an argument is not among those above, or a bound is asked
            for and a component is not normal.

        Examples
        --------
        >>> from mixtura import Mixture, Spherical
        >>> p = Mixture([1.0], [[0.0]], Spherical([1.0], 1, 1))
        >>> q = Mixture([1.0], [[2.0]], Spherical([1.0], 1, 1))
        >>> p.kullback_leibler(q)
        Estimate(value=2.0, standard_error=0.0, kind='exact')
        >>> wide = Mixture([0.5, 0.5], [[-3.0], [3.0]], Spherical([1.0, 1.0], 2, 1))
        >>> between = Mixture([0.5, 0.5], [[0.0], [5.0]], Spherical([4.0, 4.0], 2, 1))
        >>> estimate = wide.kullback_leibler(between)
        >>> round(estimate.value, 1), round(estimate.standard_error, 2), estimate.kind
        (0.9, 0.01, 'monte carlo')
        """
        from .distances import kullback_leibler  # noqa: PLC0415  # scipy.optimize is slow to import

        return kullback_leibler(self, other, method=method, n_samples=n_samples, random_state=random_state)

    def _positions(self, columns: Sequence[int]) -> list[int]:
        positions = np.asarray(columns)
        whole = positions.dtype.kind in "iu" and positions.ndim == 1 and not np.ma.isMaskedArray(columns)
        asked = positions.tolist()
        if not whole or not asked or len(set(asked)) < len(asked) or not set(asked) <= set(range(self.n_features)):
            raise ValueError(
                f"columns must be different positions from 0 to {self.n_features - 1}, whole numbers in a list, not "
                f"{columns!r}"
            )
        return list(asked)

    def _block(self, X: ArrayLike) -> Block:
        """Return rows as a block: numbers in as many columns as the mixture has, NaN where a value is missing."""
        values = known_values(X, "rows")
        if values.ndim != 2 or values.shape[1] != self.n_features:
            raise ColumnError(
                f"rows come as an array of shape (n_rows, {self.n_features}), a column for each of the mixture, not of "
                f"{values.shape}"
            )
        if np.isinf(values).any():
            row, column = (int(position) for position in np.argwhere(np.isinf(values))[0])
            raise InfiniteValuesError(
                f"row {row} has {values[row, column]} in column {column}: NaN marks a missing value"
            )
        return Block(values, None, 0)


def _equal(one: Floats | None, other: Floats | None) -> bool:
    return one is other if one is None or other is None else np.array_equal(one, other)
