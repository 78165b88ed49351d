"""The work of each command, from a request to a summary."""

import time
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import replace

from .. import words
from ..decisions.provenance import FitFigures, Provenance, Versions
from ..decisions.table_model import TableModel
from ..display.report.facts.building import build_report
from ..display.report.facts.data import Report
from ..display.report.facts.gathering import Gathered, Plan
from ..display.summary import ModelFacts, Summary
from ..engines import Engine, engine_for
from ..engines.progress import watched
from ..engines.single import single_thread
from ..errors import EmptyTableError, ModelFileError
from ..rows import TableRows, TableWriter
from ..rows.split import SplitRows
from ..storage import content, load
from . import deciding, fitting, kinds
from .facts import TRAINING_SHARE, decision_of, few_clean_rows, table_facts
from .opening import Origin, label, open_place, open_table, without_labels
from .options import MIXTURES
from .page import as_page, reproduction
from .progress import Bar
from .request import Request
from .rules import Rule
from .scoring import Result, Scored, columns_of, new_columns, score_table

# Rows that each half must have: of two rows a model can be made, if not a good one.
_FEWEST = 2

# Above so many columns a reading of a few rows takes seconds, which rows per second do not explain.
_WIDE = 4096


def fit_table(request: Request, rule: Rule | None, *, show_progress: bool) -> Summary:
    """Fit a table, or the reference that goes with it, and write its rows with what the model says about them.

    Parameters
    ----------
    request : Request
        What was asked for.
    rule : Rule or None
        How to choose the threshold; None to write the groups only.
    show_progress : bool
        Whether to draw a progress bar.
    """
    started = time.monotonic()
    result: Result = "groups" if rule is None else "decisions"
    reference = None if rule is None else rule.reference
    columns = new_columns(
        result,
        components=request.kind in MIXTURES,
        clusters=request.merge,
        p_values=reference is not None,
        severities=True,
    )
    command = "groups" if rule is None else "detect"
    origin = Origin(command, request.source, reference)
    place = open_place(origin, request.out, request.save, request.report, form=request.form, force=request.force)
    engine = engine_for(None)
    with _one_blas_thread(), Bar(visible=show_progress) as bar:
        bar.step(f"reading {label(request.source)}")
        drop = without_labels(request.columns, request.drop, None if rule is None else rule.labels)
        takes_missing = request.kind in kinds.TAKING_MISSING
        kept = () if rule is None else (rule.labels,)
        table = open_table(request.source, request.columns, drop, columns, takes_missing=takes_missing, kept=kept)
        if table.n_columns > _WIDE:
            bar.step(f"reading {label(request.source)}, whose {table.n_columns:,} columns take the time")
        if rule is not None and rule.labels is not None:
            deciding.check_labels(table, rule.labels)
        training, called = table, "the table"
        if reference is not None:
            called = label(reference)
            bar.step(f"reading {called}")
            training = open_table(reference, table.columns, None, (), takes_missing=takes_missing)
        # What never changes in a clean table tells new rows apart, by the one model that can use it.
        keep_constant = reference is not None and request.kind == "auto"
        with fitting.numbers_of(
            training, engine, called=called, keep_constant=keep_constant, on_rows=bar.on_rows
        ) as numbers:
            bar.step("fitting")
            model, facts, notices = _fit(request, numbers, reference, engine, bar)
            if request.merge:
                bar.step("merging components")
                model = fitting.merged(model, numbers, engine, request.n_clusters)
            on_labels, n_rows = None, numbers.n_rows if reference is None else None
            if rule is not None:
                bar.step("choosing the threshold", n_rows)
                scoring = watched(engine, bar.on_progress, "choosing the threshold")
                decided = deciding.decide(model, rule, table, scoring)
                model, on_labels, notices = decided.model, decided.on_labels, (*notices, *decided.notices)
        gathered = _nothing_yet(model, None if rule is None else rule.labels) if place.page is not None else None
        with place.together():
            assert place.writer is not None, "these commands write a table"
            with place.writer as writer:
                scored = _score(table, model, result, writer, bar, gathered, n_rows)
            summary = Summary(
                command=command,
                table=table_facts(request.source, table, model, scored, numbers.constant),
                model=facts,
                groups=scored.groups,
                merging=scored.merging,
                decision=decision_of(model, scored, on_labels),
                anomalies=scored.anomalies,
                notices=(*numbers.notices, *notices, *few_clean_rows(model, scored)),
                out=place.out,
                new_columns=columns,
                saved=request.save,
                seconds=time.monotonic() - started,
                report=request.report,
            )
            if scored.gathered is not None and place.page is not None:
                bar.step("writing the report")
                report = build_report(scored.gathered, summary, reproduction(request.typed, request.seed))
                place.page.write(as_page(report).encode())
            if place.model is not None:
                place.model.write(content(model))
    return replace(summary, seconds=time.monotonic() - started)


