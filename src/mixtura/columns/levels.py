"""How often each value of a column occurs: exactly while there are few, and the frequent ones beyond that."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ..optional import need

if TYPE_CHECKING:
    import pyarrow as pa

# Values that are counted exactly, and those that are kept once there are more.
MOST_LEVELS = 65_536
_KEPT = 4_096


# Entries that wait to be added up, a few for each value that is kept.
_WAITING = 2**18


@dataclass(frozen=True, eq=False)
class Levels:
    """Counts of values; those of separate cells add up.

    Once there are more than `MOST_LEVELS`, frequent values are kept and each count may be too small by `error`
    (Misra and Gries 1982, "Finding repeated elements").

    Attributes
    ----------
    parts : tuple of pyarrow.Table
        Counts of parts of the cells, in columns `value` and `n`; a value may stand in several.
    n_counted : int
        Cells seen while all values were kept.
    n_exact : int
        Different values among these.
    error : int
        By how much a count may be too small; zero while all values are kept.

    Examples
    --------
    >>> import pyarrow as pa
    >>> levels = Levels().including(pa.array(["a", "b", "a"])) + Levels().including(pa.array(["b", "b"]))
    >>> levels.counts, levels.is_exact
    ({'a': 2, 'b': 3}, True)
    """

    parts: tuple[Any, ...] = ()
    n_counted: int = 0
    n_exact: int = 0
    error: int = 0

    def including(self, cells: "pa.Array") -> "Levels":
        """Return the counts of these and more cells, none of them null."""
        if not len(cells):
            return self
        pa, compute = need("pyarrow", "counting values"), need("pyarrow.compute", "counting values")
        found = compute.value_counts(cells)
        part = pa.table({"value": found.field("values"), "n": found.field("counts")})
        if not self.error:
            return self + Levels((part,), len(cells))
        # Most values occur once in a column of which not all are kept.
        often = part.filter(compute.greater(part.column("n"), 1))
        return self + Levels((often,), error=1)

    def __add__(self, other: "Levels") -> "Levels":
        error = self.error + other.error
        both = Levels(
            (*self.parts, *other.parts),
            max(self.n_counted, other.n_counted) if error else self.n_counted + other.n_counted,
            max(self.n_exact, other.n_exact),
            error,
        )
        return both if sum(part.num_rows for part in both.parts) <= _WAITING else both.added_up()

    def added_up(self) -> "Levels":
        """Return the same with each value once, the frequent ones where there are too many."""
        return self._added_up

    @cached_property
    def _added_up(self) -> "Levels":
        if not self.parts:
            return self
        pa, compute = need("pyarrow", "counting values"), need("pyarrow.compute", "counting values")
        together = pa.concat_tables(self.parts)
        if len(self.parts) > 1:
            groups = together.group_by("value", use_threads=False).aggregate([("n", "sum")])
            together = groups.rename_columns({"n_sum": "n"}).select(["value", "n"])
        n_exact = max(self.n_exact, together.num_rows) if not self.error else self.n_exact
        if together.num_rows <= MOST_LEVELS:
            return replace(self, parts=(together,), n_exact=n_exact)
        ranked = together.take(compute.sort_indices(together, sort_keys=[("n", "descending")]))
        dropped = ranked.column("n")[_KEPT].as_py()
        return Levels((ranked.slice(0, _KEPT),), self.n_counted, n_exact, self.error + dropped)

    @cached_property
    def counts(self) -> dict[Any, int]:
        """How often each value that is kept was seen."""
        told = self.added_up()
        if not told.parts:
            return {}
        (table,) = told.parts
        return dict(zip(table.column("value").to_pylist(), table.column("n").to_pylist(), strict=True))

    @property
    def is_exact(self) -> bool:
        """Whether every value is kept, with its exact count."""
        return self.added_up().error == 0

    @property
    def n_distinct(self) -> int:
        """How many different values there are, at least."""
        return max(self.added_up().n_exact, len(self.counts))

    @property
    def most_frequent(self) -> tuple[Any, int] | None:
        """The value seen most often, the first of several, and how often; None where there is no cell."""
        return max(self.counts.items(), key=lambda item: item[1]) if self.counts else None

    @property
    def share_distinct(self) -> float:
        """Share of the cells that differ from all before them, while all values were kept."""
        return self.added_up().n_exact / self.n_counted if self.n_counted else 0.0
