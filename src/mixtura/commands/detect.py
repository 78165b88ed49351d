"""The rows of a table that do not fit."""

import os
from collections.abc import Mapping, Sequence
from typing import Any

from ..display.report.facts.data import Reproduction
from ..engines import OnProgress
from ..tables import work
from ..tables.asking.reading import reading
from ..tables.asking.run import Run
from ..tables.kinds.request import Components, Request, Shape, request
from ..tables.rules import Rule, rule
from .carrying_out import carry_out
from .found import Found
from .origin import Origin
from .page import call, reproduction
from .places import Output, output_of, path_of


def detect(
    source: Any,
    *,
    rate: float | None = None,
    labels: str | os.PathLike[str] | None = None,
    precision: float | None = None,
    recall: float | None = None,
    f_beta: float | None = None,
    tail: float | None = None,
    reference: Any = None,
    fdr: float | None = None,
    columns: Sequence[str] | None = None,
    drop: Sequence[str] | None = None,
    kinds: Mapping[str, str] | None = None,
    missing: str | Sequence[str | float] | None = None,
    header: bool | None = None,
    ragged: bool = False,
    file_column: str | None = None,
    by: str | Sequence[str] | None = None,
    model: str | None = None,
    components: Components = None,
    shape: Shape = None,
    factors: int | None = None,
    seed: int = 0,
    out: str | os.PathLike[str] | None = None,
    save: str | os.PathLike[str] | None = None,
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
    """Find the rows of a table that do not fit, with a reason for each.

    It is ``mixtura detect``, with the same defaults and the same bits. A model scores every row, and flags the
    rows above a threshold. The default has nothing to set: it flags rows that are too rare to be due to chance, and
    none in a clean table.

    Parameters
    ----------
    source : str, path-like, dataframe, array_like, Rows, Dask array or DataFrame
        The table: a file, a pattern or a DuckDB query as on the command line, or any other table that
        `mixtura.rows.open` or an engine opens. The columns of an array are called x0, x1 and so on.
    rate : float, optional
        Share of the rows to flag; with a `reference`, share of clean rows that may reach the threshold.
    labels : str or path-like, optional
        Column that says which rows are known to be anomalies (1 or true), to belong (0 or false), or neither. The model
        does not see it. It is for `precision`, `recall` or `f_beta`; of these ``f_beta=1`` is the default.
        Or the CSV file of the rows that were marked in a report of this table, with columns ``row`` (from 1) and
        ``mark`` (error, fine, unsure). Rows like the fine ones are not flagged. Errors and fine rows choose the
        threshold where they are asked to, or there are ten of each.
    precision, recall : float, optional
        The least precision or recall on the labelled rows.
    f_beta : float, optional
        Number of times that recall counts as much as precision in the F-score to maximise.
    tail : float, optional
        Share of the rows that belong that may reach the threshold, by the tail of the scores, such as 1e-4.
    reference : object, optional
        A clean table, of any kind that `source` can be. One half of it trains the model. Scores are compared with those
        of the other half.
    fdr : float, optional
        Share of the flagged rows that may belong, on average. Default: 0.1, unless another keyword chooses the
        threshold.
    columns, drop : sequence of str, optional
        Columns to use, or not to use. Default: every column that the model can use. The others are still part of the
        result.
    kinds : mapping of str to str, optional
        What columns are to be read as: 'number', 'flag', 'category', 'date', 'time', 'duration', 'text' or
        'identifier'. Default: what most of their cells are.
    missing : str or sequence of str or float, optional
        Marks of missing values, such as -200 or "not measured", besides those that are always taken for such.
    header : bool, optional
        Whether the first record of delimited text holds the names of the columns. Default: what it looks like.
    ragged : bool, default=False
        Whether rows of delimited text may have too few fields, the last of which are missing, or too many, the last of
        which are left out.
    file_column : str, optional
        Name of a column, behind all others, that says which file each row comes from. It is not used.
    by : str or sequence of str, optional
        Column that says which segment a row is of, or several. Each row is judged within its segment, and not by these
        columns. What is usual of a small segment is drawn to what is usual of all. Default: all rows are judged
        together.
    model : {'auto', 'mixture', 'bayesian', 'elliptic', 'forest', 'lof', 'svm'}, optional
        Kind of model. Default: 'auto'; 'mixture' where `components` or `shape` is given.
    components : str, int or iterable of int, optional
        Numbers of components to try, as 3, [2, 4], or "1-9". Default: 1 to 9, fewer for small tables. Of a Bayesian
        mixture the most there may be, by default 10.
    shape : str or sequence of str, optional
        Covariance shapes to try, of 'full', 'tied', 'diag', 'spherical' and 'factor'. Default: the first four. Of a
        Bayesian mixture one, by default 'full'.
    factors : int, optional
        Number of factors that the columns of a component share, for the shape 'factor'. Default: 1.
    seed : int, default=0
        Seed of the random starts.
    out : str or path-like, optional
        Where the table goes, with the columns that are added. Default: nowhere; `Found.write` writes it later.
    save : str or path-like, optional
        Where the model goes.
    report : str or path-like, optional
        Where the report goes, an HTML file.
    repaired : str or path-like, optional
        Where the table goes once more, without new columns, the flagged cells of flagged rows replaced by what the
        other cells of the row predict: a guess. All other cells are as they were. The ending says the format.
    good, bad : str or path-like, optional
        Where the rows that are not flagged go, and the flagged ones, as they stand: without new columns. The ending
        says the format.
    only_flagged : bool, default=False
        Whether `out` gets the flagged rows only, that of the highest score first, each with its ``row`` in the table,
        from 1.
    format : {'parquet', 'csv', 'tsv', 'json', 'jsonl', 'arrow', 'xlsx'}, optional
        Format of the table. Default: what the ending of `out` says.
    safe_csv : bool, default=False
        Whether text that a spreadsheet would take for a formula gets an apostrophe before it.
    force : bool, default=False
        Whether any file may be replaced. Default: only what the same function made of the same table before, and models
        by models.
    on_progress : callable, optional
        Told how far the work is, by `Progress` values.

    Returns
    -------
    Found
        The summary, the model, the flagged rows, the report.

    Raises
    ------
    RequestError
        A keyword does not mean anything, or two contradict each other.
    MixturaError
        The table cannot be read or used, or a file cannot be written.

    Examples
    --------
    >>> import numpy as np
    >>> import mixtura
    >>> rng = np.random.default_rng(0)
    >>> found = mixtura.detect(np.vstack([rng.normal(size=(500, 2)), [[9.0, -9.0]]]), rate=0.01)
    >>> found.summary.decision.n_anomalies
    5
    >>> found.summary.anomalies[0].row
    501
    """
    how = reproduction(call(detect, locals()), seed)
    source, reference = path_of(source), path_of(reference)
    asked = request(
        source,
        columns=columns,
        drop=drop,
        model=model,
        components=components,
        shape=shape,
        factors=factors,
        seed=seed,
        reading=reading(kinds, missing, header=header, ragged=ragged, file_column=file_column),
        by=by,
    )
    threshold = rule(
        rate=rate,
        labels=labels,
        precision=precision,
        recall=recall,
        f_beta=f_beta,
        tail=tail,
        fdr=fdr,
        reference=reference,
    )
    output = output_of(
        out,
        save,
        report,
        format,
        repaired=repaired,
        good=good,
        bad=bad,
        only_flagged=only_flagged,
        safe_csv=safe_csv,
        force=force,
    )
    return detect_by(asked, threshold, output, Run.told(on_progress), how)


def detect_by(asked: Request, threshold: Rule, output: Output, run: Run, how: Reproduction) -> Found:
    """Find the rows that do not fit, by a request that is checked."""
    origin = Origin("detect", asked.source, threshold.reference)
    return carry_out(origin, output, lambda: work.fit_table(asked, threshold, run), run, how)
