"""A summary as text for a terminal, a notebook, a pipe or a file."""

import dataclasses
import math
from collections.abc import Iterable, Sequence
from typing import Any

from .. import words
from ..tables.asking.spelling import Spell, in_python
from ..tables.rules import rule_named
from ..tables.told.groups import Group, Merging
from ..tables.told.model import CandidateFacts, ModelFacts
from ..tables.told.rows import Anomaly, RepairedTable
from ..tables.told.summary import Summary
from ..tables.told.table import TableFacts
from .drifted import since_the_fit
from .grouping import described
from .layout import Cells, Column, Part, Span, Stack, paragraph, printed
from .reasoning import absence, figures, like_fine, merged, origin
from .segments import segments_part

# A short BIC table: so many counts, the best ones.
_COUNTS_SHOWN = 9
# Groups and candidates past these are in the JSON summary.
_GROUPS_SHOWN = 20
_NAMES_SHOWN = 12
_REASONS_SHOWN = 5

NOTE = Span("Note: ", "yellow")

# Kass and Raftery (1995), "Bayes factors", section 3.2: what a difference in BIC says against the higher one.
_EVIDENCE = (
    (2, "hardly any evidence"),
    (6, "positive evidence"),
    (10, "strong evidence"),
    (math.inf, "very strong evidence"),
)


def render(
    summary: Summary, *, width: int, colours: bool = False, rest: str = "in its summary", spell: Spell = in_python
) -> str:
    """Return a summary as text.

    Parameters
    ----------
    summary : Summary
        What was found.
    width : int
        Length of a line.
    colours : bool, default=False
        Whether it is for a terminal, which shows bold and coloured text.
    rest : str
        Where all that is not shown can be found.
    spell : callable
        Writes what can be asked for in a sentence.
    """
    return printed(_parts(visible_facts(summary), width, rest, spell), width, colours=colours)


def visible_facts(value: Any) -> Any:
    """Return facts whose texts, from a table as most of them are, neither command the terminal nor flood it."""
    if isinstance(value, str):
        return words.shortened(words.visible(value))
    if isinstance(value, tuple):
        return tuple(map(visible_facts, value))
    if isinstance(value, dict):
        return {visible_facts(key): visible_facts(item) for key, item in value.items()}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.replace(
            value, **{field.name: visible_facts(getattr(value, field.name)) for field in dataclasses.fields(value)}
        )
    return value


def _parts(summary: Summary, width: int, rest: str, spell: Spell) -> Iterable[Part]:
    yield table_part(summary.table)
    yield _model(summary.model)
    for notice in summary.notices:
        yield paragraph(NOTE, notice)
    yield from since_the_fit(summary.news, summary.drift, rest)
    if summary.merging is not None:
        yield _clusters(summary.merging, rest)
    if summary.groups:
        yield _groups(summary.groups, summary.table.columns, width, rest)
    if summary.decision is not None or summary.anomalies:
        yield _anomalies(summary, spell)
    yield from _reasons(summary, rest)
    yield from segments_part(summary.segments, rest)
    yield _files(summary)


def table_part(table: TableFacts) -> Part:
    """Return the table: its rows, the columns in use and those left out."""
    used = words.listing(table.columns, _NAMES_SHOWN)
    rows = [("used", f"{words.plural(len(table.columns), 'column')}: {used}")]
    if table.left_out:
        names = [f"{column.name} ({column.reason})" for column in table.left_out]
        rows.append(("left out", words.listing(names, _NAMES_SHOWN)))
    columns = (Column("", right=False), Column("", right=False))
    lines = Cells(columns, [[Span(cell) for cell in row] for row in rows], headed=False)
    return Stack([heading(table.source, words.plural(table.n_rows, "row")), lines])


def heading(title: str, rest: str = "") -> Part:
    """Return a title in bold, perhaps with text behind it."""
    return paragraph(Span(title, "bold"), f": {rest}" if rest else "")


