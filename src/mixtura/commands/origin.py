"""What the files of a command come from, which they may not replace."""

import glob
import json
import os
import stat
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import SourceError
from ..rows import is_query
from ..rows.databases.sql import files_in
from ..rows.disk.whole import WholeFile, expanded
from ..rows.files.addresses import address_of, is_url
from ..rows.files.paths import is_stream
from ..tables.opened.opening import Source


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
            raise SourceError(f"{called} is the model, and the result would replace it: choose another name")
        for source in (self.source, self.reference):
            if isinstance(source, str) and _is_one_of(found, _files_of(source)):
                raise SourceError(f"{called} is the input table, and the result would replace it: choose another name")


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
