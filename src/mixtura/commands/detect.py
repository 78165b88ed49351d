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

    This is ``mixtura detect``, with the same defaults and the same bits. A model scores every row, and flags the
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
        Column of labels: 1 or true for anomalies, 0 or false for normal rows, missing where unknown. The model does not
        see the labels; they set the threshold, by `precision`, `recall` or `f_beta` (default: ``f_beta=1``).
        Or the CSV file of the rows that were marked in a report of this table, with columns ``row`` (from 1) and
        ``mark`` (error, fine, unsure). Rows like those marked fine are not flagged. With ten errors and ten fine rows,
        or with one of these targets, the marks also set the threshold.
    precision, recall : float, optional
        The least precision or recall on the labelled rows.
    f_beta : float, optional
        Number of times that recall counts as much as precision in the F-score to maximise.
    tail : float, optional
        Share of normal rows that may reach the threshold, such as 1e-4. A fitted tail of the scores gives the
        threshold.
    reference : object, optional
        A clean table, of any kind that `source` can be. One half of it trains the model. Scores are compared with those
        of the other half.
    fdr : float, optional
        Share of false alarms among the flagged rows, on average. Default: 0.1, unless another keyword sets the
        threshold.
    columns, drop : sequence of str, optional
        Columns to use, or not to use. Default: every column that the model can use. The others are still part of the
        result.
    kinds : mapping of str to str, optional
        Kinds of columns by their names: 'number', 'flag', 'category', 'date', 'time', 'duration', 'text' or
        'identifier'. Default: the kind of most of their cells.
    missing : str or sequence of str or float, optional
        Marks of missing values, such as -200 or "not measured", in addition to the usual ones.
    header : bool, optional
        Whether the first record of delimited text or of a sheet holds the names of the columns. Default: detected.
    ragged : bool, default=False
        Whether to accept lines of delimited text with too few fields (their last values are missing) or too many (the
        last ones are cut).
    file_column : str, optional
        Name of a new last column with the file of each row. The model does not use it.
    by : str or sequence of str, optional
        Column of segments, or several columns. Each row is judged within its segment; the columns themselves are not
        judged. Small segments are drawn to the whole table. Default: all rows are judged together.
    model : {'auto', 'mixture', 'bayesian', 'elliptic', 'forest', 'lof', 'svm'}, optional
        Kind of model. Default: 'auto'; 'mixture' where `components` or `shape` is given.
    components : str, int or iterable of int, optional
        Numbers of components to try, as 3, [2, 4], or "1-9". Default: 1 to 9, fewer for small tables. For a Bayesian
        mixture, the largest number (default: 10).
    shape : str or sequence of str, optional
        Covariance shapes to try: any of 'full', 'tied', 'diag', 'spherical' and 'factor'. Default: the first four. A
        Bayesian mixture takes one (default: 'full').
    factors : int, optional
        Number of factors that the columns of a component share, for the shape 'factor'. Default: 1.
    seed : int, default=0
        Seed of the random starts.
    out : str or path-like, optional
        File for the table with the new columns. Default: none; `Found.write` writes it later.
    save : str or path-like, optional
        File for the model.
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
        The summary, the model, the flagged rows, the report.

    Raises
    ------
    RequestError
        A keyword has a value that it cannot take, or two keywords contradict each other.
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
