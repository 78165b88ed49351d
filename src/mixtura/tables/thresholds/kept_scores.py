"""The scores of a table, computed once: the threshold asks for them, and so does the result."""

from collections.abc import Iterator
from functools import partial

import numpy as np

from ...engines import Engine
from ...rows import Block, Rows
from ...rows.disk.scratch import Scratch, no_room
from ...typing import Floats
from ..models.table_model import TableModel


class KeptScores:
    """The anomaly scores of rows by a model, in the order of the rows and as many times as they are asked for.

    The first reading that comes to its end leaves them on disk, eight bytes a row; later ones read them there. They do
    not depend on the threshold of the model.

    Parameters
    ----------
    model : TableModel
        The model.
    rows : Rows
        The columns of the model, in its order and the units of the table.
    engine : Engine
        Where the pass over the rows runs.
    """

    def __init__(self, model: TableModel, rows: Rows, engine: Engine) -> None:
        self._model = model
        self._rows = rows
        self._engine = engine
        self._sizes: list[int] | None = None

    def __call__(self) -> Iterator[Floats]:
        """Yield the scores, block by block."""
        if self._sizes is None:
            yield from self._computed()
            return
        first_row = 0
        for n_rows in self._sizes:
            yield self._read(first_row, n_rows)
            first_row += n_rows

    def known(self, first_row: int, n_rows: int) -> Floats | None:
        """Return the scores of `n_rows` rows from row `first_row` on; None where no reading has come to its end."""
        return None if self._sizes is None else self._read(first_row, n_rows)

    def _computed(self) -> Iterator[Floats]:
        scratch = Scratch()
        file = scratch.folder / "scores"
        sizes = []
        with file.open("wb") as stream:
            for scores in self._engine.map(self._rows, partial(scores_of_block, self._model)):
                try:
                    stream.write(np.ascontiguousarray(scores).data)
                except OSError as error:
                    raise no_room(scratch.folder.parent, error) from error
                sizes.append(len(scores))
                yield scores
        self._scratch, self._file, self._sizes = scratch, file, sizes

    def _read(self, first_row: int, n_rows: int) -> Floats:
        return np.fromfile(self._file, count=n_rows, offset=8 * first_row)


def scores_of_block(model: TableModel, block: Block) -> Floats:
    """Return the anomaly scores of the rows of a block in the units of the table."""
    scores: Floats = model.scores(block.values)
    return scores
