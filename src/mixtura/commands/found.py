"""What was found in a table: said, shown, written and saved on demand."""

import os
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from ..columns.looked.described import Profile
from ..display.compared import render_comparison
from ..display.report.facts.building import build_report
from ..display.report.facts.data import Report, Reproduction
from ..display.report.page.frame import framed
from ..display.segments import differences
from ..display.text import render
from ..errors import MissingDependencyError, RequestError
from ..rows.writing.flagged import FlaggedRows, frame_of
from ..tables.asking.run import Run, one_blas_thread
from ..tables.asking.spelling import Spell
from ..tables.models.table_model import TableModel
from ..tables.moved.drift import Drift
from ..tables.scored.gathering import Gathered
from ..tables.told.summary import ComparisonSummary, Summary
from ..tables.work import Judged
from .formats import format_from
from .origin import Origin
from .page import as_page
from .places import Output, open_place

_WIDTH = 100

_NO_FLAGS = "no row is flagged without a threshold: use mixtura.detect, which sets one"


@dataclass(frozen=True, repr=False, eq=False)
class Found:
    """What was found in a table; `mixtura.detect`, `groups`, `score` and `report` return it.

    In a terminal it shows its summary. In a notebook it shows its report, where the libraries of ``mixtura[cli]`` are
    installed.

    No copy of the table is kept. `write`, `report`, `flagged` and the notebook read the table once more and score it
    again by the same model, with the same bits, a few blocks at a time. A file that has changed meanwhile is refused;
    a frame or an array must not change.

    Attributes
    ----------
    summary : Summary
        All that the summary says, as data: what ``--json`` prints.

    Examples
    --------
    >>> import numpy as np
    >>> import mixtura
    >>> rng = np.random.default_rng(0)
    >>> found = mixtura.detect(np.vstack([rng.normal(size=(500, 2)), [[9.0, -9.0]]]))
    >>> found.flagged["row"].tolist()
    [501]
    >>> found.model.columns
    ('x0', 'x1')
    """

    summary: Summary
    _judged: Judged
    _origin: Origin
    _how: Reproduction
    _gathered: Gathered | None
    _spell: Spell

    def __repr__(self) -> str:
        return render(self.summary, width=_WIDTH).rstrip("\n")

    def _repr_html_(self) -> str | None:
        """Return the report in a frame of its own, for notebooks; None where its libraries are not installed."""
        try:
            return framed(self.page)
        except MissingDependencyError:
            return None

    @property
    def model(self) -> TableModel:
        """The model that judged the rows, with its threshold; it judges other tables."""
        return self._judged.model

    @property
    def profile(self) -> Profile | None:
        """What the table holds, as `mixtura.check` tells it.

        None for an array, a Dask frame of numbers, rows that were opened before, and a table that a fitted model
        judged: not all of their columns were looked at.
        """
        return self._judged.profile

    @property
    def drift(self) -> Drift | None:
        """How far the columns of the table and the scores of its rows moved since the model was fitted.

        None if the model was fitted to this table, or has no record of the table that it was fitted to.
        """
        return self.summary.drift

    @cached_property
    def segments(self) -> Any:
        """The segments within which rows were judged, as a dataframe; None where all rows were judged together.

        Its columns: the columns of the segments (missing where the cell is missing, or where the model does not know
        the segment), ``rows``, ``flagged``, ``share`` (the flagged part of its rows), and ``differs`` (the medians that
        differ most from those of all rows). The segment with the largest share comes first.
        """
        segments, by = self.summary.segments, self.model.by
        if not segments:
            return None
        columns: dict[str, list[Any]] = {name: [one.levels.get(name) for one in segments] for name in by}
        columns |= {"rows": [one.n_rows for one in segments], "flagged": [one.n_flagged for one in segments]}
        columns |= {"share": [one.share for one in segments]}
        return frame_of(columns | {"differs": [differences(one.differs) for one in segments]}, self._origin.source)

    @cached_property
    def flagged(self) -> Any:
        """The flagged rows in the order of the table, as a dataframe.

        The first column, ``row``, is the position in the table, from 1. The columns that the command adds to the table
        follow, such as ``anomaly_score`` and ``reason``, and then those of the table. A pandas, Polars or pyarrow
        source gives a table of its own library; any other source one of the first of these that is installed.

        Raises
        ------
        RequestError
            There is no threshold, as after `groups`.
        """
        if self.model.threshold is None:
            raise RequestError(_NO_FLAGS)
        rows = FlaggedRows()
        with one_blas_thread():
            replace(self._judged, result="decisions").scored([rows], Run(), gathering=False)
        return rows.frame(self._origin.source)

    @cached_property
    def report_data(self) -> Report:
        """All that the report shows, as data: what ``mixtura report --json`` prints."""
        gathered = self._gathered
        if gathered is None:
            with one_blas_thread():
                gathered = replace(self._judged, result="scores").scored([], Run(), gathering=True).gathered
        assert gathered is not None, "it was asked for"
        return build_report(gathered, self.summary, self._how)

    @property
    def page(self) -> str:
        """The report as the text of an HTML file.

        Raises
        ------
        MissingDependencyError
            A library that draws it is not installed.
        """
        return as_page(self.report_data, self._spell)

    def write(
        self,
        path: str | os.PathLike[str],
        *,
        format: str | None = None,
        safe_csv: bool = False,
        only_flagged: bool = False,
        force: bool = False,
    ) -> None:
        """Write the table with the columns that the command adds, as ``--out`` does.

        Parameters
        ----------
        path : str or path-like
            Where it goes. The ending says the format: .parquet, .csv, .tsv, .json, .jsonl, .arrow or .xlsx.
        format : {'parquet', 'csv', 'tsv', 'json', 'jsonl', 'arrow', 'xlsx'}, optional
            The format, where the ending does not say it.
        safe_csv : bool, default=False
            Whether text that a spreadsheet would take for a formula gets an apostrophe before it.
        only_flagged : bool, default=False
            Whether only the flagged rows go there, that of the highest score first, each with its ``row`` in the table.
        force : bool, default=False
            Whether any file may be replaced. Default: only what the same command made of the same table before.

        Raises
        ------
        RequestError
            There is no such format, or no threshold by which rows are flagged.
        SourceError
            The file cannot be written there, or would replace another one.
        """
        form = format_from(format, safe_csv=safe_csv)
        if only_flagged and self.model.threshold is None:
            raise RequestError(_NO_FLAGS)
        output = Output(out=os.fspath(path), form=form, force=force, only_flagged=only_flagged)
        place = open_place(self._origin, output)
        (outlet,) = place.outlets
        with one_blas_thread(), place.together(), outlet:
            self._judged.scored([outlet], Run(), gathering=False)

    def report(self, path: str | os.PathLike[str], *, force: bool = False) -> None:
        """Write the report to an HTML file: one page, to open in a browser, without a network.

        Parameters
        ----------
        path : str or path-like
            Where it goes.
        force : bool, default=False
            Whether any file may be replaced. Default: only what the same command made of the same table before.

        Raises
        ------
        MissingDependencyError
            A library that draws it is not installed.
        SourceError
            The file cannot be written there, or would replace another one.
        """
        place = open_place(self._origin, Output(report=os.fspath(path), force=force))
        assert place.page is not None, "there is a place for the report"
        with place.together():
            place.page.write(self.page.encode())


@dataclass(frozen=True, repr=False, eq=False)
class Compared:
    """How detectors compare on a table; `mixtura.compare` returns it. It shows its summary.

    Attributes
    ----------
    summary : ComparisonSummary
        All that the summary says, as data: what ``mixtura compare --json`` prints.

    Examples
    --------
    >>> import numpy as np
    >>> import mixtura
    >>> print(mixtura.compare(np.random.default_rng(0).normal(size=(60, 2)), rate=0.1))  # doctest: +ELLIPSIS
    the array: 60 rows
      used  2 columns: x0, x1
    <BLANKLINE>
    Detectors: 60 rows
      detector  agreement  in common     fit   score
    ...
    """

    summary: ComparisonSummary

    def __repr__(self) -> str:
        return render_comparison(self.summary, width=_WIDTH).rstrip("\n")
