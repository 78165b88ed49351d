"""Rows off a plane that all others lie on, told by the detectors that do not look for them."""

from collections.abc import Sequence
from functools import partial

import numpy as np

from ..errors import EmptyTableError, warn
from ..intake.sample import take_sample
from ..intake.table import Table
from ..kernels.ensemble import Units
from ..rows import Block
from ..words import count
from .planes import Planes, middle_units, planes_of

# Rows in which planes are looked for: where all but a hundredth lie on one, these show it.
_SAMPLE = 1024

# Columns that the warning names.
_NAMED = 5


def warn_of_rows_off_planes(table: Table, names: Sequence[str] | None, detector: str) -> None:
    """Warn when all rows of a table but a few satisfy a linear equation, which a detector does not look for.

    Parameters
    ----------
    table : Table
        The rows that the detector was fitted to.
    names : sequence of str, or None
        The names of the columns; None where they have numbers only.
    detector : str
        The name of the detector.
    """
    try:
        sample = take_sample(table, np.random.RandomState(0), 1, _SAMPLE).observed
    except EmptyTableError:  # no row has a value: a forest takes such a table
        return
    units = middle_units(sample)
    planes = planes_of(sample, units, 0.0)
    n_off = table.fold(partial(_n_off, planes, units), 0) if len(planes) else 0
    if n_off:
        warn(_sentence(planes, n_off, names, detector))


def _n_off(planes: Planes, units: Units, block: Block) -> int:
    return int(planes.gaps(block.values, units).any(axis=1).sum())


def _sentence(planes: Planes, n_off: int, names: Sequence[str] | None, detector: str) -> str:
    columns = np.flatnonzero((np.abs(planes.normals) > 1e-9).any(axis=0))
    called = [f"x{column}" if names is None else str(names[column]) for column in columns[:_NAMED]]
    more = f" and {len(columns) - _NAMED} more" if len(columns) > _NAMED else ""
    equations = "a linear equation" if len(planes) == 1 else f"{len(planes)} linear equations"
    return (
        f"columns {', '.join(called)}{more} satisfy {equations} in all rows but {count(n_off)}; {detector} does not "
        "detect such rows, AnomalyDetector ranks them first"
    )
