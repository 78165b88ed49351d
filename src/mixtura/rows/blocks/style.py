"""How a table is written, for those who write it again."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ...columns.kinds.kind import Kind

if TYPE_CHECKING:
    import pyarrow as pa


def _no_types() -> "Mapping[str, pa.DataType]":
    return {}


@dataclass(frozen=True, eq=False)
class Style:
    """How a table is written.

    Attributes
    ----------
    delimiter : str or None
        What stands between the fields of its text; None where the name of the file says it, or there is none.
    kinds : mapping of str to Kind
        What columns hold, as far as that is known.
    number_types : callable
        Returns the columns of text whose cells are numbers, and the types that hold these; formats with types ask for
        it. Finding out may take a pass.
    """

    delimiter: str | None = None
    kinds: Mapping[str, Kind] = field(default_factory=dict)
    number_types: Callable[[], Mapping[str, Any]] = _no_types
