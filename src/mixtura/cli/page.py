"""The page of a report: how it was asked for, and what it is made by."""

import platform
import shlex
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version

from ..display.report.facts.data import Report, Reproduction

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
    """Return a report as the text of an HTML file, which is to be written in UTF-8."""
    from ..display.report.page.html import render_html  # noqa: PLC0415  # it brings libraries that only pages need

    return render_html(report)
