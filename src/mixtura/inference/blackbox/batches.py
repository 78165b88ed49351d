"""Random rows for each step of an ascent, from arrays in memory or from a table that is read in passes."""

from dataclasses import dataclass
from typing import Any, Protocol

import jax
import numpy as np

from ...engines import engine_for
from ...errors import RequestError
from ...intake.picking import Positions
from ...intake.table import Table
from ...rows import Block

# Rows in a step where a table is read and nobody says how many.
_FROM_TABLE = 1000


class Batches(Protocol):
    """What gives each step its rows.

    Attributes
    ----------
    scale : float
        Rows of all the data for one of a batch.
    """

    @property
    def scale(self) -> float: ...  # noqa: D102  # said above

    def draw(self, rng: np.random.Generator, n_steps: int) -> Any:
        """Return rows for so many steps, drawn with replacement: a pytree of arrays whose first axis counts steps."""
        ...


@dataclass(frozen=True, eq=False)
class ArrayBatches:
    """Rows of arrays.

    Parameters
    ----------
    data : pytree of arrays
        Rows first.
    n_rows, size : int
        Rows of the data, and of a batch.
    """

    data: Any
    n_rows: int
    size: int

    @property
    def scale(self) -> float:
        """Rows of all the data for one of a batch."""
        return self.n_rows / self.size

    def draw(self, rng: np.random.Generator, n_steps: int) -> Any:
        """Return rows for so many steps."""
        places = rng.integers(self.n_rows, size=(n_steps, self.size))
        return jax.tree.map(lambda array: np.asarray(array)[places], self.data)


@dataclass(frozen=True, eq=False)
class TableBatches:
    """Rows of a table: one pass over it serves many steps, and no more rows than these need are held.

    Parameters
    ----------
    table : Table
        The table.
    n_rows, size : int
        Rows of the table, and of a batch.
    """

    table: Table
    n_rows: int
    size: int

    @property
    def scale(self) -> float:
        """Rows of all the data for one of a batch."""
        return self.n_rows / self.size

    def draw(self, rng: np.random.Generator, n_steps: int) -> Any:
        """Return rows for so many steps."""
        places = np.sort(rng.integers(self.n_rows, size=n_steps * self.size))
        picked = self.table.pick(Positions(places), len(places))
        if (picked.weights != 1).any():
            raise RequestError("rows of data have weights, which a log_likelihood is not given: open data without them")
        return rng.permutation(picked.values.astype(np.float64)).reshape(n_steps, self.size, -1)


def batches_of(data: Any, size: int | None) -> Batches | None:
    """Return batches of so many rows, or None where each step is given all the data.

    Raises
    ------
    RequestError
        There are no rows to draw from, or the arrays differ in them.
    """
    if is_table(data):
        table = Table(data, engine_for(None, data))
        n_rows = table.fold(_n_rows, 0) if table.n_rows is None else table.n_rows
        return TableBatches(table, n_rows, _FROM_TABLE if size is None else size)
    if size is None:
        return None
    lengths = {np.shape(array)[:1] for array in jax.tree.leaves(data)}
    if len(lengths) != 1 or () in lengths:
        raise RequestError(
            "batch_size needs data whose arrays have the same number of rows: pass log_prior=…, log_likelihood=… and "
            "data=…, or leave batch_size out"
        )
    ((n_rows,),) = lengths
    return ArrayBatches(data, n_rows, size)


def _n_rows(block: Block) -> int:
    return len(block.values)


def is_table(data: Any) -> bool:
    """Return whether data are rows that are read in passes."""
    return hasattr(data, "blocks") and hasattr(data, "n_columns")
