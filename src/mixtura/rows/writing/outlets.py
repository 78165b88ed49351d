"""Where judged rows go: all of them with new columns, the flagged ones alone, each kind apart, or repaired."""

from abc import abstractmethod
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Self

import numpy as np

from ..blocks.style import Style
from ..blocks.table_rows import TableRows
from .judged import JudgedTable
from .writer import TableWriter

FLAG, ROW = "is_anomaly", "row"
"""The column that says which rows are flagged, and the one that counts the rows of the input from 1."""


class Outlet(AbstractContextManager["Outlet"]):
    """Takes judged rows one block after the other, and writes what it is for.

    A context manager, as its writer is.

    Parameters
    ----------
    writer : TableWriter
        Where the rows go.
    """

    def __init__(self, writer: TableWriter) -> None:
        self.writer = writer
        self._style = Style()

    def begin(self, rows: TableRows) -> None:
        """Learn of which table the rows are going to be."""
        self._style = rows.style()
        self.writer.begin(self._style)

    @abstractmethod
    def write(self, judged: JudgedTable) -> None:
        """Take the next rows."""

    def __enter__(self) -> Self:
        self.writer.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        self.writer.__exit__(kind, *rest)


class AllRows(Outlet):
    """All rows with their new columns."""

    def begin(self, rows: TableRows) -> None:
        """Learn of which table the rows are going to be, and whether there is room for it."""
        super().begin(rows)
        self.writer.check_size(rows.n_rows, len(rows.names))

    def write(self, judged: JudgedTable) -> None:
        """Write the next rows."""
        self.writer.write(judged.table, judged.new, judged.highlights)


class OnlyFlagged(Outlet):
    """The flagged rows, that of the highest score first, with the numbers of their rows."""

    def __init__(self, writer: TableWriter) -> None:
        super().__init__(writer)
        self._held: list[JudgedTable] = []

    def write(self, judged: JudgedTable) -> None:
        """Hold the flagged ones among the next rows back."""
        self._held.append(flagged_of(judged))

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        if kind is None and self._held:
            try:
                flagged = JudgedTable.concatenate(self._held)
                flagged = flagged.take(np.argsort(-flagged.new["anomaly_score"], kind="stable"))
                self.writer.write(flagged.table, flagged.new, flagged.highlights)
            except BaseException as error:
                super().__exit__(type(error), error, error.__traceback__)
                raise
        super().__exit__(kind, *rest)


class FlaggedAsTheyStand(Outlet):
    """The flagged rows, without new columns."""

    def write(self, judged: JudgedTable) -> None:
        """Write the flagged ones among the next rows."""
        _write_as_they_stand(self.writer, judged.take(np.flatnonzero(judged.flags)))


class OthersAsTheyStand(Outlet):
    """The rows that are not flagged, without new columns."""

    def write(self, judged: JudgedTable) -> None:
        """Write the others among the next rows."""
        _write_as_they_stand(self.writer, judged.take(np.flatnonzero(~judged.flags)))


class Repaired(Outlet):
    """All rows without new columns, the flagged cells of flagged rows replaced by what was expected there."""

    def write(self, judged: JudgedTable) -> None:
        """Write the next rows."""
        repaired = judged.cells.put_in(judged.table, judged.columns, self._style.kinds)
        self.writer.write(repaired, {}, judged.highlights)


def flagged_of(judged: JudgedTable) -> JudgedTable:
    """Return the flagged ones among rows, their numbers first among the new columns, and no flags."""
    flagged = judged.take(np.flatnonzero(judged.flags))
    others = {name: values for name, values in flagged.new.items() if name != FLAG}
    return replace(flagged, new={ROW: flagged.rows + 1, **others})


def _write_as_they_stand(writer: TableWriter, judged: JudgedTable) -> None:
    writer.write(judged.table, {}, judged.highlights)
