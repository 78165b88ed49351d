"""What runs in the tasks of the partitions of a Dask table."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..columns.deciding.deciding import kind_of_type
from ..columns.kinds.kind import Kind
from ..columns.seen.profile import TableSeen
from ..errors import ColumnError, DataError
from ..rows import ArrayRows, Block
from ..rows.blocks.block import Array
from ..rows.blocks.checks import quoted
from ..rows.blocks.columns import Choice, difference
from ..rows.frames.frame import FrameTable
from ..rows.looked.decoded import DecodedRows


@dataclass(frozen=True)
class Place:
    """Where a partition stands: its number, its first row in the table, and how many rows it is known to have."""

    number: int
    first_row: int
    n_rows: int

    @property
    def where(self) -> str:
        """What messages call the partition."""
        return f"partition {self.number} of the Dask table"


@dataclass(frozen=True, eq=False)
class FrameFacts:
    """What is known of the columns of a Dask frame.

    Attributes
    ----------
    kinds : mapping of str to Kind
        What each column holds.
    types : mapping of str to pyarrow.DataType
        Types of the columns of which the metadata does not tell any.
    schema : pyarrow.Schema
        Types by the metadata.
    """

    kinds: Mapping[str, Kind]
    types: Mapping[str, Any]
    schema: Any

    def table(self, piece: Any, place: Place) -> FrameTable:
        """Return a partition as a table."""
        return FrameTable(piece, place.first_row, place.where, self.types)

    def kinds_in(self, table: FrameTable) -> Mapping[str, Kind]:
        """Return what the columns of a partition hold: no numbers where it has no numbers, and the metadata has."""
        found = dict(self.kinds)
        for field in table.schema:
            own, declared = kind_of_type(field.type), kind_of_type(self.schema.field(field.name).type)
            if declared.in_use and not own.in_use and own.name != "empty":
                found[field.name] = own
        return found


def types_in_partition(piece: Any, names: Sequence[str]) -> dict[str, Any]:
    """Return the types of some columns of a partition, none where it has no rows."""
    found = [str(name) for name in piece.columns]
    if not len(piece) or difference(found, names)[0]:
        return {}
    schema = FrameTable(piece.iloc[:, [found.index(name) for name in names]]).schema
    return {name: schema.field(name).type for name in names}


def seen_in_partition(piece: Any, place: Place, schema: Any, types: Mapping[str, Any]) -> TableSeen:
    """Return what is seen of the columns of a partition."""
    check_columns(piece, schema.names, place.where)
    seen = TableSeen.zero(schema)
    if not len(piece):
        return seen
    table = FrameTable(piece, place.first_row, place.where, types)
    for batch in table.batches(schema.names):
        seen = seen.including(_cast(batch, schema, place.where), place.first_row + seen.n_rows)
    return seen


def _cast(batch: Any, schema: Any, where: str) -> Any:
    """Return rows in the types of the whole table."""
    if batch.schema.equals(schema):
        return batch
    try:
        return batch.cast(schema, safe=False)
    except (ValueError, TypeError, NotImplementedError) as error:
        raise ColumnError(
            f"{where} does not have the types of the metadata ({str(error).splitlines()[0]}): "
            "make the partitions what their metadata says"
        ) from error


@dataclass(frozen=True)
class PartitionTask:
    """What runs in the task of a partition: `consume` of its blocks."""

    consume: Callable[..., Any]
    choice: Choice
    facts: FrameFacts | None
    width: int
    dtype: np.dtype[Any]

    def __call__(self, piece: Any, weights: Any, place: Place, *arguments: Any) -> Any:
        """Return `consume` of the blocks of a partition."""
        return self.consume(self.blocks(piece, weights, place), *arguments)

    def blocks(self, piece: Any, weights: Any, place: Place) -> Iterator[Block]:
        """Yield the blocks of a partition, their values checked as those of any other table.

        Raises
        ------
        ColumnError
            It has other columns than the metadata.
        DataError
            It has other rows than were declared or counted, or numbers beyond the type that the metadata declares.
        """
        rows = self._rows(piece, weights, place)
        for block in () if rows is None else rows.blocks():
            yield self._as_declared(block, place)

    def tables(self, piece: Any, place: Place) -> Iterator[tuple[Any, Block]]:
        """Yield the blocks of a partition with their tables; raises as `blocks` does."""
        rows = self._rows(piece, None, place)
        for table, block in () if rows is None else rows.tables():
            yield table, self._as_declared(block, place)

    def _rows(self, piece: Any, weights: Any, place: Place) -> DecodedRows | ArrayRows | None:
        where = place.where
        if self.facts is None:
            _check_width(piece, self.width, where)
        else:
            check_columns(piece, self.facts.schema.names, where)
        if len(piece) != place.n_rows:
            raise DataError(
                f"{where} has {len(piece)} rows, not {place.n_rows} as declared or counted before: persist the table "
                "if its source changes, and correct its chunks if they are wrong"
            )
        if not len(piece):
            return None
        if self.facts is not None:
            table = self.facts.table(piece, place)
            return DecodedRows(table, self.facts.kinds_in(table), replace(self.choice, sample_weight=weights))
        return ArrayRows(
            piece,
            columns=self.choice.columns,
            drop=self.choice.drop,
            sample_weight=weights,
            first_row=place.first_row,
            missing=self.choice.missing,
        )

    def _as_declared(self, block: Block, place: Place) -> Block:
        values = block.values
        # A partition may hold other numbers than Dask was told, such as integers in a column of float32.
        with np.errstate(over="ignore"):
            declared: Array = values.astype(self.dtype, copy=False)
        if declared is not values and np.isinf(declared).any():
            raise DataError(
                f"{place.where} holds {values[np.isinf(declared)][0]:g}, beyond the {self.dtype} of the metadata: "
                "declare float64"
            )
        return replace(block, values=declared)


def _check_width(piece: Any, width: int, where: str) -> None:
    shape = np.shape(piece)
    if len(shape) != 2:
        raise _unlike(piece, where, "an array of two dimensions")
    if shape[1] != width:
        raise ColumnError(f"{where} has {shape[1]} columns, and the metadata {width}: give every partition the same")


def check_columns(piece: Any, names: Sequence[str], where: str) -> None:
    """Raise `ColumnError` unless a partition is a dataframe with these columns."""
    if len(np.shape(piece)) != 2 or not hasattr(piece, "columns"):
        raise _unlike(piece, where, "a dataframe")
    missing, extra = difference([str(name) for name in piece.columns], names)
    if missing or extra:
        how = f"no {quoted(missing)}" if missing else f"{quoted(extra)} besides"
        raise ColumnError(f"{where} does not have the columns of the metadata ({how}): give every partition the same")


def _unlike(piece: Any, where: str, declared: str) -> ColumnError:
    return ColumnError(
        f"{where} is of type {type(piece).__name__} and {len(np.shape(piece))}-dimensional, and the metadata declares "
        f"{declared}: make the partitions what their metadata says"
    )