def _model(model: ModelFacts) -> Part:
    what = model.description
    if model.trained_on is not None:
        what += f", trained on {model.trained_on}"
    said = [paragraph(sentence, indent=2) for sentence in [figures(model)] if sentence]
    if len(model.ranking) < 2:
        return Stack([heading("Model", what), *said])
    best, *others = model.ranking
    parts: list[Part] = [heading("Model", f"{what}, for the lowest BIC"), _bic_table(model, best)]
    rivals = [other for other in others if not _same(best, other)]
    if rivals:
        lead = rivals[0].bic - best.bic
        behind = f"{'about ' if rivals[0].is_estimated else ''}{words.number(lead)} behind"
        evidence = next(sentence for limit, sentence in _EVIDENCE if lead < limit)
        parts.append(paragraph(f"  The runner-up, {_name(rivals[0])}, is {behind}: {evidence}."))
    return Stack([*parts, *said])


def _same(one: CandidateFacts, other: CandidateFacts) -> bool:
    """Tell whether two candidates are one model: shapes differ in nothing, for one component, if not in freedom."""
    return one.n_components == other.n_components == 1 and one.n_parameters == other.n_parameters


def _name(candidate: CandidateFacts) -> str:
    return f"{candidate.n_components} × {candidate.covariance_type}"  # the sign of a product


def _bic_table(model: ModelFacts, best: CandidateFacts) -> Part:
    found = {(c.n_components, c.covariance_type): c for c in model.candidates}
    shapes = list(dict.fromkeys(c.covariance_type for c in model.candidates))
    counts = list(dict.fromkeys(c.n_components for c in model.ranking))
    shown = sorted(counts[:_COUNTS_SHOWN])
    decimals = 0 if max(abs(c.bic) for c in model.ranking) >= 1e5 else 1
    rows = []
    for count in shown:
        cells = [Span(words.count(count))]
        for shape in shapes:
            candidate = found[count, shape]
            bic = candidate.bic
            if (count, shape) == (best.n_components, best.covariance_type):
                cells.append(Span(f"▸ {bic:,.{decimals}f}", "bold green"))
            else:
                mark = "~" if candidate.is_estimated else ""
                cells.append(Span(f"{mark}{bic:,.{decimals}f}" if math.isfinite(bic) else "left out"))
        rows.append(cells)
    parts: list[Part] = [Cells([Column("components"), *map(Column, shapes)], rows)]
    if any(found[count, shape].is_estimated for count in shown for shape in shapes):
        parts.append(paragraph("  ~ estimated from a sample of the rows, which rules it out"))
    left = len({c.n_components for c in model.candidates}) - len(shown)
    if left:
        parts.append(paragraph(f"  {words.plural(left, 'count')} of higher BIC not shown"))
    return Stack(parts)


def _groups(groups: Sequence[Group], columns: Sequence[str], width: int, rest: str) -> Part:
    shown = groups[:_GROUPS_SHOWN]
    start = [[words.count(g.component), words.count(g.n_rows), words.percent(g.share)] for g in shown]
    titles = ["component", "rows", "share"]
    cells = {name: _of_groups(shown, name) for name in columns}
    room = width - sum(_width([title, *(row[k] for row in start)]) for k, title in enumerate(titles))
    chosen = _most_telling(groups, columns, {name: _width([name, *cells[name]]) for name in columns}, room)
    rows = [
        [Span(cell) for cell in (*row, *(cells[name][position] for name in chosen))]
        for position, row in enumerate(start)
    ]
    table = Cells([Column(title) for title in (*titles, *chosen)], rows)
    notes = []
    if len(chosen) < len(columns):
        notes.append(f"the {len(chosen)} of {words.plural(len(columns), 'column')} that differ most between groups")
    if len(shown) < len(groups):
        notes.append(f"the {len(shown)} largest of {len(groups)} groups")
    parts: list[Part] = [
        heading("Groups", _told_of_groups(groups) if not notes else "; ".join(notes)),
        table,
        *(paragraph(described(group), indent=2) for group in shown if group.levels),
    ]
    if notes:
        parts.append(paragraph(f"  … all of them {rest}"))
    return Stack(parts)


