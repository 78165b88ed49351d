"""Columns of text that a pass has read, kept on disk for the next pass: numbers, and codes of texts that recur."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ...columns.kinds.category import Category, Flag
from ...columns.kinds.kind import Kind
from ...columns.kinds.number import Number
from ...columns.seen.cells import as_one_array
from ...optional import need
from ...typing import Floats
from ..disk.scratch import Scratch, no_room

if TYPE_CHECKING:
    import pyarrow as pa

# Columns that are kept at most, two files each.
_MOST_COLUMNS = 256

# Different texts of a column that have codes, and bytes of those of all columns; memory holds them.
_MOST_TEXTS, _MOST_BYTES = 2**14, 2**24

_PLAIN = Number()


class KeptColumns:
    """What has been read of columns of text, as far as it is plain numbers and missing values, or texts that recur.

    Parameters
    ----------
    names : sequence of str
        The columns of the table.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._scratch = Scratch()
        kept = names if len(names) <= _MOST_COLUMNS else ()
        self._numbers = {name: self._scratch.folder / f"{position}.numbers" for position, name in enumerate(kept)}
        self._codes = {name: self._scratch.folder / f"{position}.codes" for position, name in enumerate(kept)}
        # The different texts of each column, in the order of their codes; a missing cell is one of them.
        self._texts: dict[str, Any] = {}
        self.n_rows = 0

    def including(self, batch: "pa.RecordBatch | pa.Table") -> None:
        """Keep the next rows."""
        try:
            for name, file in [*self._numbers.items()]:
                decoded = _PLAIN.decode(batch.column(name))
                if len(decoded.strays):
                    _drop(self._numbers, name)
                else:
                    _append(file, decoded.values)
            for name, file in [*self._codes.items()]:
                codes = self._coded(name, as_one_array(batch.column(name)))
                if codes is None:
                    _drop(self._codes, name)
                else:
                    _append(file, codes)
        except OSError as error:
            raise no_room(self._scratch.folder.parent, error) from error
        self.n_rows += batch.num_rows

    def _coded(self, name: str, cells: "pa.Array") -> Any:
        """Return the codes of the next cells of a column; None where it has too many different texts."""
        pa, compute = need("pyarrow", "reading tables"), need("pyarrow.compute", "reading tables")
        encoded = compute.dictionary_encode(cells, null_encoding="encode")
        known = self._texts.pop(name, pa.array([], cells.type))
        new = encoded.dictionary.filter(compute.invert(compute.is_in(encoded.dictionary, value_set=known)))
        texts = pa.concat_arrays([known, new])
        if len(texts) > _MOST_TEXTS or texts.nbytes + sum(held.nbytes for held in self._texts.values()) > _MOST_BYTES:
            return None
        self._texts[name] = texts
        codes = compute.index_in(encoded.dictionary, value_set=texts).to_numpy().astype(np.uint16)
        return codes[encoded.indices.to_numpy()]

    def holds(self, columns: Sequence[str], kinds: Mapping[str, Kind]) -> bool:
        """Tell whether some columns are kept as what their kinds decode, and all their cells fit."""
        return all(
            (name in self._numbers and _is_plain(kinds[name]))
            or (name in self._texts and not len(kinds[name].decode(self._texts[name]).strays))
            for name in columns
        )

    def blocks(self, columns: Sequence[str], kinds: Mapping[str, Kind], size: int, dtype: Any) -> Iterator[Floats]:
        """Yield the numbers of some columns, so many rows at once; all that is kept is gone then."""
        plain = {name: name in self._numbers and _is_plain(kinds[name]) for name in columns}
        decoded = {name: kinds[name].decode(self._texts[name]).values for name in columns if not plain[name]}
        for first in range(0, self.n_rows, size):
            values = np.empty((min(size, self.n_rows - first), len(columns)), dtype)
            for position, name in enumerate(columns):
                if plain[name]:
                    values[:, position] = np.fromfile(self._numbers[name], count=len(values), offset=8 * first)
                else:
                    codes = np.fromfile(self._codes[name], np.uint16, len(values), offset=2 * first)
                    values[:, position] = decoded[name][codes]
            yield values
        self.close()

    def close(self) -> None:
        """Delete what is kept."""
        self._numbers, self._codes, self._texts = {}, {}, {}
        self._scratch.close()


def _append(file: Path, values: Any) -> None:
    with file.open("ab") as stream:
        stream.write(np.ascontiguousarray(values).data)


def _drop(files: dict[str, Path], name: str) -> None:
    files.pop(name).unlink(missing_ok=True)


def _is_plain(kind: Kind) -> bool:
    if isinstance(kind, (Flag, Category)):
        return kind.codes is not None and _is_plain(kind.codes)
    return isinstance(kind, Number) and kind.writing is None and not kind.missing
