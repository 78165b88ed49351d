"""Every detector compared: a sample of the table, every detector on it, what came of it."""

import re
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import words
from ..decisions.comparison import ComparisonProgress, compare
from ..engines.progress import Progress
from ..errors import DataError, MixturaError
from ..rows import ScaledRows, TableRows
from ..rows.labels import read_labels
from .asking.reading import Reading
from .asking.run import Run, one_blas_thread
from .asking.spelling import Spell
from .kinds import KINDS, modelling
from .models import fitting
from .opened.opening import Source, label, left_out_columns, open_table, without_labels
from .told.summary import ComparisonSummary, DetectorFacts
from .told.table import TableFacts


def compare_detectors(
    source: Source,
    *,
    labels: str | None,
    columns: list[str] | None,
    drop: list[str] | None,
    reading: Reading,
    rate: float,
    most_rows: int,
    seed: int,
    run: Run,
) -> ComparisonSummary:
    """Fit every detector to at most so many rows of a table, scaled, and compare them.

    Raises
    ------
    MixturaError
        The table or its labels cannot be used, or no detector can be fitted.
    """
    started = time.monotonic()
    with one_blas_thread():
        on_rows = run.stage(f"reading {label(source)}")
        others = without_labels(columns, drop, labels, run.spell)
        table = open_table(
            source, columns, others, takes_missing=True, kept=(labels,), reading=reading, spell=run.spell
        )
        with fitting.numbers_of(table, run.engine, on_rows=on_rows) as numbers:
            positions = np.arange(numbers.n_rows)
            if numbers.n_rows > most_rows:
                drawn = np.random.default_rng(seed).choice(numbers.n_rows, most_rows, replace=False)
                positions = np.sort(drawn)
            scaled = ScaledRows(numbers.rows, numbers.center, numbers.scale)
            X = _taken((block.values for block in scaled.blocks()), positions)
            known = None if labels is None else _known(table, labels, positions, run.spell)
            detectors = modelling.detectors(seed, len(X))
            unable = {kind.name for kind in KINDS if not kind.takes_missing} if numbers.missing else set()
            try:
                with modelling.notices_of_warnings() as notices:
                    comparison = compare(
                        X,
                        {name: detector for name, detector in detectors.items() if name not in unable},
                        known,
                        rate=rate,
                        on_progress=partial(_tell, run),
                    )
            except MixturaError:
                raise
            except ValueError as error:
                raise DataError(str(error)) from error
    anomalies = None if known is None else int((known == 1).sum())
    return ComparisonSummary(
        command="compare",
        table=TableFacts(label(source), numbers.n_rows, numbers.columns, (*left_out_columns(table), *numbers.constant)),
        n_compared=len(X),
        n_labelled=None if known is None else int((~np.isnan(known)).sum()),
        n_anomalies=anomalies,
        rate=rate,
        detectors=tuple(DetectorFacts(**asdict(detector)) for detector in comparison.detectors),
        failed={name: _with_names(why, numbers.columns) for name, why in comparison.failed.items()}
        | dict.fromkeys(sorted(unable), "it takes no missing values"),
        correlations=tuple(tuple(row) for row in comparison.correlations.tolist()),
        notices=(
            *table.notes,
            *numbers.notices,
            *(_with_names(notice, numbers.columns) for notice in notices),
            *(f"{name}: {said}." for name, said in comparison.ties.items()),
        ),
        seconds=time.monotonic() - started,
    )


def _tell(run: Run, progress: Progress) -> None:
    if not isinstance(progress, ComparisonProgress):
        run.on_progress(progress)
    elif progress.detector is not None:
        run.stage(f"fitting {progress.detector}")


def _known(table: TableRows, labels: str, positions: NDArray[np.int64], spell: Spell) -> NDArray[np.float64]:
    """Return the labels of the rows at some positions.

    Raises
    ------
    DataError
        They are not both of anomalies and of other rows.
    """
    known = _taken(read_labels(table, labels), positions)
    for label_value, what in ((1, "an anomaly"), (0, "a normal row")):
        if not (known == label_value).any():
            raise DataError(
                f"none of the {words.plural(len(known), 'row')} compared is {what} by column {labels!r}: label rows "
                f"of both kinds, or compare more rows ({spell('rows')})"
            )
    return known


def _with_names(notice: str, columns: Sequence[str]) -> str:
    """Return what was said of an array with columns x0, x1 and so on: in one line, with the names of the columns."""
    return re.sub(r"'x(\d+)'", lambda found: f"'{columns[int(found[1])]}' (scaled)", " ".join(notice.split()))


def _taken(parts: Iterable[NDArray[Any]], positions: NDArray[np.int64]) -> NDArray[Any]:
    """Return the rows at some positions, in ascending order, of a table that is read part by part."""
    taken, first = [], 0
    for part in parts:
        start, stop = np.searchsorted(positions, [first, first + len(part)])
        taken.append(part[positions[start:stop] - first])
        first += len(part)
    return np.concatenate(taken)