def _told_of_groups(groups: Sequence[Group]) -> str:
    means = "the mean of every column" if any(group.center for group in groups) else ""
    levels = "the level that tells most" if any(group.levels for group in groups) else ""
    return f"{means} of numbers, {levels} of others" if means and levels else means or f"{levels} of every column"


def _of_groups(groups: Sequence[Group], column: str) -> list[str]:
    """Return what is told of a column in the table of groups: means, or the level that tells most."""
    if column in groups[0].center:
        return words.aligned([group.center[column] for group in groups])
    telling = [group.telling(column) for group in groups]
    return [f"{level.level} {words.percent(level.share)}" for level in telling]


def _clusters(merging: Merging, rest: str) -> Part:
    found = merging.clusters
    rows = [
        [
            Span(words.count(one.cluster)),
            Span(words.count(one.n_rows)),
            Span(words.percent(one.share)),
            Span(words.listing(list(map(str, one.components)), _NAMES_SHOWN)),
        ]
        for one in found[:_GROUPS_SHOWN]
    ]
    table = Cells([Column(title) for title in ("cluster", "rows", "share", "components")], rows)
    parts: list[Part] = [heading("Clusters", merged(merging)), table]
    if len(found) > _GROUPS_SHOWN:
        parts.append(paragraph(f"  the {_GROUPS_SHOWN} largest of {len(found)}; all of them {rest}"))
    return Stack(parts)


def _width(cells: Sequence[str]) -> int:
    return max(map(len, cells)) + 2


def _most_telling(groups: Sequence[Group], columns: Sequence[str], widths: dict[str, int], room: int) -> list[str]:
    """Return the columns that fit, in the order of the table: first those that tell groups apart."""
    chosen: list[str] = []
    spread = {name: sum(group.share * group.contrast[name] ** 2 for group in groups) for name in columns}
    for name in sorted(columns, key=lambda name: -spread[name]):
        if widths[name] <= room:
            chosen.append(name)
            room -= widths[name]
    return [name for name in columns if name in chosen]


def _anomalies(summary: Summary, spell: Spell) -> Part:
    decision = summary.decision
    n_shown = len(summary.anomalies)
    title, rest = (
        "Most anomalous rows",
        f"the {words.plural(n_shown, 'row')} with the highest score{'' if n_shown == 1 else 's'}",
    )
    if decision is not None:
        title = "Anomalies"
        flagged = words.plural(decision.n_anomalies, "row")
        if decision.threshold is None or absence(summary, spell):
            shown = f"are the {n_shown} most unusual" if n_shown != 1 else "is the most unusual"
            rest = f"no row is flagged, because {absence(summary, spell)[0]}; here {shown}"
        else:
            threshold = words.number(decision.threshold)
            where = f"above the threshold {threshold}"
            if decision.n_by_strays:
                above = words.count(decision.n_anomalies - decision.n_by_strays)
                where = f": {above} {where}, {words.count(decision.n_by_strays)} with cells that are not numbers"
            rest = f"{flagged} ({words.percent(decision.share)}) {where}; {rest}".replace(") :", "):")
    rated = not any(math.isnan(anomaly.severity) for anomaly in summary.anomalies)
    columns = [*map(Column, ("row", "score", *(["severity"] if rated else []))), Column("why", right=False)]
    rows = []
    told = _told_together(summary.anomalies)
    scores = words.aligned([anomaly.anomaly_score for anomaly, _ in told])
    for (anomaly, others), score in zip(told, scores, strict=True):
        severity = [Span(words.severity(anomaly.severity))] if rated else []
        why = anomaly.reason
        if others:
            rows_too = f"{'row' if len(others) == 1 else 'rows'} {words.joined([str(one.row) for one in others])}"
            columns_too = "column is" if len(anomaly.cells) == 1 else "columns are"
            why += f" The same {columns_too} wrong in {rows_too}."
        rows.append([Span(str(anomaly.row), "bold"), Span(score), *severity, Span(why)])
    return Stack([heading(title, rest), *_reasoning(summary, spell), Cells(columns, rows)])


