"""The page of a report: how it was asked for, and what it is made by."""

import shlex
from collections.abc import Sequence

from ..display.report.facts.data import Report, Reproduction
from ..versions import versions


def reproduction(typed: Sequence[str], seed: int | None) -> Reproduction:
    """Return how to come to the same report again: by what was typed after the program's name, with such a seed."""
    return Reproduction(shlex.join(["mixtura", *typed]), seed, versions())


def as_page(report: Report) -> str:
    """Return a report as the text of an HTML file, which is to be written in UTF-8."""
    from ..display.report.page.html import render_html  # noqa: PLC0415  # it brings libraries that only pages need

    return render_html(report)
