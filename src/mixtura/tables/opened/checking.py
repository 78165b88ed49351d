"""A table looked at before anything is made of it: what it holds, and what deserves attention."""

import time
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

from ...columns.findings import Advice, Finding, findings_in
from ...columns.kinds.kind import Kind
from ...columns.looked.described import Profile, profile_of
from ...columns.looked.known import Known, News
from ...columns.looked.looked import Looked
from ...engines import owner_of
from ...errors import RequestError
from ...rows import TableRows, open
from ...rows.blocks.named import NamedRows
from ...rows.blocks.reading import ReadingOptions
from ...rows.looked.looking import Tables, look, looked_at, tables_of, with_copies
from ...rows.opening import open_raw
from ..asking.reading import Reading
from ..asking.run import Run
from ..asking.spelling import Spell
from ..models.table_model import TableModel
from ..moved.drift import Drift, drift_of
from .former import former_columns
from .opening import Source, has_no_names, label, options_of

# The most findings that other commands tell.
_MOST_TOLD = 3


@dataclass(frozen=True)
class CheckSummary:
    """All that a look at a table found.

    Attributes
    ----------
    command : str
        "check".
    source : str
        The table, as the user named it.
    profile : Profile
        What it holds.
    findings : tuple of Finding
        What deserves attention, what changes the answer first.
    seconds : float
        How long it took.
    notes : tuple of str
        What the user should know of how it was read, in sentences.
    against : str or None
        The model that it was compared with the table of, as the user named it.
    news : tuple of News
        What is new in it since that model was fitted.
    drift : Drift or None
        How far its columns moved since then.
    """

    command: str
    source: str
    profile: Profile
    findings: tuple[Finding, ...]
    seconds: float
    notes: tuple[str, ...] = ()
    against: str | None = None
    news: tuple[News, ...] = ()
    drift: Drift | None = None

    @property
    def changes_answer(self) -> bool:
        """Whether a finding changes the answer."""
        return any(finding.changes_answer for finding in self.findings)

    @property
    def differs(self) -> bool:
        """Whether it differs from the table of a model by more than another table like that would."""
        moved = self.drift is not None and self.drift.has_moved
        return moved or any(not news.is_expected for news in self.news)


@dataclass(frozen=True)
class Against:
    """The model that a table is compared with the table of.

    Attributes
    ----------
    model : TableModel
        The model.
    called : str
        What it is called.
    known : Known
        What it knows of the table that it was fitted to.
    """

    model: TableModel
    called: str
    known: Known

    @classmethod
    def of(cls, model: TableModel, called: str) -> "Against":
        """Return a model to compare with.

        Raises
        ------
        RequestError
            It does not know the table that it was fitted to.
        """
        if model.known is None:
            raise RequestError(
                f"{called} has no record of the table that it was fitted to: fit it again, to a file, a query "
                "or a dataframe"
            )
        return cls(model, called, model.known)


def check_table(source: Source, reading: Reading, run: Run, against: Against | None = None) -> CheckSummary:
    """Look at a table.

    Parameters
    ----------
    source : object
        The table.
    reading : Reading
        How its columns are to be read.
    run : Run
        How the work runs.
    against : Against, optional
        The model with whose table it is to be compared.

    Raises
    ------
    MixturaError
        The table cannot be read.
    """
    started = time.monotonic()
    on_rows = run.stage(f"reading {label(source)}")
    tables, notes = _tables(source, reading)
    own = {} if against is None else against.model.kinds_by_name
    of_file = {} if reading.file_column is None else {reading.file_column: "identifier"}
    kinds: dict[str, Kind | str] = {**own, **of_file, **reading.kinds}
    looked = without_former(look(tables, kinds, reading.missing, on_rows=on_rows), kinds)
    run.stage("comparing rows")
    looked = with_copies(looked, tables)
    of_table = looked.without({name for name in looked.seen.columns if name == reading.file_column})
    summary = CheckSummary("check", label(source), profile_of(looked), findings_in(of_table), 0.0, notes)
    if against is not None:
        news, drift = against.known.news(of_table, against.model.columns), drift_of(against.known, of_table)
        summary = replace(summary, against=against.called, news=news, drift=drift)
    return replace(summary, seconds=time.monotonic() - started)


def without_former(looked: Looked, kept: Collection[str | None] = ()) -> Looked:
    """Return a table without the columns that an earlier run added to it."""
    former = {name for name in former_columns(tuple(looked.seen.columns)) if name not in kept}
    return looked.without(former) if former else looked


@dataclass(frozen=True)
class Told:
    """What is known of a table before a model is made of it.

    Attributes
    ----------
    known : Known or None
        What it holds; None where nobody looked at it.
    notices : tuple of str
        The findings that change the answer, the most important ones.
    """

    known: Known | None = None
    notices: tuple[str, ...] = ()


def told_of(table: TableRows, source: Source, unused: Collection[str | None], spell: Spell) -> Told:
    """Return what was seen of a table when it was opened.

    Parameters
    ----------
    table : TableRows
        The table.
    source : object
        What it comes from.
    unused : collection of str
        Columns that are not to be used, of which nothing is told.
    spell : callable
        Writes what can be asked for in a sentence.
    """
    looked = looked_at(table)
    if looked is None:
        return Told()
    looked = looked.without({*looked.seen.columns} - {*table.names})
    findings = findings_in(looked.without({name for name in looked.seen.columns if name in unused}))
    changing = [finding for finding in findings if finding.changes_answer]
    notices = [said(finding, spell) for finding in changing[:_MOST_TOLD]]
    if len(changing) > _MOST_TOLD:
        notices[-1] += f" … and {len(changing) - _MOST_TOLD} more: {spell('check', label(source))}"
    return Told(Known.of(looked), tuple(notices))


def _tables(source: Source, reading: Reading) -> tuple[Tables, tuple[str, ...]]:
    """Return what gives the rows of a table, and what the user should know of how it is read."""
    owner = owner_of(source)
    if owner is None and not has_no_names(source):
        raw = open_raw(source, options_of(reading))
        if raw is not None:
            return tables_of(raw), raw.notes
    if options_of(reading) != ReadingOptions():
        raise RequestError(f"options that set how files are read need a file, not {label(source)}: leave them out")
    opened: Any = owner.open(source, non_numeric="drop", missing="allow") if owner else open(source, missing="allow")
    rows: TableRows = opened if isinstance(opened, TableRows) else NamedRows(opened)
    return lambda: (table for table, _ in rows.tables()), rows.notes


def said(finding: Finding, spell: Spell) -> str:
    """Return a finding in two sentences: what it is, and what to do."""
    advice = _advised(finding.advice, spell)
    return f"{finding.what}. {advice[0].upper()}{advice[1:]}."


def _advised(advice: Advice, spell: Spell) -> str:
    if advice.option is None:
        return advice.text
    return advice.text.format(spell(advice.option, advice.values))
