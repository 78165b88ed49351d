"""A report as one page of HTML that needs nothing but a browser."""

import base64
import hashlib
from collections.abc import Iterator, Sequence
from functools import cache
from importlib import resources
from string import Template
from typing import Any

from ....errors import MissingDependencyError
from ....tables.asking.spelling import Spell, in_python
from ...palette import ANOMALY, GROUPS
from ..facts.data import Report
from . import explore, findings, groups, sections, segments
from .payload import Stop, payload, stops_of
from .since import since
from .text import island, isolated, plain, title

# Sections that whoever decides about the rows does not need: they are folded until the reader unfolds them.
_FOLDED = {"data", "model", "again"}

_SCRIPTS = ("base.js", "charts.js", "cells.js", "marks.js", "reasons.js", "rows.js", "page.js")


def render_html(report: Report, spell: Spell = in_python) -> str:
    """Return a report as one page: its style, its scripts, its data and the library that draws its charts are inside.

    Nothing is loaded from elsewhere, which the page itself forbids: its content security policy allows the styles and
    the scripts in it, known by their hashes, and nothing else. Names and cells of the table are text in it, whatever
    they look like. Without scripts, the text and the tables are there.

    Parameters
    ----------
    report : Report
        What to show.
    spell : callable
        Writes what can be asked for in a sentence.

    Returns
    -------
    str
        HTML to be written as UTF-8, less than three million bytes.

    Raises
    ------
    MissingDependencyError
        Altair or vl-convert is not installed.
    """
    data = payload(report)
    data["charts"] = _charts()
    found, chosen = stops_of(report)
    longest = data.pop("longest_cell")
    style = _colors() + _part("page.css")
    library = _library()
    script = "(() => {\n'use strict';\n" + "".join(map(_part, _SCRIPTS)) + "})();\n"
    summary = report.summary
    compared = since(report)
    parts = [
        *([("reasons", "By reason", findings.findings(report, found))] if found else []),
        *([("since", "Since the fit", compared)] if compared else []),
        *_body(report, found, chosen, longest, len(data["views"])),
        ("data", "The data", sections.data(report)),
        ("model", "The model", sections.model(report)),
        ("again", "How to reproduce this report", sections.reproduction(report)),
    ]
    version = plain(report.reproduction.versions.get("mixtura", ""))
    return Template(_part("page.html")).substitute(
        policy=_policy(style, library, script),
        version=version,
        title=plain(f"{title(summary.table.source)} – Mixtura report"),
        date=f" · {plain(report.reproduction.date)}" if report.reproduction.date else "",
        style=style,
        source=isolated(title(summary.table.source), 300),
        headline=sections.headline(report, spell),
        figures=explore.figures(report, found, chosen),
        contents="".join(f'<li><a href="#{name}">{title}</a></li>' for name, title, _ in parts),
        sections=sections.notices(summary)
        + _arranged({name: _section(name, title, text, folded=name in _FOLDED) for name, title, text in parts}),
        payload=island(data),
        library=library,
        script=script,
    )


def _body(
    report: Report, found: Sequence[Stop], chosen: int, longest: int, n_views: int
) -> Iterator[tuple[str, str, str]]:
    """Yield the rows, the pictures and the groups; the groups first where they were asked for."""
    cards = [("groups", "The groups", groups.cards(report))] if report.summary.groups else []
    rows = explore.rows(report, found, chosen, longest)
    views = ("views", "The rows in pictures", explore.views(report, n_views))
    if report.summary.command == "groups":
        yield from (*cards, views, ("flagged", "The rows farthest from all groups", rows))
        return
    yield from (("flagged", "The flagged rows", rows), views, ("scores", "The scores", explore.scores(report, found)))
    if report.summary.segments:
        yield ("segments", "The segments", segments.segments(report))
    yield from cards


def _arranged(made: dict[str, str]) -> str:
    """Return the sections; the pictures stand beside the scores, where there is room."""
    if "scores" in made:
        made["views"], made["scores"] = '<div class="pair">' + made["views"], made["scores"] + "</div>"
    return "".join(made.values())


def _section(name: str, title: str, content: str, *, folded: bool) -> str:
    return (
        f'<section id="{name}" aria-labelledby="{name}-title"><details class="fold"{"" if folded else " open"}>'
        f'<summary><h2 id="{name}-title">{title}</h2></summary>{content}</details></section>\n'
    )


def _colors() -> str:
    """Return the colours that pages share with pictures; those that a dark page needs otherwise are in its style."""
    named = [(f"group-{position}", color) for position, color in enumerate(GROUPS)] + [("star", ANOMALY)]
    return ":root {" + "".join(f"--{name}: {color};" for name, color in named) + "}\n"


@cache
def _part(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")


@cache
def _charts() -> dict[str, Any]:
    try:
        from . import charts  # noqa: PLC0415  # Altair is optional, and slow to import
    except ImportError as error:
        raise _missing("Altair") from error
    return {
        "scatter": charts.scatter(),
        "histogram": charts.histogram(),
        "quality": charts.quality(),
        "search": charts.search(),
    }


@cache
def _library() -> str:
    """Return Vega, Vega-Lite and Vega-Embed as one script."""
    try:
        from vl_convert import javascript_bundle  # noqa: PLC0415  # optional, and slow to start
    except ImportError as error:
        raise _missing("vl-convert-python") from error
    # Inside a script element this would end it; in the strings of a script the two are the same.
    return (
        javascript_bundle("window.vegaEmbed = vegaEmbed;").replace("</script", "<\\/script").replace("<!--", "<\\!--")
    )


def _missing(library: str) -> MissingDependencyError:
    return MissingDependencyError(f"a report needs {library}, which is not installed: pip install 'mixtura[cli]'")


def _policy(style: str, *scripts: str) -> str:
    allowed = " ".join(map(_hash, scripts))
    return f"default-src 'none'; script-src {allowed}; style-src {_hash(style)}; base-uri 'none'; form-action 'none'"


def _hash(text: str) -> str:
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{digest}'"
