"""Where the files of a command go, checked before the work begins."""

import io
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from ..errors import SourceError
from ..rows import open_writer
from ..rows.disk.whole import WholeFile, replace_all
from ..rows.writing.marks import made_by, set_mark
from ..rows.writing.outlets import AllRows, FlaggedAsTheyStand, OnlyFlagged, OthersAsTheyStand, Outlet, Repaired
from ..rows.writing.writer import open_stream_writer
from ..storage import is_model
from ..tables.asking.spelling import Spell, in_python
from ..tables.opened.opening import label
from .formats import format_from
from .origin import Origin

# Opens standard output for a table; told whether that is all there is to write.
OpenStream = Callable[[bool], io.RawIOBase]

RESULT, REPAIRED, MODEL, REPORT = "the result", "the repaired table", "the model", "the report"
GOOD, BAD = "the rows that are not flagged", "the flagged rows"

# What the table is written to without new columns.
_AS_IT_STANDS: Mapping[str, type[Outlet]] = {REPAIRED: Repaired, GOOD: OthersAsTheyStand, BAD: FlaggedAsTheyStand}


@dataclass(frozen=True)
class Output:
    """What is to be written, and where.

    Attributes
    ----------
    out, save, report, repaired, good, bad : str or None
        Where the table, the model, the report, the repaired table, and the rows that are not flagged and those that
        are go; None for nowhere. The table goes to standard output by "-".
    only_flagged : bool
        Whether the table has the flagged rows only.
    fail_above : float or None
        Share of flagged rows above which whoever asked takes the run for failed.
    form : str or None
        Format of the table.
    force : bool
        Whether any file may be replaced.
    spell : callable
        Writes what can be asked for in a sentence.
    open_stream : callable or None
        Opens standard output, where a table may go there.
    last_step : callable
        Gives the context in which files take their places.
    """

    out: str | None = None
    save: str | None = None
    report: str | None = None
    form: str | None = None
    force: bool = False
    spell: Spell = in_python
    open_stream: OpenStream | None = None
    last_step: Callable[[], AbstractContextManager[None]] = nullcontext
    repaired: str | None = None
    good: str | None = None
    bad: str | None = None
    only_flagged: bool = False
    fail_above: float | None = None

    @property
    def by_flags(self) -> dict[str, Any]:
        """What is asked for that only flags can give, by its name."""
        names = ("repaired", "good", "bad", "only_flagged", "fail_above")
        asked = {name: getattr(self, name) for name in names}
        return {name: value for name, value in asked.items() if value is not None and value is not False}


@dataclass(frozen=True)
class Place:
    """Where a command writes.

    Attributes
    ----------
    origin : Origin
        What all that is written comes from.
    output : Output
        What is to be written.
    outlets : tuple of Outlet
        Write the table, and what else is made of its rows.
    files : mapping of str to WholeFile
        The files that are written, by what they are.
    """

    origin: Origin
    output: Output
    outlets: tuple[Outlet, ...]
    files: Mapping[str, WholeFile]

    @property
    def model(self) -> WholeFile | None:
        """The file of the model."""
        return self.files.get(MODEL)

    @property
    def page(self) -> WholeFile | None:
        """The file of the report."""
        return self.files.get(REPORT)

    @contextmanager
    def together(self) -> Iterator[None]:
        """Let all files take their places at the end of the block, or none if it ends badly."""
        try:
            yield
            with self.output.last_step():
                # Others may have come to the places during the work.
                self.check()
                for file in self.files.values():
                    mark = self.origin.mark(file)
                    if mark is not None:
                        set_mark(file.temporary, mark)
                replace_all(list(self.files.values()))
        finally:
            for file in self.files.values():
                file.discard()

    def check(self) -> None:
        """Refuse to replace what the files come from, and what another command made or this one of another table.

        Raises
        ------
        SourceError
            A file may not be replaced.
        """
        force = self.output.spell("force", True)
        for what, file in self.files.items():
            self.origin.check(file)
            if self.output.force or not file.target.exists():
                continue
            if what == MODEL:
                if not is_model(file.target):
                    raise SourceError(
                        f"{file.path} exists and is not a model: name another file, or replace it with {force}"
                    )
            elif (mark := self.origin.mark(file)) is None or made_by(file.target) != mark:
                raise SourceError(
                    f"{file.path} exists, and is not an earlier result of mixtura {self.origin.command} for "
                    f"{label(self.origin.source)}: name another file, or replace it with {force}"
                )


def open_place(origin: Origin, output: Output) -> Place:
    """Check where the result, the model and the report are to go, so that a long fit is not done in vain.

    Raises
    ------
    SourceError
        The ending of the result is unknown, a file cannot be written in such a place, two of them would be one, or one
        would replace what it comes from or what something else made.
    """
    out, streams = output.out, output.open_stream is not None
    as_it_stands = {REPAIRED: output.repaired, GOOD: output.good, BAD: output.bad}
    files_only = {MODEL: output.save, REPORT: output.report, **as_it_stands}
    for what, path in (*files_only.items(), *([] if streams else [(RESULT, out)])):
        if path == "-":
            why = ", where the summary goes" if what == REPORT else ""
            raise SourceError(f"{what} cannot be written to standard output{why}: name a file")
    files = _files({RESULT: None if out == "-" else out, **files_only})
    outlets: list[Outlet] = []
    make = OnlyFlagged if output.only_flagged else AllRows
    if out == "-" and output.open_stream is not None:
        outlets = [make(open_stream_writer(output.open_stream(not files), "standard output", output.form or "csv"))]
        origin.check_standard_output()
    elif out is not None:
        outlets = [make(open_writer(files[RESULT], form=output.form, mark=origin.mark(files[RESULT])))]
    outlets += [
        _as_it_stands(files[what], origin, output, made) for what, made in _AS_IT_STANDS.items() if what in files
    ]
    place = Place(origin, output, tuple(outlets), files)
    place.check()
    return place


def _as_it_stands(file: WholeFile, origin: Origin, output: Output, make: type[Outlet]) -> Outlet:
    """Return what writes rows without new columns, in the format that the name of the file says."""
    safe = output.form == "safe-csv" and file.path.suffix.lower() == ".csv"
    return make(open_writer(file, form=output.form if safe else None, mark=origin.mark(file)))


def _files(places: Mapping[str, str | None]) -> dict[str, WholeFile]:
    files = {what: WholeFile(path) for what, path in places.items() if path is not None}
    for (one, file), (other, same) in combinations(files.items(), 2):
        if file.target == same.target or (
            file.target.exists() and same.target.exists() and file.target.samefile(same.target)
        ):
            raise SourceError(f"{same.path} cannot hold both {one} and {other}: give them different names")
    return files


def output_of(
    out: str | os.PathLike[str] | None,
    save: str | os.PathLike[str] | None,
    report: str | os.PathLike[str] | None,
    format: str | None,
    *,
    repaired: str | os.PathLike[str] | None = None,
    good: str | os.PathLike[str] | None = None,
    bad: str | os.PathLike[str] | None = None,
    only_flagged: bool = False,
    safe_csv: bool,
    force: bool,
) -> Output:
    """Return what keywords of a public function say is to be written; raises as `format_from` does."""
    form = format_from(format, safe_csv=safe_csv)
    return Output(
        path_of(out),
        path_of(save),
        path_of(report),
        form,
        force,
        repaired=path_of(repaired),
        good=path_of(good),
        bad=path_of(bad),
        only_flagged=only_flagged,
    )


def path_of(source: Any) -> Any:
    """Return the text of a path, and anything else as it is."""
    return os.fspath(source) if isinstance(source, os.PathLike) else source
