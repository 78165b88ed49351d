"""What a table holds and what deserves attention in it, as text."""

from collections.abc import Iterable

from .. import words
from ..columns.findings import Finding
from ..columns.looked.described import ColumnProfile, Profile
from ..tables.asking.spelling import Spell, in_python
from ..tables.opened.checking import CheckSummary, said
from .drifted import since_the_fit
from .layout import Cells, Column, Part, Span, Stack, paragraph, printed

# Columns of a table that are shown; the rest is in the JSON.
_COLUMNS_SHOWN = 40

_LONGEST_NAME = 24
_LONGEST_KIND = 24
_LONGEST_LEVEL = 20
_LEVELS_SHOWN = 3
_FINDINGS_SHOWN = 20


def render_check(summary: CheckSummary, *, width: int, colours: bool = False, spell: Spell = in_python) -> str:
    """Return what a look at a table found as text; parameters as for `mixtura.display.text.render`."""
    return printed(_parts(summary, spell), width, colours=colours)


def _parts(summary: CheckSummary, spell: Spell) -> Iterable[Part]:
    profile, findings = summary.profile, summary.findings
    size = f"{words.plural(profile.n_rows, 'row')}, {words.plural(profile.n_columns, 'column')}"
    source = words.shortened(words.visible(summary.source))
    yield Stack([paragraph(Span(source, "bold"), f": {size}"), *_columns(profile)])
    for note in summary.notes:
        yield paragraph(Span("Note: ", "yellow"), words.shortened(words.visible(note)))
    if summary.against is not None:
        yield from since_the_fit(summary.news, summary.drift, "with --json")
    changing = [finding for finding in findings if finding.changes_answer]
    others = [finding for finding in findings if not finding.changes_answer]
    if changing:
        yield _told("Changes the answer", changing, "yellow", spell)
    if others:
        yield _told("Worth knowing", others, "", spell)
    if summary.against is not None:
        verdict = "differs from" if summary.differs else "is like"
        yield paragraph(f"{source} {verdict} the table that {words.visible(summary.against)} was fitted to.")
    elif not findings:
        yield paragraph("Nothing deserves attention.")
    yield paragraph(Span(f"Took {words.duration(summary.seconds)}", "dim"))


def _columns(profile: Profile) -> Iterable[Part]:
    shown = profile.columns[:_COLUMNS_SHOWN]
    titles = (
        Column("column", right=False),
        Column("kind", right=False),
        Column("missing"),
        Column("different"),
        Column("holds", right=False),
    )
    yield Cells(titles, [_row(column, profile.n_rows) for column in shown])
    left = profile.n_columns - len(shown)
    if left:
        yield paragraph(f"  … and {words.plural(left, 'more column')}")


def _row(column: ColumnProfile, n_rows: int) -> list[Span]:
    missing = words.percent(column.n_missing / n_rows) if column.n_missing else "–"
    different = words.count(column.n_distinct) if column.is_counted else f"> {words.count(column.n_distinct - 1)}"
    return [
        Span(_short(column.name, _LONGEST_NAME), "bold"),
        Span(_short(column.told, _LONGEST_KIND)),
        Span(missing),
        Span(different),
        Span(_held(column, n_rows)),
    ]


def _held(column: ColumnProfile, n_rows: int) -> str:
    """Return what a column holds, in a few words."""
    extent = column.extent
    if extent is not None and column.n_distinct > _LEVELS_SHOWN:
        return f"{extent.smallest} to {extent.largest}, middle {extent.quantiles[2]}"
    if not column.levels:
        return ""
    names = [_short(level.text, _LONGEST_LEVEL) for level in column.levels]
    if column.n_distinct == 1:
        return names[0]
    if column.levels[0].n == 1 or column.kind in ("identifier", "text"):
        return f"such as {names[0]}"
    shares = [words.percent(level.n / n_rows) for level in column.levels]
    shown = [f"{name} {share}" for name, share in zip(names, shares, strict=True)][:_LEVELS_SHOWN]
    return f"{', '.join(shown)}{', …' if column.n_distinct > _LEVELS_SHOWN else ''}"


def _told(title: str, findings: list[Finding], style: str, spell: Spell) -> Part:
    shown = findings[:_FINDINGS_SHOWN]
    rows = [[Span("▸" if style else "·", style), Span(words.visible(said(finding, spell)))] for finding in shown]
    table = Cells((Column("", right=False), Column("", right=False)), rows, headed=False)
    parts: list[Part] = [paragraph(Span(title, "bold"), f": {words.plural(len(findings), 'finding')}"), table]
    if len(shown) < len(findings):
        parts.append(paragraph(f"  … and {len(findings) - len(shown)} more"))
    return Stack(parts)


def _short(text: str, longest: int) -> str:
    text = words.visible(text)
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
