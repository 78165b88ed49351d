"""A table that passes run over: its rows, where passes run, and who is told how far they have come."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from ..engines import Engine
from ..engines.engine import M
from ..engines.progress import OnProgress, WatchedEngine
from ..engines.through import ThroughEngine
from ..rows import Block, Rows
from .picking import Picked, PickPass, Places

T = TypeVar("T")


class Scorer(Protocol):
    """A frozen model that scores an array of rows."""

    def score_samples(self, X: NDArray[Any], /) -> NDArray[Any]:
        """Return the score of each row, shape (n_rows,)."""
        ...


@dataclass(frozen=True, eq=False)
class Table:
    """The rows of a table, the engine that passes over them run in, and who is told of these.

    Attributes
    ----------
    rows : Rows
        The rows.
    engine : Engine
        Where passes run.
    on_progress : callable, optional
        Told how far the work on the table has come.
    step : str, optional
        What the passes are for. `on_progress` is told the rows that they have done; without a step, of no pass.

    Examples
    --------
    >>> import numpy as np
    >>> from mixtura.engines import ThreadEngine
    >>> from mixtura.intake.picking import Positions
    >>> from mixtura.rows import ArrayRows
    >>> table = Table(ArrayRows(np.arange(6.0)[:, None]), ThreadEngine())
    >>> float(table.fold(lambda block: block.values.sum(), 0.0))
    15.0
    >>> table.pick(Positions(np.array([1, 4])), 2).values
    array([[1.],
           [4.]])
    """

    rows: Rows
    engine: Engine
    on_progress: OnProgress | None = None
    step: str | None = None

    @property
    def n_columns(self) -> int:
        """Number of columns."""
        return self.rows.n_columns

    @property
    def n_rows(self) -> int | None:
        """Number of rows, None while it is unknown."""
        return self.rows.n_rows

    @property
    def dtype(self) -> "np.dtype[Any]":
        """Type of the values, float32 or float64."""
        return self.rows.dtype

    @property
    def has_missing(self) -> bool:
        """Whether a value may be missing."""
        return self.rows.has_missing

    def watched(self, step: str) -> "Table":
        """Return the same table, with passes that `on_progress` is told of as a step of the work."""
        return replace(self, step=step)

    def on(self, rows: Rows) -> "Table":
        """Return a table of other rows, in the same engine."""
        return replace(self, rows=rows)

    def through(self, change: Callable[[Block], Block]) -> "Table":
        """Return the same table with every block changed before a pass sees it."""
        return replace(self, engine=ThroughEngine(self.engine, change))

    def fold(self, summarise: Callable[[Block], M], zero: M) -> M:
        """Return the sum of `summarise` over the blocks, starting from `zero`."""
        return self._running.fold(self.rows, summarise, zero)

    def map(self, transform: Callable[[Block], T]) -> Iterator[T]:
        """Yield `transform` of each block, in the order of the rows."""
        return self._running.map(self.rows, transform)

    def gather(
        self,
        transform: Callable[[Block], NDArray[Any]],
        tail: tuple[int, ...] = (),
        dtype: "np.dtype[Any] | type[Any]" = np.float64,
    ) -> NDArray[Any]:
        """Return `transform` of all rows as one array, shape (n_rows, *tail)."""
        if self.n_rows is None:
            return np.concatenate(list(self.map(transform)))
        out = np.empty((self.n_rows, *tail), dtype)
        filled = 0
        for part in self.map(transform):
            out[filled : filled + len(part)] = part
            filled += len(part)
        return out

    def scores(self, model: Scorer) -> NDArray[np.float64]:
        """Return what a model scores each row, shape (n_rows,)."""
        return self.gather(partial(_scores, model))

    def values(self) -> NDArray[Any]:
        """Return all values, shape (n_rows, n_columns)."""
        return self.gather(_values, (self.n_columns,), self.dtype)

    def weights(self) -> NDArray[np.float64]:
        """Return the weight of each row, shape (n_rows,); ones where the table has none."""
        return self.gather(_weights)

    def pick(self, places: Places, count: int) -> Picked:
        """Return the rows that stand at some places of each block, `count` of them in all."""
        picked = Picked(np.empty((count, self.n_columns), self.dtype), np.ones(count))
        filled = 0
        for values, weights in self.map(PickPass(places)):
            here = slice(filled, filled + len(values))
            picked.values[here] = values
            if weights is not None:
                picked.weights[here] = weights
            filled = here.stop
        return picked

    @property
    def _running(self) -> Engine:
        if self.step is None or self.on_progress is None:
            return self.engine
        return WatchedEngine(self.engine, self.on_progress, self.step)


def _values(block: Block) -> NDArray[Any]:
    return block.values


def _weights(block: Block) -> NDArray[np.float64]:
    return np.ones(len(block.values)) if block.weights is None else block.weights


def _scores(model: Scorer, block: Block) -> NDArray[Any]:
    return model.score_samples(block.values)
