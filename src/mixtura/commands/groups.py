"""The groups of a table."""

import os
from collections.abc import Mapping, Sequence
from typing import Any

from ..display.report.facts.data import Reproduction
from ..engines import OnProgress
from ..errors import RequestError
from ..tables import work
from ..tables.asking.reading import Reading, reading
from ..tables.asking.run import Run
from ..tables.kinds import MIXTURES
from ..tables.kinds.request import Components, Request, Shape, request
from ..tables.models.table_model import TableModel
from .carrying_out import carry_out
from .found import Found
from .origin import Origin
from .page import call, reproduction
from .places import Output, output_of, path_of


def groups(
    source: Any,
    *,
    columns: Sequence[str] | None = None,
    drop: Sequence[str] | None = None,
    kinds: Mapping[str, str] | None = None,
    missing: str | Sequence[str | float] | None = None,
    header: bool | None = None,
    ragged: bool = False,
    file_column: str | None = None,
    model: str | TableModel = "mixture",
    components: Components = None,
    shape: Shape = None,
    factors: int | None = None,
    merge: bool = False,
    clusters: int | None = None,
    seed: int = 0,
    out: str | os.PathLike[str] | None = None,
    save: str | os.PathLike[str] | None = None,
    report: str | os.PathLike[str] | None = None,
    format: str | None = None,
    safe_csv: bool = False,
    force: bool = False,
    on_progress: OnProgress | None = None,
) -> Found:
    """Find the groups of a table, by its numbers, flags and categories.

    This is ``mixtura groups``, with the same defaults and the same bits. Rows that lie far from every group are left
    out of the fit, and a note counts them.

    Parameters
    ----------
    source : str, path-like, dataframe, array_like, Rows, Dask array or DataFrame
        The table: a file, a pattern or a DuckDB query as on the command line, or any other table that
        `mixtura.rows.open` or an engine opens. The columns of an array are called x0, x1 and so on.
    columns, drop : sequence of str, optional
        Columns to use, or not to use. Default: numbers, flags and categories of at most 30 levels. The others are
        still part of the result.
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
    model : {'mixture', 'bayesian'} or TableModel, default='mixture'
        Kind of model; or a mixture that was fitted to another table, to assign the rows to its groups.
    components : str, int or iterable of int, optional
        Numbers of components to try, as 3, [2, 4], or "1-9". Default: 1 to 9, fewer for small tables. For a Bayesian
        mixture, the largest number (default: 10).
    shape : str or sequence of str, optional
        Covariance shapes to try: any of 'full', 'tied', 'diag', 'spherical' and 'factor'. Default: the first four. A
        Bayesian mixture takes one (default: 'full').
    factors : int, optional
        Number of factors that the columns of a component share, for the shape 'factor'. Default: 1.
    merge : bool, default=False
        Whether to merge components that share rows into clusters.
    clusters : int, optional
        Number of clusters. Default with `merge`: the number that the rows support.
    seed : int, default=0
        Seed of the random starts.
    out : str or path-like, optional
        File for the table with the new columns. Default: none; `Found.write` writes it later.
    save : str or path-like, optional
        File for the model.
    report : str or path-like, optional
        HTML file for the report.
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
        The summary, the model, the report.

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
    >>> found = mixtura.groups(rng.normal(size=(300, 2)) + np.repeat([[0.0], [9.0]], [200, 100], axis=0))
    >>> [group.n_rows for group in found.summary.groups]
    [200, 100]
    """
    how = reproduction(call(groups, locals()), seed)
    source = path_of(source)
    output = output_of(out, save, report, format, safe_csv=safe_csv, force=force)
    run = Run.told(on_progress)
    if isinstance(model, TableModel):
        if (
            any(asked is not None for asked in (columns, drop, kinds, missing, components, shape, factors, clusters))
            or merge
        ):
            raise RequestError("the model is fitted already: its columns, components and clusters are set")
        asked_of_files = reading(header=header, ragged=ragged, file_column=file_column)
        return _assigned(model, source, output, run, how, asked_of_files)
    asked = request(
        source,
        columns=columns,
        drop=drop,
        model=model,
        components=components,
        shape=shape,
        factors=factors,
        seed=seed,
        kinds=MIXTURES,
        merge=merge,
        clusters=clusters,
        reading=reading(kinds, missing, header=header, ragged=ragged, file_column=file_column),
    )
    return groups_by(asked, output, run, how)


def groups_by(asked: Request, output: Output, run: Run, how: Reproduction) -> Found:
    """Find the groups of a table, by a request that is checked."""
    origin = Origin("groups", asked.source)
    return carry_out(origin, output, lambda: work.fit_table(asked, None, run), run, how)


def _assigned(model: TableModel, source: Any, output: Output, run: Run, how: Reproduction, asked: Reading) -> Found:
    if not model.has_components:
        raise RequestError("this model has no groups: only mixtures have groups")
    origin = Origin("groups", source)
    return carry_out(origin, output, lambda: work.group_table(model, source, run, asked), run, how)
