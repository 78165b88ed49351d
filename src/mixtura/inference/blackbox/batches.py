"""Random rows for each step of an ascent, from arrays in memory or from a table that is read in passes.

The log density of a batch is that of all rows plus noise. Most of the noise is linear in the parameters, and known: the
gradient at a fixed point, the anchor, over the batch less that over all rows. Without it as many steps are needed as
the posterior is narrow (Johnson and Zhang 2013, "Accelerating stochastic gradient descent using predictive variance
reduction"; Baker, Fearnhead, Fox and Nemeth 2019, "Control variates for stochastic gradient MCMC").
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple, Protocol

import jax
import numpy as np
from jax import Array

from ...engines import engine_for
from ...errors import RequestError
from ...intake.picking import Positions
from ...intake.table import Table
from ...rows import Block
from .problem import Problem, Target

# Rows in a step where a table is read and nobody says how many.
_FROM_TABLE = 1000


class Anchor(NamedTuple):
    """A point, and the log density of all rows there with its gradient."""

    point: Any
    value: Any
    gradient: Any


class Given(NamedTuple):
    """Rows for the steps of a chunk.

    Attributes
    ----------
    rows : pytree of arrays
        The first axis counts steps, the second rows.
    scale : float
        Rows of all the data for one of a batch.
    anchor : Anchor or None
        Where the noise of a batch is known; None where the log density has no gradient.
    """

    rows: Any
    scale: Any
    anchor: Anchor | None

    def log_density(self, target: Target, rows: Any) -> Callable[[Array], Array]:
        """Return the log density of all the data as the rows of one step estimate it, without bias."""
        if self.anchor is None:
            return partial(target, data=rows, scale=self.scale)
        point, value, gradient = self.anchor
        batch_value, batch_gradient = jax.value_and_grad(target)(point, rows, self.scale)

        def corrected(x: Array) -> Array:
            noise = batch_value - value + (batch_gradient - gradient) @ (x - point)
            log_density: Array = target(x, rows, self.scale) - noise
            return log_density

        return corrected


@dataclass(frozen=True, eq=False)
class Batches:
    """Rows drawn with replacement.

    Parameters
    ----------
    source : ArraySource or TableSource
        Where they come from.
    size : int
        Rows of a batch.
    """

    source: "Source"
    size: int

    def given(self, rng: np.random.Generator, n_steps: int, anchor: Anchor | None) -> Given:
        """Return rows for so many steps."""
        rows = self.source.draw(rng, n_steps, self.size)
        return Given(rows, self.source.n_rows / self.size, anchor)


class Source(Protocol):
    """Where rows come from.

    Attributes
    ----------
    n_rows : int
        Number of rows.
    """

    @property
    def n_rows(self) -> int: ...  # noqa: D102  # said above

    def draw(self, rng: np.random.Generator, n_steps: int, size: int) -> Any:
        """Return `size` rows for each of so many steps: a pytree of arrays whose first axis counts steps."""
        ...

    def blocks(self) -> Iterator[Any]:
        """Yield all rows, in pytrees of arrays."""
        ...


@dataclass(frozen=True, eq=False)
class ArraySource:
    """Arrays, rows first."""

    data: Any
    n_rows: int

    def draw(self, rng: np.random.Generator, n_steps: int, size: int) -> Any:
        """Return `size` rows for each of so many steps."""
        places = rng.integers(self.n_rows, size=(n_steps, size))
        return jax.tree.map(lambda array: np.asarray(array)[places], self.data)

    def blocks(self) -> Iterator[Any]:
        """Yield all rows."""
        yield self.data


@dataclass(frozen=True, eq=False)
class TableSource:
    """A table: one pass over it serves many steps, and no more rows than these need are held."""

    table: Table
    n_rows: int

    def draw(self, rng: np.random.Generator, n_steps: int, size: int) -> Any:
        """Return `size` rows for each of so many steps."""
        places = np.sort(rng.integers(self.n_rows, size=n_steps * size))
        picked = self.table.pick(Positions(places), len(places))
        if (picked.weights != 1).any():
            raise RequestError("rows of data have weights, which a log_likelihood is not given: open data without them")
        return rng.permutation(picked.values.astype(np.float64)).reshape(n_steps, size, -1)

    def blocks(self) -> Iterator[Any]:
        """Yield all rows, a block at a time."""
        for block in self.table.rows.blocks():
            yield block.values.astype(np.float64)


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
        return Batches(TableSource(table, n_rows), _FROM_TABLE if size is None else size)
    if size is None:
        return None
    lengths = {np.shape(array)[:1] for array in jax.tree.leaves(data)}
    if len(lengths) != 1 or () in lengths:
        raise RequestError(
            "batch_size needs data whose arrays have the same number of rows: pass log_prior=…, log_likelihood=… and "
            "data=…, or leave batch_size out"
        )
    ((n_rows,),) = lengths
    return Batches(ArraySource(data, n_rows), size)


def anchor_at(problem: Problem, batches: Batches, point: Any) -> Anchor:
    """Return the log density of all rows at a point, and its gradient, by one pass."""
    problem.count(n_gradients=1)
    parts = []
    for rows in batches.source.blocks():
        parts.append(_gradient(problem.target, point, rows, 1.0))
    # The prior is in every part, and belongs to one.
    surplus = len(parts) - 1
    value, gradient = _gradient(problem.target, point, rows, 0.0)
    return Anchor(
        point,
        sum(part[0] for part in parts) - surplus * value,
        sum(part[1] for part in parts) - surplus * gradient,
    )


@partial(jax.jit, static_argnums=0)
def _gradient(target: Target, point: Any, rows: Any, scale: float) -> tuple[Array, Array]:
    """Return the log density at a point, and its gradient."""
    found: tuple[Array, Array] = jax.value_and_grad(target)(point, rows, scale)
    return found


def _n_rows(block: Block) -> int:
    return len(block.values)


def is_table(data: Any) -> bool:
    """Return whether data are rows that are read in passes."""
    return hasattr(data, "blocks") and hasattr(data, "n_columns")
