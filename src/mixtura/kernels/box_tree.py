"""Nearest neighbours by a k-d tree: few columns, or distances that are not Euclidean."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from ..typing import Floats, Integers
from . import native
from .chunks import OnRows, in_chunks


@dataclass(frozen=True, eq=False)
class BoxTree:
    """The k-d tree of ``native/box_tree.hpp``."""

    n_rows: int
    order: float
    leaves: Floats
    rows: Integers
    boxes: Floats
    lowest: Integers

    @classmethod
    def of(cls, values: Floats, order: float) -> Self:
        """Return the tree over rows, for Minkowski distances of an order."""
        leaves, rows, boxes, lowest = native.tree_sizes(*values.shape)
        tree = cls(
            len(values),
            order,
            np.empty(leaves),
            np.empty(rows, np.int64),
            np.empty(boxes),
            np.empty(lowest, np.int64),
        )
        native.build_tree(values, tree.leaves, tree.rows, tree.boxes, tree.lowest)
        return tree

    @property
    def places(self) -> Integers:
        """The rows leaf by leaf: those looked up one after the other open the same leaves."""
        return self.rows[self.rows >= 0]

    def run(
        self,
        queries: Floats,
        excluded: Integers | None,
        places: Integers,
        sums: Floats,
        rows: Integers,
        n_threads: int,
        on_rows: OnRows | None = None,
    ) -> None:
        """Write what the columns add up to, and row numbers, of the nearest rows to the queries at some places."""

        def search(chunk: Integers) -> None:
            native.search_tree(
                self.n_rows,
                self.rows,
                self.leaves,
                self.boxes,
                self.lowest,
                self.order,
                queries,
                chunk,
                excluded,
                sums,
                rows,
            )

        in_chunks(search, places, n_threads, on_rows)
