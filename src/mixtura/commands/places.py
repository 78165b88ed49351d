"""Where the files of a command go, checked before the work begins."""

import glob
import io
import json
import os
import stat
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

from ..errors import SourceError
from ..rows import TableWriter, is_query, open_writer
from ..rows.addresses import address_of, is_url
from ..rows.marks import made_by, set_mark
from ..rows.paths import is_stream
from ..rows.sql import files_in
from ..rows.whole import WholeFile, expanded, replace_all
from ..rows.writer import open_stream_writer
from ..storage import is_model
from ..tables.opening import Source, label
from ..tables.spelling import Spell, in_python
from .formats import format_from

# Opens standard output for a table; told whether that is all there is to write.
OpenStream = Callable[[bool], io.RawIOBase]

RESULT, REPAIRED, MODEL, REPORT = "the result", "the repaired table", "the model", "the report"


@dataclass(frozen=True)
class Origin:
    """What a file comes from.

    Attributes
    ----------
    command : str
        The command.
    source : object
        The table.
    reference : object
        The reference table that goes with it.
    model : str or None
        The file of the model that the command reads.
    """

    command: str
    source: Source
    reference: Source = None
    model: str | None = None

    def mark(self, file: WholeFile) -> str | None:
        """Return what says that this command made a file of this table; None for a table that has no name.

        Paths start at the file, so that folders may be moved.
        """
        folder = file.path.absolute().parent
        if not isinstance(self.source, str):
            return None
        if is_query(self.source):
            table = f"{self.source} (in {_path_from(folder, Path.cwd())})"
        elif _read_once(self.source):
            return None
        elif is_url(self.source):
            table = self.source
        else:
            table = _path_from(folder, expanded(self.source))
        model = {} if self.model is None else {"model": _path_from(folder, expanded(self.model))}
        return json.dumps({"command": self.command, "table": table, **model})

    def check(self, file: WholeFile) -> None:
        """Refuse to replace what this comes from.

        Raises
        ------
        SourceError
            The file is the model or a table that is read.
        """
        if file.target.exists():
            self._check_stat(file.target.stat(), str(file.path))

    def check_standard_output(self) -> None:
        """Refuse to write to what this comes from, as `check` does."""
        try:
            found = os.fstat(sys.stdout.fileno())
        except (OSError, ValueError):  # it is not a file of the system
            return
        self._check_stat(found, "standard output")

    def _check_stat(self, found: os.stat_result, called: str) -> None:
        if self.model is not None and _is_one_of(found, [expanded(self.model)]):
            raise SourceError(f"{called} is the model, and would be replaced: choose another name")
        for source in (self.source, self.reference):
            if isinstance(source, str) and _is_one_of(found, _files_of(source)):
                raise SourceError(f"{called} is the table that is read, and would be replaced: choose another name")


def _path_from(folder: Path, path: Path) -> str:
    try:
        return Path(os.path.relpath(path.absolute(), folder)).as_posix()
    except ValueError:  # on another drive
        return path.absolute().as_posix()


def _read_once(source: str) -> bool:
    """Tell whether a table is standard input, or a pipe: what comes from there next is another table."""
    return source == "-" or is_stream(source)


def _files_of(source: str) -> list[Path | int]:
    """Return the files that a source may read; standard input by its number."""
    if source == "-":
        return [0]
    names = files_in(source) if is_query(source) else [address_of(source).place]
    paths = [expanded(name) for name in names if "\0" not in name]
    within = [file for path in paths if path.is_dir() for file in path.rglob("*")]
    return [*paths, *within, *(Path(match) for path in paths for match in glob.glob(str(path), recursive=True))]


def _is_one_of(found: os.stat_result, files: Sequence[Path | int]) -> bool:
    for file in files:
        try:
            other = os.stat(file)
        except (OSError, ValueError):
            continue
        if stat.S_ISREG(other.st_mode) and os.path.samestat(found, other):
            return True
    return False


@dataclass(frozen=True)
class Output:
    """What is to be written, and where.

    Attributes
    ----------
    out, save, report, repaired : str or None
        Where the table, the model, the report and the repaired table go; None for nowhere. The table goes to standard
        output by "-".
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


@dataclass(frozen=True)
class Place:
    """Where a command writes.

    Attributes
    ----------
    origin : Origin
        What all that is written comes from.
    output : Output
        What is to be written.
    writer : TableWriter or None
        Writes the table.
    repaired : TableWriter or None
        Writes the repaired table.
    files : mapping of str to WholeFile
        The files that are written, by what they are.
    """

    origin: Origin
    output: Output
    writer: TableWriter | None
    repaired: TableWriter | None
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
                        f"{file.path} is there already and is not a model: name another file, or replace it with "
                        f"{force}"
                    )
            elif (mark := self.origin.mark(file)) is None or made_by(file.target) != mark:
                raise SourceError(
                    f"{file.path} is there already, and nothing says that mixtura {self.origin.command} made it of "
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
    files_only = ((MODEL, output.save), (REPORT, output.report), (REPAIRED, output.repaired))
    for what, path in (*files_only, *([] if streams else [(RESULT, out)])):
        if path == "-":
            why = ", where the summary goes" if what == REPORT else ""
            raise SourceError(f"{what} cannot go to standard output{why}: name a file")
    files = _files({RESULT: None if out == "-" else out, **dict(files_only)})
    writer = None
    if out == "-" and output.open_stream is not None:
        writer = open_stream_writer(output.open_stream(not files), "standard output", output.form or "csv")
        origin.check_standard_output()
    elif out is not None:
        writer = open_writer(files[RESULT], form=output.form, mark=origin.mark(files[RESULT]))
    place = Place(origin, output, writer, _repaired_writer(origin, output, files), files)
    place.check()
    return place


def _repaired_writer(origin: Origin, output: Output, files: Mapping[str, WholeFile]) -> TableWriter | None:
    """Return what writes the repaired table in the format that its name says."""
    file = files.get(REPAIRED)
    if file is None:
        return None
    safe = output.form == "safe-csv" and file.path.suffix.lower() == ".csv"
    return open_writer(file, form=output.form if safe else None, mark=origin.mark(file))


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
    safe_csv: bool,
    force: bool,
) -> Output:
    """Return what keywords of a public function say is to be written; raises as `format_from` does."""
    form = format_from(format, safe_csv=safe_csv)
    return Output(path_of(out), path_of(save), path_of(report), form, force, repaired=path_of(repaired))


def path_of(source: Any) -> Any:
    """Return the text of a path, and anything else as it is."""
    return os.fspath(source) if isinstance(source, os.PathLike) else source
