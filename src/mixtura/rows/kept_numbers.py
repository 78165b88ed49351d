"""Numbers that a pass over text has read, kept on disk for the next pass."""

import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from ..columns.category import Category, Flag
from ..columns.kind import Kind
from ..columns.number import Number
from ..typing import Floats
from .scratch import Scratch, no_room

if TYPE_CHECKING:
    import pyarrow as pa

# Columns that are kept at most, a file each.
_MOST_COLUMNS = 256

_PLAIN = Number()


class KeptNumbers:
    """The columns of text that hold plain numbers and missing values alone, as far as has been read.

    Parameters
    ----------
    names : sequence of str
        The columns of the table.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._scratch = Scratch()
        self._files: dict[str, BinaryIO] = {}
        self._stack = ExitStack()
        weakref.finalize(self, self._stack.close)
        for position, name in enumerate(names if len(names) <= _MOST_COLUMNS else ()):
            self._files[name] = self._stack.enter_context((self._scratch.folder / str(position)).open("wb+"))
        self.n_rows = 0

    def including(self, batch: "pa.RecordBatch | pa.Table") -> None:
        """Keep the numbers of the next rows."""
        try:
            for name, file in [*self._files.items()]:
                decoded = _PLAIN.decode(batch.column(name))
                if len(decoded.strays):
                    file.truncate(0)
                    del self._files[name]
                else:
                    file.write(np.ascontiguousarray(decoded.values).data)
        except OSError as error:
            raise no_room(self._scratch.folder.parent, error) from error
        self.n_rows += batch.num_rows

    def holds(self, columns: Sequence[str], kinds: Mapping[str, Kind]) -> bool:
        """Tell whether some columns are kept as what their kinds decode."""
        return all(name in self._files and _is_plain(kinds[name]) for name in columns)

    def blocks(self, columns: Sequence[str], size: int, dtype: Any) -> Iterator[Floats]:
        """Yield the numbers of some columns, so many rows at once; all that is kept is gone then."""
        files = [self._files[name] for name in columns]
        for file in files:
            file.seek(0)
        for first in range(0, self.n_rows, size):
            values = np.empty((min(size, self.n_rows - first), len(columns)), dtype)
            for position, file in enumerate(files):
                values[:, position] = np.fromfile(file, count=len(values))
            yield values
        self.close()

    def close(self) -> None:
        """Delete what is kept."""
        self._files = {}
        self._stack.close()
        self._scratch.close()


def _is_plain(kind: Kind) -> bool:
    if isinstance(kind, (Flag, Category)):
        return kind.codes is not None and _is_plain(kind.codes)
    return isinstance(kind, Number) and kind.writing is None and not kind.missing
