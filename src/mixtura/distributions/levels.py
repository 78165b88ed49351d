"""Categorical columns of a mixture: a probability for each level of each column, in each component.

Given its component, a row's categories are independent of one another and of its numbers. With numbers this is the
location model without interactions, without numbers latent class analysis (Goodman 1974, "Exploratory latent structure
analysis using both identifiable and unidentifiable models", Biometrika 61; Hunt and Jorgensen 2011, "Clustering mixed
data", WIREs Data Mining and Knowledge Discovery 1).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammainc, gammaln, xlogy

from ..typing import Floats
from .matrices import check_real, frozen_integers

# The least mean of a Poisson distribution: larger counts keep a logarithm.
_LEAST_MEAN = 1e-6

# The least probability of a level that a fit goes on from, where it had none.
_LEAST_UNSEEN = 1e-6

# Probabilities in single precision sum to one as nearly as this.
_ROUNDED = 1e-6


@dataclass(frozen=True)
class LevelColumns:
    """Which columns of a table are categorical, and how many levels each has.

    Attributes
    ----------
    columns : tuple of int
        Positions, in rising order.
    sizes : tuple of int
        Numbers of levels.
    counts : tuple of int
        Those columns whose levels are counts, which have a Poisson distribution.

    Examples
    --------
    >>> LevelColumns((1, 3), (2, 3)).numbers(4).tolist()
    [0, 2]
    """

    columns: tuple[int, ...]
    sizes: tuple[int, ...]
    counts: tuple[int, ...] = ()

    def numbers(self, n_columns: int) -> NDArray[np.int64]:
        """Return the positions of the other columns, of `n_columns` in all."""
        return _others(self.columns, n_columns)

    @cached_property
    def n_parameters(self) -> int:
        """Number of free parameters of a component: one for each count, one less than the levels for a category."""
        pairs = zip(self.columns, self.sizes, strict=True)
        return sum(1 if column in self.counts else size - 1 for column, size in pairs)

    @cached_property
    def n_levels(self) -> int:
        """Number of levels of all columns."""
        return sum(self.sizes)

    @cached_property
    def slices(self) -> tuple[slice, ...]:
        """Where the levels of each column stand when those of all columns follow one another."""
        return _slices(self.sizes)

    @cached_property
    def wide_slices(self) -> tuple[slice, ...]:
        """The same where a level never seen follows those of each column."""
        return _slices([size + 1 for size in self.sizes])

    @cached_property
    def seen(self) -> NDArray[np.int64]:
        """Where the levels stand among those and the levels never seen."""
        return frozen_integers(np.concatenate([np.arange(place.start, place.stop - 1) for place in self.wide_slices]))

    @cached_property
    def unseen(self) -> NDArray[np.int64]:
        """Where the levels never seen stand."""
        return frozen_integers(np.array([place.stop - 1 for place in self.wide_slices]))

    @cached_property
    def owners(self) -> NDArray[np.int64]:
        """The column that each level belongs to, by its number among these; a level never seen is the last of each."""
        return frozen_integers(np.repeat(np.arange(len(self.sizes)), np.array(self.sizes) + 1))

    def with_levels_of(self, other: "LevelColumns | None") -> "LevelColumns":
        """Return the same columns with the levels of another table too, where that has these columns."""
        if other is None or (other.columns, other.counts) != (self.columns, self.counts):
            return self
        return LevelColumns(self.columns, tuple(map(max, self.sizes, other.sizes)), self.counts)

    def widened(self, values: Floats, other: "LevelColumns") -> Floats:
        """Return numbers of the levels for those of `other`, which has as many or more; zero of the others.

        Parameters
        ----------
        values : ndarray of shape (n_components, n_levels)
            Numbers of the levels, column by column.
        other : LevelColumns
            The same columns with more levels.
        """
        out = np.zeros((len(values), other.n_levels))
        for own, place in zip(self.slices, other.slices, strict=True):
            out[:, place.start : place.start + own.stop - own.start] = values[:, own]
        return out

    def indicators(self, values: NDArray[Any]) -> Floats:
        """Return a column for each level, one where a row has it, shape (n_rows, n_levels); a missing level has none.

        Parameters
        ----------
        values : ndarray of shape (n_rows, n_columns)
            Rows of the table.
        """
        out = np.empty((len(values), self.n_levels), order="F")
        for column, place in zip(self.columns, self.slices, strict=True):
            for level in range(place.stop - place.start):
                out[:, place.start + level] = values[:, column] == level
        return out

    def select(self, columns: Sequence[int]) -> tuple["LevelColumns", list[int]]:
        """Return those among some `columns` of the table, by their positions there, and which of these they are."""
        place = {column: number for number, column in enumerate(self.columns)}
        found = [(position, place[int(column)]) for position, column in enumerate(columns) if int(column) in place]
        own = [number for _, number in found]
        counts = tuple(position for position, c in found if self.columns[c] in self.counts)
        return LevelColumns(tuple(position for position, _ in found), tuple(self.sizes[c] for c in own), counts), own


@dataclass(frozen=True, eq=False)
class LevelLogs:
    """What a pass reads of categorical columns.

    Attributes
    ----------
    layout : LevelColumns
        The columns.
    logs : ndarray of shape (n_components, n_levels + n_columns)
        Column by column: logarithms of the probabilities of the levels, then of a level never seen.
    """

    layout: LevelColumns
    logs: Floats

    @property
    def blocks(self) -> list[Floats]:
        """The logarithms of each column, shape (n_components, n_levels of the column + 1)."""
        return [self.logs[:, place] for place in self.layout.wide_slices]

    def select(self, columns: Sequence[int]) -> "LevelLogs | None":
        """Return those of some of the columns of a table, by their positions in `columns`; None if there are none."""
        layout, own = self.layout.select(columns)
        return LevelLogs(layout, _joined(self.logs, self.layout, own)) if own else None

    def repeat(self, components: NDArray[np.int64]) -> "LevelLogs":
        """Return those of the components listed."""
        return LevelLogs(self.layout, self.logs[components])


class Levels:
    """Probabilities of the levels of categorical columns, in each component of a mixture; a frozen value.

    A row holds the number of a level, from 0, in each of these columns.

    Parameters
    ----------
    columns : sequence of int
        Positions of the columns among all columns of the mixture, in rising order.
    probabilities : sequence of array_like, each of shape (n_components, n_levels)
        Probabilities of the levels of each column; they sum to one over the levels, with that of a level never seen.
    unseen : array_like of shape (n_components, n_columns), optional
        Probability of a level never seen. Default: zero.
    counts : sequence of int, default=()
        Those columns whose levels are counts, with one parameter in each component: the mean of a Poisson distribution.

    Attributes
    ----------
    layout : LevelColumns
        The columns, and their numbers of levels.
    values : ndarray of shape (n_components, n_levels + n_columns)
        Column by column: probabilities of the levels, then of a level never seen.

    Raises
    ------
    ValueError
        The columns are not in rising order, or the values are not probabilities.

    Examples
    --------
    >>> levels = Levels([0], [[[0.9, 0.1], [0.2, 0.8]]])
    >>> levels.sizes, levels.n_parameters
    ((2,), 2)
    """

    __slots__ = ("layout", "values")

    layout: LevelColumns
    values: Floats

    def __init__(
        self,
        columns: Sequence[int],
        probabilities: Sequence[ArrayLike],
        unseen: ArrayLike | None = None,
        counts: Sequence[int] = (),
    ) -> None:
        positions = tuple(int(column) for column in columns)
        tables = [check_real(table, "probabilities of levels") for table in probabilities]
        if list(positions) != sorted(set(positions)) or (positions and positions[0] < 0):
            raise ValueError(f"columns of levels are different positions in rising order, not {list(positions)}")
        if not tables or len(tables) != len(positions):
            raise ValueError(f"there are {len(positions)} columns of levels, and probabilities for {len(tables)}")
        shape = (tables[0].shape[0] if tables[0].ndim else 0, len(positions))
        if any(table.ndim != 2 or len(table) != shape[0] or not table.size for table in tables):
            raise ValueError(
                "probabilities of levels have a row for each component and a column for each level, not shapes "
                f"{[table.shape for table in tables]}"
            )
        rest = np.zeros(shape) if unseen is None else check_real(unseen, "probabilities of unseen levels")
        if rest.shape != shape:
            raise ValueError(f"probabilities of unseen levels have shape {shape}, not {rest.shape}")
        values = np.hstack([np.column_stack(pair) for pair in zip(tables, rest.T, strict=True)])
        layout = LevelColumns(positions, tuple(table.shape[1] for table in tables), tuple(counts))
        self._keep(layout, _checked(values.astype(np.float64), layout))

    @classmethod
    def of_values(cls, layout: LevelColumns, values: Floats) -> "Levels":
        """Return the levels with some `values`, as `unchecked` has them, or raise `ValueError`.

        Parameters
        ----------
        layout : LevelColumns
            The columns.
        values : ndarray of shape (n_components, n_levels + n_columns)
            Probabilities.
        """
        columns = list(layout.columns)
        if columns != sorted(set(columns)) or columns[0] < 0 or values.ndim != 2:
            raise ValueError(f"columns of levels are different positions in rising order, not {columns}")
        if values.shape[1] != layout.n_levels + len(columns):
            raise ValueError(f"levels of sizes {list(layout.sizes)} have no {values.shape[1]} probabilities")
        return cls.unchecked(layout, np.array(_checked(values, layout)))

    @classmethod
    def unchecked(cls, layout: LevelColumns, values: Floats) -> "Levels":
        """Return levels that follow from others or from rows.

        Parameters
        ----------
        layout : LevelColumns
            The columns.
        values : ndarray of shape (n_components, n_levels + n_columns)
            Column by column: probabilities of the levels, then of a level never seen.
        """
        levels = cls.__new__(cls)
        levels._keep(layout, values)
        return levels

    @classmethod
    def estimate(cls, layout: LevelColumns, weights: Floats, extra: Floats) -> "Levels":
        """Return the most probable levels, given the weight of each by component.

        Parameters
        ----------
        layout : LevelColumns
            The columns.
        weights : ndarray of shape (n_components, n_levels)
            Weights of the rows of each component, column by column.
        extra : ndarray of shape (n_columns,)
            Rows that each level of a column, and a level never seen, have beside these: the mode under a Dirichlet
            prior of parameter 1 + extra.
        """
        values = np.empty((len(weights), layout.n_levels + len(layout.columns)))
        values[:, layout.seen] = weights
        values[:, layout.unseen] = 0
        values += extra[layout.owners]
        values = _normalized(values, layout)
        for column, place in zip(layout.columns, layout.wide_slices, strict=True):
            if column in layout.counts:
                values[:, place] = _poisson(values[:, place])
        return cls.unchecked(layout, values)

    def _keep(self, layout: LevelColumns, values: Floats) -> None:
        values.setflags(write=False)
        object.__setattr__(self, "layout", layout)
        object.__setattr__(self, "values", values)

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"levels are a value: make others, in place of setting {name}")

    @property
    def columns(self) -> tuple[int, ...]:
        """Positions of the columns, in rising order."""
        return self.layout.columns

    @property
    def sizes(self) -> tuple[int, ...]:
        """Number of levels of each column."""
        return self.layout.sizes

    @property
    def probabilities(self) -> tuple[Floats, ...]:
        """Probabilities of the levels of each column, each of shape (n_components, n_levels)."""
        return tuple(self.values[:, place.start : place.stop - 1] for place in self.layout.wide_slices)

    @property
    def unseen(self) -> Floats:
        """Probability of a level never seen, shape (n_components, n_columns)."""
        return self.values[:, self.layout.unseen]

    @property
    def n_components(self) -> int:
        """Number of components."""
        return len(self.values)

    @property
    def n_parameters(self) -> int:
        """Number of free parameters."""
        return self.n_components * self.layout.n_parameters

    @property
    def logs(self) -> LevelLogs:
        """What a pass reads."""
        with np.errstate(divide="ignore"):  # an impossible level has a logarithm of minus infinity
            return LevelLogs(self.layout, np.log(self.values))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Levels):
            return NotImplemented
        return self.layout == other.layout and np.array_equal(self.values, other.values)

    def __repr__(self) -> str:
        return f"Levels({list(self.columns)}, {[table.tolist() for table in self.probabilities]})"

    def __reduce__(self) -> tuple[Any, ...]:
        # A copy is made read-only again.
        return type(self).unchecked, (self.layout, self.values)

    __hash__ = None  # type: ignore[assignment]  # a value of arrays, as unhashable as they are

    def select(self, columns: Sequence[int]) -> "Levels | None":
        """Return those of some of the columns of a mixture, by their positions in `columns`; None if there are none."""
        layout, own = self.layout.select(columns)
        return Levels.unchecked(layout, _joined(self.values, self.layout, own)) if own else None

    def repeat(self, components: NDArray[np.int64]) -> "Levels":
        """Return the levels of the `components` listed, some perhaps more than once."""
        return Levels.unchecked(self.layout, self.values[components])

    def widened(self, layout: LevelColumns) -> "Levels":
        """Return levels of the same columns with more levels: new ones share what a level never seen had.

        Parameters
        ----------
        layout : LevelColumns
            The same columns, with as many levels or more.
        """
        if layout == self.layout:
            return self
        values = np.zeros((self.n_components, layout.n_levels + len(layout.columns)))
        values[:, layout.seen] = self.layout.widened(self.values[:, self.layout.seen], layout)
        for own, place, rest in zip(self.layout.wide_slices, layout.wide_slices, self.unseen.T, strict=True):
            new = slice(place.start + own.stop - own.start - 1, place.stop)
            values[:, new] = np.maximum(rest, _LEAST_UNSEEN)[:, None] / (new.stop - new.start)
        return Levels.unchecked(layout, _normalized(values, layout))

    def replace(self, components: NDArray[np.bool_], other: "Levels") -> "Levels":
        """Return these levels with those of `other` for the `components` marked."""
        return Levels.unchecked(self.layout, np.where(components[:, None], other.values, self.values))

    def tilted(self, by: Floats) -> "Levels":
        """Return levels of which every second one is less probable in each component, by factors of exp(`by`)."""
        signs = np.concatenate([(-1.0) ** np.arange(size + 1) for size in self.sizes])
        return Levels.unchecked(self.layout, _normalized(self.values * np.exp(by[:, None] * signs), self.layout))

    def draw(self, component: int, n_rows: int, random_state: np.random.RandomState) -> Floats:
        """Draw the levels of `n_rows` rows of one `component` with `random_state`: none is one never seen."""
        out = np.empty((n_rows, len(self.columns)))
        for c, table in enumerate(self.probabilities):
            chances = table[component] / table[component].sum()
            out[:, c] = random_state.choice(len(chances), size=n_rows, p=chances)
        return out


def _slices(sizes: Sequence[int]) -> tuple[slice, ...]:
    ends = np.cumsum(sizes).tolist()
    return tuple(slice(end - size, end) for end, size in zip(ends, sizes, strict=True))


def _poisson(shares: Floats) -> Floats:
    """Return Poisson probabilities of 0, 1, 2 and so on, then of all larger counts together, from shares of the same.

    A mean of zero would make every other count impossible.
    """
    counts = np.arange(shares.shape[1] - 1)
    means = np.maximum(shares[:, :-1] @ counts / shares[:, :-1].sum(axis=1), _LEAST_MEAN)[:, None]
    below = np.exp(xlogy(counts, means) - means - gammaln(counts + 1))
    shares = np.column_stack([below, gammainc(counts[-1] + 1, means)])
    return np.asarray(np.maximum(shares, np.finfo(np.float64).tiny))


def _checked(values: Floats, layout: LevelColumns) -> Floats:
    totals = np.add.reduceat(values, [place.start for place in layout.wide_slices], axis=1)
    if (values < 0).any() or not (np.abs(totals - 1) <= _ROUNDED).all():
        raise ValueError("the levels of a column must have probabilities, none negative, that sum to one")
    return values


def _normalized(values: Floats, layout: LevelColumns) -> Floats:
    totals = np.add.reduceat(values, [place.start for place in layout.wide_slices], axis=1)
    return np.asarray(values / totals[:, layout.owners])


def _joined(values: Floats, layout: LevelColumns, columns: Sequence[int]) -> Floats:
    return np.hstack([values[:, layout.wide_slices[column]] for column in columns])


@lru_cache(maxsize=64)
def _others(columns: tuple[int, ...], n_columns: int) -> NDArray[np.int64]:
    return frozen_integers(np.setdiff1d(np.arange(n_columns), columns))
