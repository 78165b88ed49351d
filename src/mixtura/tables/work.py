"""The work on a table: a model is fitted or given, a threshold chosen, every row scored, and all of it summed up."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np

from .. import words
from ..columns.looked.described import Profile
from ..columns.looked.known import Known
from ..decisions.reasons import Habits
from ..errors import DataError, EmptyTableError, RequestError
from ..rows import Rows, SelectedRows, TableRows, spool
from ..rows.blocks.columns import Takes, positions_of
from ..rows.blocks.split import SplitRows
from ..rows.reviewed import Reviewed
from .asking.reading import AS_FOUND, Reading
from .asking.run import Run
from .facts import decision_of, few_clean_rows, table_facts
from .kinds import modelling
from .kinds.request import Request
from .models import fitting
from .models.model_facts import facts_of
from .models.provenance import FitFigures, Provenance, Versions
from .models.segments import segments_of, within
from .models.table_model import TableModel
from .opened.checking import told_of
from .opened.matching import open_for
from .opened.new_columns import Result, columns_of, new_columns
from .opened.opening import Source, coded_kinds, has_no_names, label, names_in, open_table, without_labels
from .rules import Rule, deciding
from .rules.rule import TRAINING_SHARE
from .scored.fine_rows import FineRows
from .scored.gathering import Gathered, Plan
from .scored.groups import following_notices
from .scored.news import Newcomers
from .scored.scoring import RowWriter, Scored, score_table
from .thresholds.kept_scores import KeptScores
from .thresholds.on_labels import on_labels_of
from .told.decision import OnLabels
from .told.model import ModelFacts
from .told.summary import Summary
from .told.table import LeftOutColumn

# Rows that each half must have: of two rows a model can be made, if not a good one.
_FEWEST = 2

# Above so many columns a reading of a few rows takes seconds, which rows per second do not explain.
_WIDE = 4096


@dataclass(frozen=True)
class Judged:
    """A table, and the model that is to judge its rows.

    Attributes
    ----------
    source : object
        The table, as it was asked for.
    table : TableRows
        The table.
    model : TableModel
        The model, with a threshold where rows are to be flagged.
    facts : ModelFacts
        What it is.
    result : {"decisions", "scores", "groups"}
        Which columns the rows get.
    columns : tuple of str
        Their names.
    notices : tuple of str
        What deserves attention.
    labels : str, Reviewed or None
        The column of labels, or what was marked by hand.
    on_labels : OnLabels or None
        What the threshold achieves on them.
    fine : FineRows or None
        Rows that were marked as fine: those like them are not flagged.
    is_saved : bool
        Whether the threshold came with the model.
    constant : tuple of LeftOutColumn
        Columns that are not in use because they never change, or are not in the reference.
    n_rows : int or None
        Number of rows, where it is known.
    scores : KeptScores or None
        The scores of the table by the model, where the threshold was chosen by them.
    profile : Profile or None
        What the table holds, where somebody looked at it before a model was fitted.
    known : Known or None
        What is known of the table that the model was fitted to, where that is another one.
    """

    source: Source
    table: TableRows
    model: TableModel
    facts: ModelFacts
    result: Result
    columns: tuple[str, ...]
    notices: tuple[str, ...] = ()
    labels: str | Reviewed | None = None
    on_labels: OnLabels | None = None
    fine: FineRows | None = None
    is_saved: bool = False
    constant: tuple[LeftOutColumn, ...] = ()
    n_rows: int | None = None
    scores: KeptScores | None = None
    profile: Profile | None = None
    known: Known | None = None

    def scored(self, writers: Sequence[RowWriter], run: Run, *, gathering: bool) -> Scored:
        """Score every row, let writers have it, and keep what a report tells where that is asked for."""
        on_rows = run.stage("scoring", self.n_rows)
        gathered = Gathered.zero(Plan.of(self.model, self.labels, self.fine)) if gathering else None
        newcomers = None if self.known is None else Newcomers(self.model, self.known)
        scored = score_table(
            self.table,
            self.model,
            self.result,
            [*writers, *([] if newcomers is None else [newcomers])],
            engine=run.engine,
            on_rows=on_rows,
            gathered=gathered,
            scores=self.scores,
            fine=self.fine,
        )
        if newcomers is None:
            return scored
        news, drift = newcomers.told()
        return replace(scored, news=news, drift=drift)

    def summary(self, command: str, scored: Scored) -> Summary:
        """Return what was found by a command, which has yet to say where it went and how long it took."""
        model, on_labels = self.model, self.on_labels
        if on_labels is None and scored.gathered is not None:
            on_labels = on_labels_of(model, scored.gathered.classes)
        return Summary(
            command=command,
            table=table_facts(self.source, self.table, model, scored, self.constant),
            model=self.facts,
            groups=scored.groups,
            merging=scored.merging,
            decision=decision_of(model, scored, on_labels, saved=self.is_saved),
            anomalies=scored.anomalies,
            notices=(*self.notices, *(() if self.is_saved else few_clean_rows(model, scored))),
            out=None,
            new_columns=self.columns,
            saved=None,
            seconds=0.0,
            reasons=scored.reasons,
            news=scored.news,
            drift=scored.drift,
            segments=scored.segments,
        )


def fit_table(request: Request, rule: Rule | None, run: Run) -> Judged:
    """Fit a model to a table, or to the reference that goes with it.

    Parameters
    ----------
    request : Request
        What was asked for.
    rule : Rule or None
        How to choose the threshold; None to find the groups only.
    run : Run
        How the work runs.

    Raises
    ------
    MixturaError
        The table cannot be read, or not be fitted.
    """
    if request.by and has_no_names(request.source):
        raise RequestError(
            f"{run.spell('by')} needs a table whose columns have names, not {label(request.source)}: give a dataframe"
        )
    result: Result = "groups" if rule is None else "decisions"
    reference, labels = (None, None) if rule is None else (rule.reference, rule.labels)
    columns = new_columns(
        result,
        components=request.kind.has_components,
        clusters=request.merge,
        p_values=reference is not None,
        severities=True,
    )
    on_rows = run.stage(f"reading {label(request.source)}")
    label_column = None if rule is None else rule.label_column
    drop = without_labels(request.columns, request.drop, label_column, run.spell)
    takes_missing = request.kind.takes_missing
    takes: Takes = "levels" if result == "groups" else request.kind.takes
    table = open_table(
        request.source,
        request.columns,
        drop,
        takes_missing=takes_missing,
        takes=takes,
        kept=(label_column,),
        reading=request.reading,
        spell=run.spell,
    )
    used = set(table.names) if request.columns is None else set(request.columns)
    told = told_of(
        table, request.source, {*(drop or ()), *(set(table.names) - used), request.reading.file_column}, run.spell
    )
    if table.n_columns > _WIDE:
        on_rows = run.stage(f"reading {label(request.source)} ({table.n_columns:,} columns)")
    training, called, absent = table, "the table", tuple[LeftOutColumn, ...]()
    if reference is not None:
        next(iter(table.blocks()))  # what is wrong with its first rows is told before a long fit is done in vain
        called = label(reference)
        on_rows = run.stage(f"reading {called}")
        absent = _absent(table, reference, request)
        lacking = {column.name for column in absent}
        training = open_table(
            reference,
            [name for name in table.columns or () if name not in lacking],
            None,
            takes_missing=takes_missing,
            takes="all" if takes == "codes" else takes,
            # Both tables have the same codes.
            kinds={**request.reading.kinds, **coded_kinds(table)},
            reading=request.reading,
            spell=run.spell,
        )
    # What never changes in a clean table tells new rows apart, by a model that can use it.
    keep_constant = reference is not None and request.kind.keeps_constant
    with fitting.numbers_of(
        training, run.engine, called=called, keep_constant=keep_constant, on_rows=on_rows
    ) as numbers:
        if labels is not None:
            deciding.check_labels(table, labels)
        run.stage("fitting")
        seen = told.known if reference is None else told_of(training, reference, (), run.spell).known
        model, facts, notices = _fit(request, numbers, table, seen, reference, run)
        if request.merge:
            run.stage("merging components")
            model = fitting.merged(model, numbers, request.n_clusters, run)
        fitted = Judged(
            request.source,
            table,
            model,
            facts,
            result,
            columns,
            (*table.notes, *told.notices, *numbers.notices, *notices),
            labels,
            constant=(*numbers.constant, *absent),
            n_rows=table.n_rows if reference is not None else numbers.n_rows,
            profile=None if told.known is None else told.known.profile,
        )
        # What was copied is read many times faster than text.
        if rule is None:
            return fitted
        return _decided(fitted, rule, numbers.rows if reference is None else None, run, fitted=True)


def _absent(table: TableRows, reference: Source, request: Request) -> tuple[LeftOutColumn, ...]:
    """Return the columns in use that nobody named and that hold no numbers, where a reference does not have them."""
    kinds = getattr(table, "kinds", None) or {}
    others = [name for name in table.columns or () if name in kinds and not kinds[name].in_use]
    names = names_in(reference, request.reading) if others and request.columns is None else None
    if names is None:
        return ()
    return tuple(LeftOutColumn(name, "not in the reference") for name in others if name not in names)


def judge_table(
    model: TableModel,
    source: Source,
    rule: Rule | None,
    run: Run,
    notices: tuple[str, ...] = (),
    reading: Reading = AS_FOUND,
) -> Judged:
    """Return a table to be judged by a model, perhaps by another threshold than its own.

    Parameters
    ----------
    model : TableModel
        The model.
    source : object
        The table.
    rule : Rule or None
        How to choose the threshold for this table; None for that of the model.
    run : Run
        How the work runs.
    notices : tuple of str
        What deserves attention about the model.
    reading : Reading
        How the files of the table are to be read.
    """
    result: Result = "scores" if model.threshold is None and rule is None else "decisions"
    run.stage(f"reading {label(source)}")
    columns = columns_of(model, result, rarity=rule is not None)
    table, unlike, model = open_for(model, source, run, reading=reading)
    told = (*table.notes, *notices, *unlike)
    found = Judged(
        source,
        table,
        model,
        facts_of(model),
        result,
        columns,
        told,
        is_saved=True,
        n_rows=table.n_rows,
        known=model.known,
    )
    return found if rule is None else replace(_decided(found, rule, None, run, fitted=False), is_saved=False)


def group_table(model: TableModel, source: Source, run: Run, reading: Reading = AS_FOUND) -> Judged:
    """Return a table whose rows are to be assigned to the groups of a model."""
    run.stage(f"reading {label(source)}")
    columns = columns_of(model, "groups")
    table, unlike, model = open_for(model, source, run, reading=reading)
    facts = facts_of(model)
    told = (*table.notes, *unlike)
    return Judged(
        source,
        table,
        model,
        facts,
        "groups",
        columns,
        told,
        is_saved=True,
        n_rows=table.n_rows,
        known=model.known,
    )


def view_table(
    model: TableModel, source: Source, labels: str | None, run: Run, notices: tuple[str, ...] = ()
) -> Judged:
    """Return a table to report on by a model, perhaps with a column of labels; nothing is to be written."""
    run.stage(f"reading {label(source)}")
    without_labels(list(model.columns), None, labels, run.spell)
    table, unlike, model = open_for(model, source, run, kept=(labels,))
    if labels is not None:
        deciding.check_labels(table, labels)
    facts = facts_of(model)
    told = (*table.notes, *notices, *unlike)
    result: Result = "scores" if model.threshold is None else "decisions"
    return Judged(
        source, table, model, facts, result, (), told, labels, is_saved=True, n_rows=table.n_rows, known=model.known
    )


def _decided(judged: Judged, rule: Rule, copied: Rows | None, run: Run, *, fitted: bool) -> Judged:
    """Return a table judged by the threshold that a rule asks for; the columns of the model may have been copied."""
    run.stage("choosing the threshold", judged.n_rows)
    model, table = judged.model, judged.table
    reviewed = rule.labels if isinstance(rule.labels, Reviewed) else None
    if reviewed is not None and judged.n_rows is not None and reviewed.last_row > judged.n_rows:
        raise DataError(
            f"{reviewed.path} marks row {reviewed.last_row:,}, and the table has {words.plural(judged.n_rows, 'row')}: "
            "the marks are of another table"
        )
    assert table.columns is not None, "tables of commands have column names"
    rows = SelectedRows(table, positions_of(model.columns, table.columns)) if copied is None else copied
    scores = KeptScores(model, rows, run.watched("choosing the threshold"))
    decided = deciding.decide(model, rule, table, scores, run.spell, fitted=fitted)
    return replace(
        judged,
        model=decided.model,
        on_labels=decided.on_labels,
        notices=(*judged.notices, *decided.notices),
        scores=scores,
        fine=None if reviewed is None or not reviewed.fine else FineRows.of(decided.model, table, reviewed),
    )


def _fit(
    request: Request, numbers: fitting.Numbers, table: TableRows, seen: Known | None, reference: Source, run: Run
) -> tuple[TableModel, ModelFacts, tuple[str, ...]]:
    """Return the model without a threshold, what it is, and what deserves attention."""
    with _training_rows(numbers, reference, request.seed) as training:
        # By the rows that are fitted: what the others are is not to show in the model that they are compared by.
        segments = segments_of(request.by, training, run)
        judged = training if segments is None else within(segments, training)
        scaled = modelling.scaled(request.kind, judged, run, request.seed)
        fitted = modelling.fit(request, scaled, run, clean=reference is not None)
        rows = fitting.some_rows(training, run.engine, request.seed)
        outlier_model = fitted.model if segments is None else segments.judged_by(fitted.model, rows)
    made = Provenance(
        request.kind.name,
        fitted.description,
        fitted.fit or FitFigures(),
        seed=request.seed,
        versions=Versions.here(),
    )
    known = getattr(table, "kinds", None)
    # Rows within segments are judged as they stand; their codes have no units.
    none, one = np.zeros(len(numbers.columns)), np.ones(len(numbers.columns))
    model = TableModel(
        outlier_model,
        numbers.columns,
        scaled.center if segments is None else none,
        scaled.scale if segments is None else one,
        provenance=made,
        habits=Habits.of(rows),
        kinds=None if known is None else tuple(known[name] for name in numbers.columns),
        known=seen,
    )
    if reference is not None:
        held_out = SplitRows(numbers.rows, TRAINING_SHARE, request.seed, rest=True)
        scoring = run.watched(f"scoring {label(reference)}")
        model = replace(
            model,
            calibration=deciding.scores_of(model, held_out, scoring),
            provenance=replace(made, trained_on="reference", reference=label(reference)),
        )
    notices = (*fitted.notices, *following_notices(model, run.spell)) if model.has_components else fitted.notices
    if request.by and segments is None:
        notices += (
            f"{words.joined(request.by)} {'has' if len(request.by) == 1 else 'have'} the same value in every row: "
            f"{run.spell('by')} makes no difference.",
        )
    return model, replace(facts_of(model), candidates=fitted.candidates), notices


@contextmanager
def _training_rows(numbers: fitting.Numbers, reference: Source, seed: int) -> Iterator[fitting.Numbers]:
    """Give the numbers that a model is fitted to: those of a table, or of one half of a reference."""
    if reference is None:
        yield numbers
        return
    with spool(SplitRows(numbers.rows, TRAINING_SHARE, seed)) as half:
        if half.n_rows < _FEWEST or numbers.n_rows - half.n_rows < _FEWEST:
            raise EmptyTableError(
                f"{label(reference)} has {words.plural(numbers.n_rows, 'row')}, too few for a reference: one half "
                "trains the model, and scores are compared with the other; give at least 20"
            )
        yield replace(numbers, rows=half, n_rows=half.n_rows)
