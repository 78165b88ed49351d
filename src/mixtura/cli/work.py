"""The work of each command, from a request to a summary."""

import time
from contextlib import AbstractContextManager

from ..decisions.table_model import TableModel
from ..engines import engine_for
from ..engines.single import single_thread
from ..errors import ModelFileError
from ..rows import TableRows
from ..storage import load, save
from . import fitting
from .opening import Place, label, left_out_columns, open_place, open_table
from .progress import Bar
from .request import Request
from .scoring import NEW_COLUMNS, Result, Scored, score_table
from .summary import Decision, LeftOutColumn, ModelFacts, Summary, TableFacts


def fit_table(request: Request, rate: float | None, *, show_progress: bool) -> Summary:
    """Fit a table and write its rows with what the model says about them.

    Parameters
    ----------
    request : Request
        What was asked for.
    rate : float or None
        Share of the rows to flag; None to write the groups only.
    show_progress : bool
        Whether to draw a progress bar.
    """
    started = time.monotonic()
    result: Result = "groups" if rate is None else "decisions"
    place = open_place(request.source, request.out, request.save)
    engine = engine_for(None)
    with _one_blas_thread(), Bar(visible=show_progress) as bar:
        bar.step(f"reading {label(request.source)}")
        table = open_table(request.source, request.columns, request.drop, NEW_COLUMNS[result])
        with fitting.numbers_of(table, engine) as numbers:
            bar.step("fitting")
            counts = fitting.counts_for(numbers.n_rows, request.counts)
            mixture, facts = fitting.search_mixture(
                numbers,
                counts=counts,
                shapes=request.shapes,
                seed=request.seed,
                engine=engine,
                on_progress=bar.on_candidate,
            )
            model = TableModel(mixture, numbers.columns, numbers.center, numbers.scale)
            if rate is not None:
                bar.step("choosing the threshold")
                model = fitting.with_threshold(model, numbers.rows, rate, engine)
        scored = _score(table, model, result, place, bar)
        if place.saved is not None:
            save(model, place.saved)
    return Summary(
        command="groups" if rate is None else "detect",
        table=_table_facts(request.source, table, model, scored, numbers.constant),
        model=facts,
        groups=scored.groups,
        decision=_decision(model, scored),
        anomalies=scored.anomalies,
        notices=fitting.search_notices(facts, mixture),
        out=place.out,
        new_columns=NEW_COLUMNS[result],
        saved=place.saved,
        seconds=time.monotonic() - started,
    )


def score_table_by(model_file: str, source: str, out: str | None, *, show_progress: bool) -> Summary:
    """Write the rows of a table with what a saved model says about them."""
    started = time.monotonic()
    model = _table_model(model_file)
    result: Result = "scores" if model.threshold is None else "decisions"
    place = open_place(source, out)
    with _one_blas_thread(), Bar(visible=show_progress) as bar:
        bar.step(f"reading {label(source)}")
        table = open_table(source, model.columns, None, NEW_COLUMNS[result])
        scored = _score(table, model, result, place, bar)
    mixture = model.mixture
    return Summary(
        command="score",
        table=_table_facts(source, table, model, scored),
        model=ModelFacts("mixture", mixture.n_components, mixture.covariance.name, mixture.n_parameters, ()),
        groups=scored.groups,
        decision=_decision(model, scored),
        anomalies=scored.anomalies,
        notices=(),
        out=place.out,
        new_columns=NEW_COLUMNS[result],
        saved=None,
        seconds=time.monotonic() - started,
    )


def _one_blas_thread() -> AbstractContextManager[object]:
    """Keep the linear algebra library on one thread.

    The passes have threads of their own, and what is left for it are matrices of a few columns. Its threads would only
    wait for one another, a thousand times longer than the work takes when the processors are busy; and on one thread it
    adds in one order, so that the result has the same bits on every number of processors.
    """
    return single_thread("blas")


def _score(table: TableRows, model: TableModel, result: Result, place: Place, bar: Bar) -> Scored:
    bar.step("scoring")
    with place.writer as writer:
        return score_table(table, model, result, writer, engine=engine_for(None), on_rows=bar.on_rows)


def _table_model(file: str) -> TableModel:
    model = load(file)
    if not isinstance(model, TableModel):
        raise ModelFileError(
            f"{file} holds a mixture without column names: save one with `mixtura detect --save`, or score with "
            "mixtura.load in Python"
        )
    return model


def _table_facts(
    source: str, table: TableRows, model: TableModel, scored: Scored, constant: tuple[LeftOutColumn, ...] = ()
) -> TableFacts:
    return TableFacts(label(source), scored.n_rows, model.columns, (*left_out_columns(table), *constant))


def _decision(model: TableModel, scored: Scored) -> Decision | None:
    if model.threshold is None:
        return None
    return Decision(model.rate, -model.threshold, scored.n_anomalies, scored.n_anomalies / scored.n_rows)
