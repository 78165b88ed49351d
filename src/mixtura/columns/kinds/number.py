"""Columns of numbers: typed, or as text."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from ...optional import need
from ...words import number
from ..seen.cells import as_one_array, is_text
from ..seen.marks import are_marks, are_missing, cast_to_numbers, plain_numbers, trimmed
from ..written.writing import Writing
from .kind import NO_STRAYS, Decoded, Kind

if TYPE_CHECKING:
    import pyarrow as pa

Extent = Literal["", "constant", "empty"]

# Steps below this are those of measurements written with a few digits.
_FINEST_TOLD = 0.01


@dataclass(frozen=True)
class Number(Kind):
    """Numbers.

    Attributes
    ----------
    writing : Writing or None
        How they are written, where every program would not read them.
    missing : tuple of str
        Marks of missing values, besides those that are always taken for such.
    step : float or None
        What all values are multiples of, 1 for whole numbers; None for no such step.
    extent : {"", "constant", "empty"}
        Whether there were several values, one, or none.
    """

    writing: Writing | None = None
    missing: tuple[str, ...] = ()
    step: float | None = field(default=None, compare=False)
    extent: Extent = field(default="", compare=False)

    name: ClassVar[str] = "number"
    in_use: ClassVar[bool] = True

    @property
    def told(self) -> str:
        """What is said of such a column."""
        if self.extent:
            return self.extent
        if self.writing is not None:
            return self.writing.told
        if self.step == 1:
            return "whole number"
        return "number" if self.step is None or self.step < _FINEST_TOLD else f"number in steps of {self.step:g}"

    def decode(self, cells: "pa.ChunkedArray | pa.Array") -> Decoded:
        """Return cells as numbers."""
        cells = as_one_array(cells)
        if is_text(cells.type):
            return self._of_text(cells)
        return self._of_numbers(cells) if _are_numbers(cells.type) else _fitting_nowhere(cells)

    def _of_numbers(self, cells: "pa.Array") -> Decoded:
        pa, compute = need("pyarrow", "reading tables"), need("pyarrow.compute", "reading tables")
        values = compute.cast(cells, pa.float64(), safe=False).to_numpy(zero_copy_only=False)
        marks = [float(mark) for mark in self.missing if _is_number(mark)]
        infinite = np.isinf(values)
        if marks or infinite.any():
            marked = np.isin(values, marks)
            return Decoded(np.where(marked | infinite, np.nan, values), np.flatnonzero(infinite & ~marked))
        return Decoded(values, NO_STRAYS)

    def _of_text(self, cells: "pa.Array") -> Decoded:
        pa, compute = need("pyarrow", "reading tables"), need("pyarrow.compute", "reading tables")
        marks = [float(mark) for mark in self.missing if _is_number(mark)]
        if self.writing is None:
            values = cast_to_numbers(cells)
            if values is not None:
                return self._of_numbers(values) if marks or _has_infinite(values) else _complete(values)
        cells = trimmed(cells)
        missing = compute.or_(are_missing(cells), are_marks(cells, self.missing))
        there = compute.if_else(missing, pa.scalar(None, cells.type), cells)
        if self.writing is None:
            values = plain_numbers(there).to_numpy(zero_copy_only=False)
        else:
            values, _ = self.writing.parse(there)
        values = np.where(np.isin(values, marks) | np.isinf(values), np.nan, values)
        is_there = compute.is_valid(there).to_numpy(zero_copy_only=False)
        if marks:
            is_there = is_there & ~np.isin(plain_numbers(there).to_numpy(zero_copy_only=False), marks)
        return Decoded(values, np.flatnonzero(np.isnan(values) & is_there))

    def speak(self, value: float) -> str:
        """Return a number as a cell of the column would be written."""
        return number(value) if self.writing is None else self.writing.written(value)

    def settings(self) -> dict[str, Any]:
        """Return what `from_settings` makes the same kind of."""
        writing = None if self.writing is None else self.writing.settings()
        return {"writing": writing, "missing": list(self.missing), "step": self.step, "extent": self.extent}

    @classmethod
    def from_settings(cls, settings: dict[str, Any]) -> "Number":
        """Return the kind that has these settings."""
        writing = settings["writing"]
        return cls(
            None if writing is None else Writing.from_settings(writing),
            tuple(settings["missing"]),
            settings["step"],
            settings["extent"],
        )


def _are_numbers(kind: "pa.DataType") -> bool:
    types = need("pyarrow.types", "reading tables")
    tests = (types.is_integer, types.is_floating, types.is_decimal, types.is_boolean, types.is_null)
    return any(test(kind) for test in tests)


def _fitting_nowhere(cells: "pa.Array") -> Decoded:
    """Return dates, lists and other cells that are no numbers, none of which fit."""
    return Decoded(np.full(len(cells), np.nan), np.flatnonzero(cells.is_valid().to_numpy(zero_copy_only=False)))


def _complete(values: "pa.Array") -> Decoded:
    return Decoded(values.to_numpy(zero_copy_only=False), NO_STRAYS)


def _has_infinite(values: "pa.Array") -> bool:
    return bool(
        need("pyarrow.compute", "reading tables").any(need("pyarrow.compute", "reading tables").is_inf(values)).as_py()
    )


def _is_number(mark: str) -> bool:
    try:
        float(mark)
    except ValueError:
        return False
    return True
