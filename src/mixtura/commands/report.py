"""A report on a table, judged by a model."""

import os
from typing import Any

from ..display.report.facts.data import Reproduction
from ..engines import OnProgress
from ..tables import work
from ..tables.asking.run import Run
from ..tables.models.table_model import TableModel
from .carrying_out import carry_out, table_model
from .found import Found
from .origin import Origin
from .page import call, reproduction
from .places import Output, output_of, path_of


def report(
    model: str | os.PathLike[str] | TableModel,
    source: Any,
    *,
    labels: str | None = None,
    out: str | os.PathLike[str] | None = None,
    force: bool = False,
    on_progress: OnProgress | None = None,
) -> Found:
    """Report on a table by a model that was fitted to another one.

    This is ``mixtura report``. The result shows the report in a notebook.

    Parameters
    ----------
    model : TableModel, str or path-like
        The model, or the file of one.
    source : str, path-like, dataframe, array_like, Rows, Dask array or DataFrame
        The table: a file, a pattern or a DuckDB query as on the command line, or any other table that
        `mixtura.rows.open` or an engine opens. The columns of an array are called x0, x1 and so on.
    labels : str, optional
        Column of labels: 1 or true for anomalies, 0 or false for normal rows, missing where unknown. The report then
        shows the precision and the recall of every threshold.
    out : str or path-like, optional
        HTML file for the report. Default: none; `Found.report` writes it later.
    force : bool, default=False
        Whether to replace any existing file. Default: replace only an earlier result of this function for the same
        table.
    on_progress : callable, optional
        Called with `Progress` values while the work goes on.

    Returns
    -------
    Found
        The summary, the flagged rows, the report.

    Raises
    ------
    MixturaError
        The model, the table or its labels cannot be read or used, or the file cannot be written.

    Examples
    --------
    >>> import numpy as np
    >>> import mixtura
    >>> rng = np.random.default_rng(0)
    >>> model = mixtura.detect(rng.normal(size=(500, 2)), rate=0.01).model
    >>> found = mixtura.report(model, [[0.0, 0.5], [9.0, -9.0]])
    >>> found.report_data.rows[0].row
    2
    """
    how = reproduction(call(report, locals()), None)
    output = output_of(None, None, out, None, safe_csv=False, force=force)
    return report_by(path_of(model), path_of(source), labels, output, Run.told(on_progress), how)


def report_by(
    model: str | TableModel, source: Any, labels: str | None, output: Output, run: Run, how: Reproduction
) -> Found:
    """Report on a table by a model."""
    known, notices = table_model(model)
    origin = Origin("report", source, model=model if isinstance(model, str) else None)
    return carry_out(
        origin,
        output,
        lambda: work.view_table(known, source, labels, run, notices),
        run,
        how,
        gathering=True,
    )