def _fit(
    request: Request, numbers: fitting.Numbers, reference: str | None, engine: Engine, bar: Bar
) -> tuple[TableModel, ModelFacts, tuple[str, ...]]:
    """Return the model without a threshold, what it is, and what deserves attention."""
    numbers = kinds.scaled(request, numbers, engine)
    training = numbers if reference is None else _training_half(numbers, reference, request.seed)
    fitted, facts, notices = kinds.fit(request, training, engine, bar, clean=reference is not None)
    fit = FitFigures(facts.bic, facts.aic, facts.log_likelihood, facts.lower_bound)
    made = Provenance(facts.kind, facts.description, fit, seed=request.seed, versions=Versions.here())
    model = TableModel(fitted, numbers.columns, numbers.center, numbers.scale, provenance=made)
    if reference is not None:
        held_out = SplitRows(numbers.rows, TRAINING_SHARE, request.seed, rest=True)
        scoring = watched(engine, bar.on_progress, f"scoring {label(reference)}")
        model = replace(
            model,
            calibration=deciding.scores_of(model, held_out, scoring),
            provenance=replace(made, trained_on="reference", reference=label(reference)),
        )
        facts = replace(facts, trained_on=label(reference))
    return model, facts, notices


def _training_half(numbers: fitting.Numbers, reference: str, seed: int) -> fitting.Numbers:
    half = SplitRows(numbers.rows, TRAINING_SHARE, seed)
    n_rows = sum(len(block.values) for block in half.blocks())
    if n_rows < _FEWEST or numbers.n_rows - n_rows < _FEWEST:
        raise EmptyTableError(
            f"{label(reference)} has {words.plural(numbers.n_rows, 'row')}, too few for a reference: one half of them "
            "trains the model, and the other is what scores are compared with; give at least 20"
        )
    return replace(numbers, rows=half, n_rows=n_rows)


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
    result: Result = "scores" if model.threshold is None and rule is None else "decisions"
    place = open_place(Origin("score", source, model=model_file), out, form=form, force=force)
    with _one_blas_thread(), Bar(visible=show_progress) as bar:
        bar.step(f"reading {label(source)}")
        columns = columns_of(model, result, rarity=rule is not None)
        table = open_table(source, model.columns, None, columns, takes_missing=model.takes_missing)
        if rule is not None:
            bar.step("choosing the threshold")
            scoring = watched(engine_for(None), bar.on_progress, "choosing the threshold")
            decided = deciding.decide(model, rule, table, scoring)
            model, notices = decided.model, (*notices, *decided.notices)
        with place.together():
            assert place.writer is not None, "this command writes a table"
            with place.writer as writer:
                scored = _score(table, model, result, writer, bar)
    return Summary(
        command="score",
        table=table_facts(source, table, model, scored),
        model=kinds.facts_of(model),
        groups=scored.groups,
        merging=scored.merging,
        decision=decision_of(model, scored, None, saved=rule is None),
        anomalies=scored.anomalies,
        notices=notices,
        out=place.out,
        new_columns=columns,
        saved=None,
        seconds=time.monotonic() - started,
    )


def report_on(
    model_file: str, source: str, labels: str | None, typed: Sequence[str], path: str | None, *, show_progress: bool
) -> Report:
    """Report on a table by a saved model; the path is where the report is going to be, for it to say so."""
    started = time.monotonic()
    model, notices = _table_model(model_file)
    with _one_blas_thread(), Bar(visible=show_progress) as bar:
        bar.step(f"reading {label(source)}")
        without_labels(list(model.columns), None, labels)
        table = open_table(source, model.columns, None, (), takes_missing=model.takes_missing, kept=(labels,))
        if labels is not None:
            deciding.check_labels(table, labels)
        scored = _score(table, model, "scores", None, bar, _nothing_yet(model, labels))
        assert scored.gathered is not None, "it was asked for"
        bar.step("writing the report")
        summary = Summary(
            command="report",
            table=table_facts(source, table, model, scored),
            model=kinds.facts_of(model),
            groups=scored.groups,
            merging=scored.merging,
            decision=decision_of(model, scored, deciding.on_labels_of(model, scored.gathered.classes), saved=True),
            anomalies=scored.anomalies,
            notices=notices,
            out=None,
            new_columns=(),
            saved=None,
            seconds=time.monotonic() - started,
            report=path,
        )
        return build_report(scored.gathered, summary, reproduction(typed, None))


def _one_blas_thread() -> AbstractContextManager[object]:
    """Keep the linear algebra library on one thread.

    The passes have threads of their own, and what is left for it are matrices of a few columns. Its threads would only
    wait for one another, a thousand times longer than the work takes when the processors are busy; and on one thread it
    adds in one order, so that the result has the same bits on every number of processors.
    """
    return single_thread("blas")


def _nothing_yet(model: TableModel, labels: str | None) -> Gathered:
    return Gathered.zero(Plan.of(model, labels))


def _score(
    table: TableRows,
    model: TableModel,
    result: Result,
    writer: TableWriter | None,
    bar: Bar,
    gathered: Gathered | None = None,
    n_rows: int | None = None,
) -> Scored:
    bar.step("scoring", table.n_rows if n_rows is None else n_rows)
    return score_table(table, model, result, writer, engine=engine_for(None), on_rows=bar.on_rows, gathered=gathered)


def _table_model(file: str) -> tuple[TableModel, tuple[str, ...]]:
    """Return a model, and what deserves attention."""
    with kinds.notices_of_warnings() as notices:
        model = load(file)
    if not isinstance(model, TableModel):
        raise ModelFileError(
            f"{file} holds a model without column names: save one with `mixtura detect --save`, or score with "
            "mixtura.load in Python"
        )
    return model, tuple(notices)
