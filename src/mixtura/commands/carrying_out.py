"""How a command is carried out: its places checked, its table judged, its files written, all of them or none."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace

from ..display.report.facts.data import Reproduction
from ..errors import ModelFileError, RequestError
from ..rows import TableWriter
from ..storage import content, load
from ..tables import modelling
from ..tables.run import Run, one_blas_thread
from ..tables.summary import RepairedTable
from ..tables.table_model import TableModel
from ..tables.work import Judged
from .found import Found
from .places import Origin, Output, open_place


def carry_out(
    origin: Origin,
    output: Output,
    judge: Callable[[], Judged],
    run: Run,
    how: Reproduction,
    *,
    gathering: bool = False,
) -> Found:
    """Judge a table and write what is to be written.

    Parameters
    ----------
    origin : Origin
        What the files come from.
    output : Output
        What is to be written, and where.
    judge : callable
        Returns the table and the model that judges its rows.
    run : Run
        How the work runs.
    how : Reproduction
        How to come to the same report again.
    gathering : bool, default=False
        Whether to gather what a report tells where no report is to be written, too.

    Raises
    ------
    MixturaError
        The table cannot be judged, or a file not be written.
    """
    started = time.monotonic()
    place = open_place(origin, output)
    with one_blas_thread():
        judged = judge()
        _check_repairs(judged, output)
        with place.together():
            with _opened(place.writer) as writer, _opened(place.repaired) as repaired:
                scored = judged.scored(writer, run, gathering=gathering or place.page is not None, repaired=repaired)
            summary = replace(
                judged.summary(origin.command, scored),
                out=output.out,
                saved=output.save,
                report=output.report,
                repaired=None
                if output.repaired is None
                else RepairedTable(output.repaired, scored.n_repaired_rows, scored.n_repaired_cells),
                seconds=time.monotonic() - started,
            )
            found = Found(summary, judged, origin, how, scored.gathered, run.spell)
            if place.page is not None:
                run.stage("writing the report")
                place.page.write(found.page.encode())
            if place.model is not None:
                place.model.write(content(judged.model))
    return replace(found, summary=replace(summary, seconds=time.monotonic() - started))


def _opened(writer: TableWriter | None) -> AbstractContextManager[TableWriter | None]:
    return nullcontext() if writer is None else writer


def _check_repairs(judged: Judged, output: Output) -> None:
    if output.repaired is not None and judged.model.threshold is None:
        raise RequestError(
            f"{output.spell('repaired')} goes with a threshold, and the model has none: "
            f"choose one with {output.spell('rate', 0.01)}"
        )


def table_model(model: str | TableModel) -> tuple[TableModel, tuple[str, ...]]:
    """Return a model, from its file unless it is one, and what deserves attention.

    Raises
    ------
    ModelFileError
        The file holds no model of a table.
    """
    if isinstance(model, TableModel):
        return model, ()
    with modelling.notices_of_warnings() as notices:
        loaded = load(model)
    if not isinstance(loaded, TableModel):
        raise ModelFileError(
            f"{model} holds a model without column names: save one with `mixtura detect --save`, or score with "
            "mixtura.load in Python"
        )
    return loaded, tuple(notices)
