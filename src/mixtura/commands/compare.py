"""Every detector side by side on one table."""

from collections.abc import Mapping, Sequence
from typing import Any

from ..engines import OnProgress
from ..tables.asking.reading import Reading, reading
from ..tables.asking.run import Run
from ..tables.comparing import compare_detectors
from ..tables.kinds.request import check_columns, check_comparison, names
from .found import Compared
from .places import path_of


def compare(
    source: Any,
    *,
    labels: str | None = None,
    columns: Sequence[str] | None = None,
    drop: Sequence[str] | None = None,
    kinds: Mapping[str, str] | None = None,
    missing: str | Sequence[str | float] | None = None,
    header: bool | None = None,
    ragged: bool = False,
    file_column: str | None = None,
    rate: float = 0.04,
    rows: int = 20_000,
    seed: int = 0,
    on_progress: OnProgress | None = None,
) -> Compared:
    """Fit every detector to a table: how they agree, how long they take and, with labels, how well they rank.

    This is ``mixtura compare``, with the same defaults and the same bits.

    Parameters
    ----------
    source : str, path-like, dataframe, array_like, Rows, Dask array or DataFrame
        The table: a file, a pattern or a DuckDB query as on the command line, or any other table that
        `mixtura.rows.open` or an engine opens. The columns of an array are called x0, x1 and so on.
    labels : str, optional
        Column of labels: 1 or true for anomalies, 0 or false for normal rows, missing where unknown. Detectors do not
        see it; they are judged by it.
    columns, drop : sequence of str, optional
        Columns to use, or not to use. Default: every column of numbers.
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
    rate : float, default=0.04
        Share of the rows that each detector flags, to count how many they flag in common.
    rows : int, default=20000
        Largest number of rows to compare on; from a larger table, this many are drawn at random.
    seed : int, default=0
        Seed of the random starts and draws.
    on_progress : callable, optional
        Called with `Progress` values while the work goes on.

    Returns
    -------
    Compared
        The summary.

    Raises
    ------
    RequestError
        A keyword has a value that it cannot take, or two keywords contradict each other.
    MixturaError
        The table or its labels cannot be used, or no detector can be fitted.

    Examples
    --------
    >>> import numpy as np
    >>> import mixtura
    >>> rng = np.random.default_rng(0)
    >>> compared = mixtura.compare(rng.normal(size=(60, 2)), rate=0.1)
    >>> sorted(detector.name for detector in compared.summary.detectors)
    ['auto', 'bayesian', 'elliptic', 'forest', 'lof', 'mixture', 'svm']
    """
    check_comparison(rate, rows, seed)
    check_columns(columns, drop)
    return compare_by(
        path_of(source),
        labels=labels,
        columns=names(columns),
        drop=names(drop),
        asked=reading(kinds, missing, header=header, ragged=ragged, file_column=file_column),
        rate=rate,
        rows=rows,
        seed=seed,
        run=Run.told(on_progress),
    )


def compare_by(
    source: Any,
    *,
    labels: str | None,
    columns: list[str] | None,
    drop: list[str] | None,
    asked: Reading,
    rate: float,
    rows: int,
    seed: int,
    run: Run,
) -> Compared:
    """Fit every detector to a table and compare them, by a request that is checked."""
    return Compared(
        compare_detectors(
            source,
            labels=labels,
            columns=columns,
            drop=drop,
            reading=asked,
            rate=rate,
            most_rows=rows,
            seed=seed,
            run=run,
        )
    )
