"""The work of each command: where its files go, what is done with the table, and what came of it."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..display.report.facts.building import build_report
from ..display.report.facts.data import Report
from ..errors import ModelFileError
from ..storage import content, load
from ..tables import comparing, modelling, work
from ..tables.request import Request
from ..tables.rules import Rule
from ..tables.run import Run, one_blas_thread
from ..tables.summary import ComparisonSummary, Summary
from ..tables.table_model import TableModel
from .options import spell
from .page import as_page, reproduction
from .places import Origin, open_place
from .progress import Bar


@dataclass(frozen=True)
class Output:
    """Where a command that fits a model writes, and how.

    Attributes
    ----------
    out, save, report : str or None
        Where the result, the model and the report go.
    form : str or None
        Format of the result.
    force : bool
        Whether any file may be replaced.
    typed : sequence of str
        What was typed after the program's name.
    """

    out: str | None
    save: str | None
    report: str | None
    form: str | None
    force: bool
    typed: Sequence[str] = ()


def fit_table(request: Request, rule: Rule | None, output: Output, *, show_progress: bool) -> Summary:
    """Fit a table, or the reference that goes with it, and write its rows with what the model says about them.

    Parameters
    ----------
    request : Request
        What was asked for.
    rule : Rule or None
        How to choose the threshold; None to write the groups only.
    output : Output
        Where the files go.
    show_progress : bool
        Whether to draw a progress bar.
    """
    started = time.monotonic()
    command = "groups" if rule is None else "detect"
    origin = Origin(command, request.source, None if rule is None else rule.reference)
    place = open_place(origin, output.out, output.save, output.report, form=output.form, force=output.force)
    with one_blas_thread(), Bar(visible=show_progress) as bar:
        run = Run(bar.on_progress, spell)
        judged = work.fit_table(request, rule, run)
        with place.together():
            assert place.writer is not None, "these commands write a table"
            with place.writer as writer:
                scored = judged.scored(writer, run, gathering=place.page is not None)
            summary = replace(
                judged.summary(command, scored),
                out=place.out,
                saved=output.save,
                seconds=time.monotonic() - started,
                report=output.report,
            )
            if scored.gathered is not None and place.page is not None:
                run.stage("writing the report")
                report = build_report(scored.gathered, summary, reproduction(output.typed, request.seed))
                place.page.write(as_page(report).encode())
            if place.model is not None:
                place.model.write(content(judged.model))
    return replace(summary, seconds=time.monotonic() - started)


def score_table_by(
    model_file: str,
    source: str,
    out: str | None,
    rule: Rule | None,
    *,
    form: str | None,
    force: bool,
    show_progress: bool,
) -> Summary:
    """Write the rows of a table with what a saved model says about them.

    Parameters
    ----------
    model_file, source : str
        The model and the table.
    out : str or None
        Where the result goes.
    rule : Rule or None
        How to choose the threshold for this table; None for that of the model.
    form : str or None
        Format of the result; None for that of its name.
    force : bool
        Whether a file is replaced that another table or command made.
    show_progress : bool
        Whether to draw a progress bar.
    """
    started = time.monotonic()
    model, notices = _table_model(model_file)
    place = open_place(Origin("score", source, model=model_file), out, form=form, force=force)
    with one_blas_thread(), Bar(visible=show_progress) as bar:
        run = Run(bar.on_progress, spell)
        judged = work.judge_table(model, source, rule, run, notices)
        with place.together():
            assert place.writer is not None, "this command writes a table"
            with place.writer as writer:
                scored = judged.scored(writer, run, gathering=False)
    return replace(judged.summary("score", scored), out=place.out, seconds=time.monotonic() - started)


def report_on(
    model_file: str, source: str, labels: str | None, typed: Sequence[str], path: str | None, *, show_progress: bool
) -> Report:
    """Report on a table by a saved model; the path is where the report is going to be, for it to say so."""
    started = time.monotonic()
    model, notices = _table_model(model_file)
    with one_blas_thread(), Bar(visible=show_progress) as bar:
        run = Run(bar.on_progress, spell)
        judged = work.view_table(model, source, labels, run, notices)
        scored = judged.scored(None, run, gathering=True)
        assert scored.gathered is not None, "it was asked for"
        run.stage("writing the report")
        summary = replace(judged.summary("report", scored), seconds=time.monotonic() - started, report=path)
        return build_report(scored.gathered, summary, reproduction(typed, None))


def compare_detectors(
    source: str,
    *,
    labels: str | None,
    columns: list[str] | None,
    drop: list[str] | None,
    rate: float,
    most_rows: int,
    seed: int,
    show_progress: bool,
) -> ComparisonSummary:
    """Fit every detector to at most so many rows of a table, and compare them."""
    with Bar(visible=show_progress) as bar:
        return comparing.compare_detectors(
            source,
            labels=labels,
            columns=columns,
            drop=drop,
            rate=rate,
            most_rows=most_rows,
            seed=seed,
            run=Run(bar.on_progress, spell),
        )


def _table_model(file: str) -> tuple[TableModel, tuple[str, ...]]:
    """Return a model, and what deserves attention."""
    with modelling.notices_of_warnings() as notices:
        model = load(file)
    if not isinstance(model, TableModel):
        raise ModelFileError(
            f"{file} holds a model without column names: save one with `mixtura detect --save`, or score with "
            "mixtura.load in Python"
        )
    return model, tuple(notices)
