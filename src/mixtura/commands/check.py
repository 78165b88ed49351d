"""A table looked at before anything is made of it."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..columns.findings import Finding
from ..columns.looked.described import Profile
from ..columns.looked.known import News
from ..display.checked import render_check
from ..engines import OnProgress
from ..tables.asking.reading import Reading, reading
from ..tables.asking.run import Run
from ..tables.models.table_model import TableModel
from ..tables.moved.drift import Drift
from ..tables.opened.checking import Against, CheckSummary, check_table
from .carrying_out import table_model
from .places import path_of

_WIDTH = 100


@dataclass(frozen=True, repr=False, eq=False)
class Checked:
    """What a table holds, and what deserves attention in it; `mixtura.check` returns it. It shows its summary.

    Attributes
    ----------
    summary : CheckSummary
        All that the summary says, as data: what ``mixtura check --json`` prints.

    Examples
    --------
    >>> import mixtura
    >>> checked = mixtura.check([[1.0, 2.0], [3.0, 4.0]])
    >>> [column.name for column in checked.profile.columns]
    ['x0', 'x1']
    >>> [finding.name for finding in checked.findings]
    ['few rows']
    """

    summary: CheckSummary

    def __repr__(self) -> str:
        return render_check(self.summary, width=_WIDTH).rstrip("\n")

    @property
    def profile(self) -> Profile:
        """What the table holds."""
        return self.summary.profile

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What deserves attention, what changes the answer first."""
        return self.summary.findings

    @property
    def news(self) -> tuple[News, ...]:
        """What is new since the model was fitted that the table is checked against; none without a model."""
        return self.summary.news

    @property
    def drift(self) -> Drift | None:
        """How far the columns moved since then; None without a model."""
        return self.summary.drift

    @property
    def differs(self) -> bool:
        """Whether the table differs from that of the model by more than chance."""
        return self.summary.differs


def check(
    source: Any,
    *,
    against: str | os.PathLike[str] | TableModel | None = None,
    kinds: Mapping[str, str] | None = None,
    missing: str | Sequence[str | float] | None = None,
    header: bool | None = None,
    ragged: bool = False,
    file_column: str | None = None,
    on_progress: OnProgress | None = None,
) -> Checked:
    """Check a table before its use: what it holds, and what deserves attention.

    This is ``mixtura check``, with the same bits. The table is read once, and once more to count copies of rows if it
    has more than 8,192 rows.

    Parameters
    ----------
    source : str, path-like, dataframe, array_like, Rows, Dask array or DataFrame
        The table: a file, a pattern or a DuckDB query as on the command line, or any other table that
        `mixtura.rows.open` or an engine opens. The columns of an array are called x0, x1 and so on.
    against : TableModel, str or path-like, optional
        A model, or the file of one. The table is compared with the one that the model was fitted to: what is new, and
        which columns moved.
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
    on_progress : callable, optional
        Called with `Progress` values while the work goes on.

    Returns
    -------
    Checked
        The profile and the findings.

    Raises
    ------
    RequestError
        A column cannot be read as the kind given, or the model has no record of the table that it was fitted to.
    MixturaError
        The table cannot be read.

    Examples
    --------
    >>> import numpy as np
    >>> import mixtura
    >>> rng = np.random.default_rng(0)
    >>> values = rng.normal(size=(100, 2))
    >>> values[::5, 1] = -999
    >>> print(mixtura.check(values).findings[0].what)
    x1: 20% of the cells are exactly -999, far below all others (-2.398 to 2.002)
    >>> mixtura.check(values, missing=[-999]).findings
    ()
    >>> import pandas as pd
    >>> january, july = (pd.DataFrame({"t": rng.normal(mean, 5, 300).round(1)}) for mean in (2, 20))
    >>> model = mixtura.detect(january).model
    >>> mixtura.check(july, against=model).drift.moved[0].said
    'median 1.3 → 19.9'
    """
    return check_by(
        path_of(source),
        reading(kinds, missing, header=header, ragged=ragged, file_column=file_column),
        Run.told(on_progress),
        None if against is None else path_of(against),
    )


def check_by(source: Any, asked: Reading, run: Run, against: str | TableModel | None = None) -> Checked:
    """Look at a table, by a request that is checked."""
    if against is None:
        return Checked(check_table(source, asked, run))
    model, _ = table_model(against)
    called = "the model" if isinstance(against, TableModel) else against
    return Checked(check_table(source, asked, run, Against.of(model, called)))