def _told_together(anomalies: Sequence[Anomaly]) -> list[tuple[Anomaly, list[Anomaly]]]:
    """Return the rows, each with those after it that have the same cells wrong in the same direction."""
    told: list[tuple[Anomaly, list[Anomaly]]] = []
    first: dict[tuple[tuple[str, str], ...], list[Anomaly]] = {}
    for anomaly in anomalies:
        reason = tuple((cell.column, cell.direction) for cell in anomaly.cells)
        if reason and reason in first:
            first[reason].append(anomaly)
        else:
            told.append((anomaly, first.setdefault(reason, [])))
    return told


def _reasons(summary: Summary, rest: str) -> Iterable[Part]:
    """Yield what flagged rows share, where these are more than those that are shown one by one."""
    shared = [group for group in summary.reasons if group.n_rows > 1]
    if not shared or summary.decision is None or summary.decision.n_anomalies <= len(summary.anomalies):
        return
    shown = shared[:_REASONS_SHOWN]
    rows = [[Span(words.count(g.n_rows)), Span(g.reason), Span(str(g.example))] for g in shown]
    table = Cells([Column("rows"), Column("what they share", right=False), Column("such as row")], rows)
    parts: list[Part] = [heading("Reasons", f"of {words.plural(summary.decision.n_anomalies, 'row')}"), table]
    left = len(summary.reasons) - len(shown)
    if left:
        parts.append(paragraph(f"  … {words.plural(left, 'more reason')} {rest}"))
    yield Stack(parts)


def _reasoning(summary: Summary, spell: Spell) -> Iterable[Part]:
    """Yield where the threshold is from and how it was chosen, where it was not simply a share of the rows."""
    decision = summary.decision
    if decision is None:
        return
    rule = rule_named(decision.rule, decision.target)
    if rule is None or not rule.shows_itself or decision.trained_on == "reference":
        yield from (paragraph(", ".join(parts), indent=2) for parts in [origin(summary, spell)] if parts)
    if decision.n_like_fine:
        yield paragraph(like_fine(decision), indent=2)
    found = decision.on_labels
    if found is not None:
        yield paragraph(
            f"on {words.plural(found.n_rows, 'labelled row')}, {words.count(found.n_anomalies)} of them anomalies, "
            "with 95% limits: "
            f"precision {words.percent(found.precision)} ({_range(found.precision_interval)}), "
            f"recall {words.percent(found.recall)} ({_range(found.recall_interval)}), "
            f"average precision {found.average_precision:.3f}",
            indent=2,
        )


def _range(interval: tuple[float, float]) -> str:
    return f"{words.percent(interval[0])} to {words.percent(interval[1])}"


def _repairs(repaired: RepairedTable) -> str:
    cells, rows = words.plural(repaired.n_cells, "cell"), words.plural(repaired.n_rows, "row")
    return f"a repaired copy: {cells} of {rows} replaced by predicted values, a guess"


def _files(summary: Summary) -> Part:
    lines = []
    if summary.out is not None:
        new = ", ".join(summary.new_columns)
        where = "standard output" if summary.out == "-" else summary.out
        what = "the flagged rows" if summary.only_flagged else "the table"
        lines.append(paragraph("Wrote ", Span(where, "bold"), f" ({what} with {new})"))
    if summary.repaired is not None:
        lines.append(paragraph("Wrote ", Span(summary.repaired.path, "bold"), f" ({_repairs(summary.repaired)})"))
    for place, what in ((summary.good, "the rows that are not flagged"), (summary.bad, "the flagged rows")):
        if place is not None:
            lines.append(paragraph("Wrote ", Span(place, "bold"), f" ({what}, without new columns)"))
    if summary.saved is not None:
        lines.append(paragraph("Saved ", Span(summary.saved, "bold"), " (the model, for mixtura score)"))
    if summary.report is not None:
        lines.append(paragraph("Wrote ", Span(summary.report, "bold"), " (open it in a browser)"))
    lines.append(paragraph(Span(f"Took {words.duration(summary.seconds)}", "dim")))
    return Stack(lines)
