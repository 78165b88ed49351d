"""Columns that say what another one says."""

from collections.abc import Iterator

import numpy as np

from ...words import number
from ..kinds.number import Number
from ..kinds.unused import Constant, Empty, Identifier
from ..looked.looked import Looked
from ..looked.looked_column import LookedColumn
from .finding import Advice, Finding, cut

# Rows from which on two columns do not agree in all of them by chance.
_FEWEST = 20


def same_columns(looked: Looked) -> Iterator[Finding]:
    """Yield a finding for each column that is a copy, or a constant multiple, of one before it."""
    if looked.n_sampled < _FEWEST:
        return
    first: dict[bytes, LookedColumn] = {}
    for column in looked.columns:
        mark = fingerprint(column)
        if mark is None:
            continue
        if mark not in first:
            first[mark] = column
            continue
        yield _finding(first[mark], column, looked)


def _finding(first: LookedColumn, column: LookedColumn, looked: Looked) -> Finding:
    ratio = _ratio(first, column)
    told = "holds the same as" if ratio == 1 else f"is always {number(ratio)} times"
    among = "" if column.is_whole else f", in all {looked.n_sampled:,} rows of the sample"
    return Finding(
        "columns that say the same",
        f"{cut(column.name)} {told} {cut(first.name)}{among}",
        (first.name, column.name),
        (),
        looked.n_rows,
        Advice("leave one out, or the same information counts twice ({})", "drop", (column.name,)),
    )


def fingerprint(column: LookedColumn) -> bytes | None:
    """Return what columns that are multiples of one another, or copies, have in common."""
    if isinstance(column.kind, (Constant, Empty, Identifier)):
        return None
    if isinstance(column.kind, Number) and column.decoded is not None:
        values = column.decoded.values
        there = np.isfinite(values)
        if there.sum() < _FEWEST or len(np.unique(values[there])) < 4:
            return None
        largest = values[there][np.argmax(np.abs(values[there]))]
        scaled = np.where(there, values / largest, np.inf)
        return b"number" + (np.round(scaled, 9) + 0.0).tobytes()
    if column.decoded is not None:
        return None
    return _coded(column)


def say_the_same(column: LookedColumn, other: LookedColumn) -> bool:
    """Tell whether columns are multiples of one another, or copies."""
    mark = fingerprint(column)
    return mark is not None and mark == fingerprint(other)


def _coded(column: LookedColumn) -> bytes | None:
    codes = column.cells.dictionary_encode() if not _is_nested(column) else None
    if codes is None or len(codes.dictionary) < 4 or len(codes) - codes.null_count < _FEWEST:
        return None
    return b"text" + "\x00".join(map(str, column.cells.to_pylist())).encode("utf-8", "replace")


def _is_nested(column: LookedColumn) -> bool:
    return column.kind.name == "other"


def _ratio(first: LookedColumn, column: LookedColumn) -> float:
    if first.decoded is None or column.decoded is None:
        return 1.0
    one, other = first.decoded.values, column.decoded.values
    at = int(np.nanargmax(np.abs(np.where(np.isfinite(one), one, np.nan))))
    return float(other[at] / one[at])
