"""A table judged by a model."""

import os
from typing import Any

from ..display.report.facts.data import Reproduction
from ..engines import OnProgress
from ..tables import work
from ..tables.asking.reading import AS_FOUND, Reading, reading
from ..tables.asking.run import Run
from ..tables.models.table_model import TableModel
from ..tables.rules import Rule, rule
from .carrying_out import carry_out, table_model
from .found import Found
from .origin import Origin
from .page import call, reproduction
from .places import Output, output_of, path_of


def score(
    model: str | os.PathLike[str] | TableModel,
    source: Any,
    *,
    rate: float | None = None,
    header: bool | None = None,
    ragged: bool = False,
    file_column: str | None = None,
    out: str | os.PathLike[str] | None = None,
    report: str | os.PathLike[str] | None = None,
    repaired: str | os.PathLike[str] | None = None,
    good: str | os.PathLike[str] | None = None,
    bad: str | os.PathLike[str] | None = None,
    only_flagged: bool = False,
    format: str | None = None,
    safe_csv: bool = False,
    force: bool = False,
    on_progress: OnProgress | None = None,
) -> Found:
    """Score a table by a model that was fitted to another one.

    This is ``mixtura score``, with the same bits. The table needs the columns of the model, by name, in any order.

    Parameters
    ----------
    model : TableModel, str or path-like
        The model, or the file of one.
    source : str, path-like, dataframe, array_like, Rows, Dask array or DataFrame
        The table: a file, a pattern or a DuckDB query as on the command line, or any other table that
        `mixtura.rows.open` or an engine opens. The columns of an array are called x0, x1 and so on.
    rate : float, optional
        Share of the rows to flag; with a model trained on a reference, share of clean rows that may reach the
        threshold. Default: the threshold of the model.
    header : bool, optional
        Whether the first record of delimited text or of a sheet holds the names of the columns. Default: detected.
    ragged : bool, default=False
        Whether to accept lines of delimited text with too few fields (their last values are missing) or too many (the
        last ones are cut).
    file_column : str, optional
        Name of a new last column with the file of each row. The model does not use it.
    out : str or path-like, optional
        File for the table with the new columns. Default: none; `Found.write` writes it later.
    report : str or path-like, optional
        HTML file for the report.
    repaired : str or path-like, optional
        File for a repaired copy of the table, without new columns: each flagged cell is replaced by the value that the
        other cells of its row predict, a guess. The ending sets the format.
    good, bad : str or path-like, optional
        Files for the rows that are not flagged and for the flagged rows, without new columns. The endings set the
        formats.
    only_flagged : bool, default=False
        Whether `out` holds only the flagged rows, the highest score first, each with its ``row`` number in the table,
        from 1.
    format : {'parquet', 'csv', 'tsv', 'json', 'jsonl', 'arrow', 'xlsx'}, optional
        Format of the result. Default: by the ending of `out`.
    safe_csv : bool, default=False
        Whether to put an apostrophe before text that a spreadsheet would take for a formula.
    force : bool, default=False
        Whether to replace any existing file. Default: replace only an earlier result of this function for the same
        table, or a model by a model.
    on_progress : callable, optional
        Called with `Progress` values while the work goes on.

    Returns
    -------
    Found
        The summary, the flagged rows, the report.

    Raises
    ------
    RequestError
        A keyword has a value that it cannot take, or needs a threshold and the model has none.
    MixturaError
        The model or the table cannot be read or used, or a file cannot be written.

    Examples
    --------
    >>> import numpy as np
    >>> import mixtura
    >>> rng = np.random.default_rng(0)
    >>> model = mixtura.detect(rng.normal(size=(500, 2)), rate=0.01).model
    >>> mixtura.score(model, [[0.0, 0.5], [9.0, -9.0]]).flagged["row"].tolist()
    [2]
    """
    how = reproduction(call(score, locals()), None)
    threshold = None if rate is None else rule(rate=rate)
    output = output_of(
        out,
        None,
        report,
        format,
        repaired=repaired,
        good=good,
        bad=bad,
        only_flagged=only_flagged,
        safe_csv=safe_csv,
        force=force,
    )
    asked = reading(header=header, ragged=ragged, file_column=file_column)
    return score_by(path_of(model), path_of(source), threshold, output, Run.told(on_progress), how, asked)


def score_by(
    model: str | TableModel,
    source: Any,
    threshold: Rule | None,
    output: Output,
    run: Run,
    how: Reproduction,
    asked: Reading = AS_FOUND,
) -> Found:
    """Score a table by a model, by a rule that is checked."""
    known, notices = table_model(model)
    origin = Origin("score", source, model=model if isinstance(model, str) else None)
    return carry_out(origin, output, lambda: work.judge_table(known, source, threshold, run, notices, asked), run, how)
