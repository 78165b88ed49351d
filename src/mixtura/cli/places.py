"""Where the files of a command go, checked before the work begins."""

import fnmatch
import glob
import json
import os
import re
import stat
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from ..errors import SourceError
from ..rows import TableWriter, is_query, open_writer
from ..rows.marks import made_by, set_mark
from ..rows.paths import is_stream
from ..rows.sql import files_in
from ..rows.whole import WholeFile, expanded, replace_all
from ..rows.writer import FORMATS, open_stream_writer
from ..storage import is_model
from ..tables.opening import label
from .standard_output import StandardOutput
from .stopping import stopping

# What the results of commands are called after the table; a report has a name of its own as well.
_ENDINGS = {"detect": ".scored", "score": ".scored", "groups": ".grouped"}
REPORT_ENDING = ".report.html"

RESULT, MODEL, REPORT = "the result", "the model", "the report"


@dataclass(frozen=True)
class Origin:
    """What a file comes from.

    Attributes
    ----------
    command : str
        The command.
    source : str
        The table.
    reference : str or None
        The reference table that goes with it.
    model : str or None
        The file of the model that the command reads.
    """

    command: str
    source: str
    reference: str | None = None
    model: str | None = None

    def mark(self, file: WholeFile) -> str | None:
        """Return what says that this command made a file of this table; None for a table that has no name.

        Paths start at the file, so that folders may be moved.
        """
        folder = file.path.absolute().parent
        if is_query(self.source):
            table = f"{self.source} (in {_path_from(folder, Path.cwd())})"
        elif _read_once(self.source):
            return None
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
            if source is not None and _is_one_of(found, _files_of(source)):
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
    names = files_in(source) if is_query(source) else [source]
    paths = [expanded(name) for name in names if "\0" not in name]
    return [*paths, *(Path(match) for path in paths for match in glob.glob(str(path), recursive=True))]


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
class Place:
    """Where a command writes.

    Attributes
    ----------
    origin : Origin
        What all that is written comes from.
    out : str or None
        The scored table: a path, or "-" for standard output.
    writer : TableWriter or None
        Writes `out`.
    files : mapping of str to WholeFile
        The files that are written, by what they are.
    force : bool
        Whether any file may be replaced.
    """

    origin: Origin
    out: str | None
    writer: TableWriter | None
    files: Mapping[str, WholeFile]
    force: bool

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
            with stopping.last_step():
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
        for what, file in self.files.items():
            self.origin.check(file)
            if self.force or not file.target.exists():
                continue
            if what == MODEL:
                if not is_model(file.target):
                    raise SourceError(
                        f"{file.path} is there already and is not a model: name another file, or replace it with "
                        "--force"
                    )
            elif (mark := self.origin.mark(file)) is None or made_by(file.target) != mark:
                raise SourceError(
                    f"{file.path} is there already, and nothing says that mixtura {self.origin.command} made it of "
                    f"{label(self.origin.source)}: name another file, or replace it with --force"
                )


def open_place(
    origin: Origin,
    out: str | None,
    saved: str | None = None,
    report: str | None = None,
    *,
    form: str | None = None,
    force: bool = False,
) -> Place:
    """Check where the result, the model and the report are to go, so that a long fit is not done in vain.

    Raises
    ------
    SourceError
        The ending of `out` is unknown, a file cannot be written in such a place, two of them would be one, or one would
        replace what it comes from or what something else made.
    """
    if saved == "-":
        raise SourceError("the model cannot go to standard output: name a file")
    if report == "-":
        raise SourceError("the report cannot go to standard output, where the summary goes: name a file")
    if out is None:
        out = default_out(origin.source, _ENDINGS[origin.command] + FORMATS[form or "parquet"])
    places = {RESULT: None if out == "-" else out, MODEL: saved, REPORT: report}
    files = _files(places)
    if out == "-":
        writer = open_stream_writer(StandardOutput(alone=not files), "standard output", form or "csv")
        origin.check_standard_output()
    else:
        writer = open_writer(files[RESULT], form=form, mark=origin.mark(files[RESULT]))
    place = Place(origin, out, writer, files, force)
    place.check()
    return place


def open_page(origin: Origin, report: str | None, *, force: bool) -> Place:
    """Check where a report on a table is to go, if anywhere; errors as `open_place`."""
    place = Place(origin, None, None, _files({REPORT: report}), force)
    place.check()
    return place


def _files(places: Mapping[str, str | None]) -> dict[str, WholeFile]:
    files = {what: WholeFile(path) for what, path in places.items() if path is not None}
    for (one, file), (other, same) in combinations(files.items(), 2):
        if file.target == same.target or (
            file.target.exists() and same.target.exists() and file.target.samefile(same.target)
        ):
            raise SourceError(f"{same.path} cannot hold both {one} and {other}: give them different names")
    return files


def default_out(source: str, ending: str) -> str:
    """Return the name of the result of a source: beside the table, in the current folder if it lies in none.

    A pattern that would read the result the next time stands for its folder, and the result lies beside that.

    Raises
    ------
    SourceError
        The result would be one of the files of the pattern the next time.

    Examples
    --------
    >>> default_out("data/x.csv.gz", ".scored.parquet"), default_out("data/part-*.parquet", ".scored.parquet")
    ('data/x.scored.parquet', 'data/part.scored.parquet')
    >>> default_out("new/*.parquet", ".scored.parquet"), default_out("data/**/*.csv", ".scored.parquet")
    ('new.scored.parquet', 'data/data.scored.parquet')
    >>> default_out("-", ".scored.parquet"), default_out("select 1", ".report.html")
    ('stdin.scored.parquet', 'query.report.html')
    """
    if source == "-" or is_query(source):
        return f"{'stdin' if source == '-' else 'query'}{ending}"
    path = Path(source)
    is_pattern = glob.has_magic(source) and not expanded(source).exists()
    stem = path.name.removesuffix(".gz").removesuffix(".GZ").rpartition(".")[0] or path.name
    if not is_pattern:
        folder = Path() if _read_once(source) else path.parent
        return str(folder / f"{stem}{ending}")
    fixed = next(position for position, part in enumerate(path.parts) if glob.has_magic(part))
    folder = Path(*path.parts[:fixed])
    name = re.sub(r"\[[^]]*\]|[*?]", "", stem).strip("-_. ") or folder.name or "table"
    out = folder / f"{name}{ending}"
    if not all(part == "**" for part in path.parts[fixed:-1]) or not fnmatch.fnmatch(out.name, path.name):
        return str(out)
    if not folder.name and glob.glob(source, recursive=True):
        raise SourceError(f"{source} would read its own result {out} the next time: name another file with --out")
    return str(folder.parent / out.name)
