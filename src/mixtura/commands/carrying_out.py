"""How a command is carried out: its places checked, its table judged, its files written, all of them or none."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace

from ..display.report.facts.data import Reproduction
from ..errors import ModelFileError, RequestError
from ..rows.writing.added import free_name
from ..rows.writing.outlets import FLAG, ROW
from ..storage import content, load
from ..tables.asking.run import Run, one_blas_thread
from ..tables.kinds import modelling
from ..tables.models.table_model import TableModel
from ..tables.told.rows import RepairedTable
from ..tables.work import Judged
from .found import Found
from .origin import Origin
from .places import Output, open_place


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
        _check_flags(judged, output)
        # The page of groups asks for scores, which the groups have none of: it reads the table once more.
        asked = (gathering or place.page is not None) and judged.result != "groups"
        with place.together():
            with ExitStack() as stack:
                outlets = [stack.enter_context(outlet) for outlet in place.outlets]
                scored = judged.scored(outlets, run, gathering=asked)
            summary = replace(
                judged.summary(origin.command, scored),
                out=output.out,
                new_columns=_new_columns(judged, output),
                only_flagged=output.only_flagged,
                saved=output.save,
                report=output.report,
                repaired=None
                if output.repaired is None
                else RepairedTable(output.repaired, scored.n_repaired_rows, scored.n_repaired_cells),
                good=output.good,
                bad=output.bad,
                seconds=time.monotonic() - started,
            )
            found = Found(summary, judged, origin, how, scored.gathered, run.spell)
            if place.page is not None:
                run.stage("writing the report")
                place.page.write(found.page.encode())
            if place.model is not None:
                place.model.write(content(judged.model))
    return replace(found, summary=replace(summary, seconds=time.monotonic() - started))


def _check_flags(judged: Judged, output: Output) -> None:
    asked = next(iter(output.by_flags), None)
    if asked is not None and judged.model.threshold is None:
        raise RequestError(
            f"{output.spell(asked)} needs a threshold, and the model has none: set one with "
            f"{output.spell('rate', 0.01)}"
        )


def _new_columns(judged: Judged, output: Output) -> tuple[str, ...]:
    columns = judged.columns
    if output.only_flagged:
        columns = (ROW, *(name for name in columns if name != FLAG))
    return tuple(free_name(name, judged.table.names) for name in columns)


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
