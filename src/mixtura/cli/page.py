"""The page of a report: how it was asked for, what it is made by, and how it comes to its place."""

import os
import platform
import secrets
import shlex
from collections.abc import Sequence
from contextlib import AbstractContextManager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import TracebackType
from typing import Self

from ..display.report.data import Report, Reproduction
from ..errors import SourceError

# What has a part in every number of a report.
_PROGRAMS = ("mixtura", "numpy", "scipy", "scikit-learn", "duckdb", "pyarrow")


def reproduction(typed: Sequence[str], seed: int | None) -> Reproduction:
    """Return how to come to the same report again: by what was typed after the program's name, with such a seed."""
    versions = {"Python": platform.python_version(), **{name: _version(name) for name in _PROGRAMS}}
    return Reproduction(shlex.join(["mixtura", *typed]), seed, versions)


def _version(program: str) -> str:
    try:
        return version(program)
    except PackageNotFoundError:
        return "not installed"


def as_page(report: Report) -> str:
    """Return a report as the text of an HTML file."""
    from ..display.report.html import render_html  # noqa: PLC0415  # it brings libraries that only pages need

    return render_html(report)


class Page(AbstractContextManager["Page"]):
    """A file of text that appears under its name when the `with` block ends well, and not at all when it does not.

    Parameters
    ----------
    path : str or None
        Where it goes; None where nothing is going to be written.
    """

    def __init__(self, path: str | None) -> None:
        self._path = None if path is None else Path(path).expanduser()
        self._temporary: Path | None = None

    def write(self, text: str) -> None:
        """Write the whole text beside its place.

        Raises
        ------
        SourceError
            The file cannot be written.
        """
        assert self._path is not None, "a page that is written has a place"
        # Beside its place, so that renaming it is one step on one disk.
        self._temporary = self._path.with_name(f".{self._path.name}.{secrets.token_hex(4)}.part")
        try:
            self._temporary.write_text(text, encoding="utf-8", newline="\n")
        except OSError as error:
            raise self._failed(error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._path is None or self._temporary is None:
            return
        try:
            if kind is None:
                os.replace(self._temporary, self._path)
        except OSError as fault:
            raise self._failed(fault) from fault
        finally:
            self._temporary.unlink(missing_ok=True)

    def _failed(self, error: OSError) -> SourceError:
        return SourceError(f"cannot write {self._path} ({error.strerror}): free some space or choose another place")
