"""A file of a table with columns that have one value in all of its rows: its name, the keys of the folders it is in."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from ...optional import need
from ..columnar.parts import Part

if TYPE_CHECKING:
    import pyarrow as pa


class ConstantsPart:
    """A file with more columns behind its own.

    Parameters
    ----------
    part : Part
        The file.
    constants : mapping of str to pyarrow.Scalar
        The value of each column.
    """

    def __init__(self, part: Part, constants: "Mapping[str, pa.Scalar]") -> None:
        self.label = part.label
        self.notes = part.notes
        self.n_rows: int | None = part.n_rows
        self.empty = part.empty
        self.has_types: bool = getattr(part, "has_types", True)
        self.delimiter: str | None = getattr(part, "delimiter", None)
        self._part = part
        self._constants = constants
        fields = [*part.schema, *((name, value.type) for name, value in constants.items())]
        self.schema: pa.Schema = need("pyarrow", "reading files").schema(fields)

    def batches(self, names: Sequence[str]) -> Iterator["pa.RecordBatch"]:
        """Yield the columns `names`, in that order."""
        pa = need("pyarrow", "reading files")
        # One column at least, which tells how many rows there are.
        own = [name for name in names if name not in self._constants] or self._part.schema.names[:1]
        for batch in self._part.batches(own):
            constants = {name: pa.repeat(value, batch.num_rows) for name, value in self._constants.items()}
            columns = [constants[name] if name in constants else batch.column(own.index(name)) for name in names]
            yield pa.record_batch(columns, list(names))
