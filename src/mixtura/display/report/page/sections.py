"""The text of a page, readable before any script has run: what was found, the data, the model, the groups."""

import math
from collections.abc import Iterable, Sequence

from ....tables.asking.spelling import Spell, in_python
from ....tables.told.decision import Decision
from ....tables.told.model import ModelFacts
from ....tables.told.summary import Summary
from ....words import percent, plural
from ...reasoning import absence, figures, like_fine, origin
from ..facts.data import ColumnFacts, Report
from .text import isolated, number, plain

# Histograms beside the columns.
_WIDTH, _HEIGHT = 120, 28

# Columns that are shown before the others are asked for, more where more have flagged cells.
_FIRST_COLUMNS = 20


def headline(report: Report, spell: Spell = in_python) -> str:
    """Return what was asked and found, in a sentence or two."""
    summary = report.summary
    table, n_groups = summary.table, n_groups_of(report)
    rows = plural(table.n_rows, "row")
    sentences = []
    decision = summary.decision
    if decision is None and summary.command == "groups":
        sentences.append(f"Each of the {rows} is assigned to one.")
    elif decision is None:
        sentences.append(f"{rows} were scored; no threshold was asked for.")
    elif absence(summary, spell):
        sentences.append(f"None of the {rows} is flagged: {'; '.join(absence(summary, spell))}.")
    else:
        sentences.append(_flagged(summary, decision, spell))
    if decision is not None and decision.n_anomalies and decision.on_labels is not None:
        known = decision.on_labels
        low, high = known.precision_interval
        sentences.append(
            f"On {plural(known.n_rows, 'labelled row')}, {percent(known.precision)} of the flagged rows are anomalies "
            f"(95% limits: {percent(low)} to {percent(high)})."
        )
    if decision is not None and decision.n_like_fine:
        sentences.append(f"{like_fine(decision)}.")
    if summary.merging is not None:
        clusters = plural(len(summary.merging.clusters), "cluster")
        sentences.append(f"The table falls into <strong>{clusters}</strong>, merged from {plural(n_groups, 'group')}.")
    elif n_groups == 1 and summary.command == "groups":
        sentences = [f"The table is <strong>one group</strong> of {rows}."]
    elif n_groups > 1:
        sentences.append(f"The table falls into <strong>{n_groups} groups</strong>.")
    if decision is None and summary.groups:
        sentences.reverse()
    return " ".join(sentences)


def _flagged(summary: Summary, decision: Decision, spell: Spell) -> str:
    """Return how many rows are flagged, and for what, in a sentence."""
    verb = "is" if decision.n_anomalies == 1 else "are"
    start = (
        f"<strong>{decision.n_anomalies:,} of {plural(summary.table.n_rows, 'row')}</strong> "
        f"({percent(decision.share)}) {verb} flagged: "
    )
    chosen = "".join(f", {part}" for part in origin(summary, spell))
    strays, by_score = decision.n_by_strays, decision.n_anomalies - decision.n_by_strays
    cells = "for cells that do not fit their columns"
    if not by_score:
        return f"{start}{cells}. No anomaly score is above {number(decision.threshold)}{chosen}."
    if not strays:
        return f"{start}their anomaly score is above {number(decision.threshold)}{chosen}."
    return f"{start}{strays:,} {cells}, {by_score:,} for an anomaly score above {number(decision.threshold)}{chosen}."


def n_columns_of(report: Report) -> int:
    """Return how many columns are in use, described or not."""
    return len(report.summary.table.columns) + report.omitted.columns


def n_groups_of(report: Report) -> int:
    """Return how many groups were found, described or not."""
    return len(report.summary.groups) + report.omitted.groups


def notices(summary: Summary) -> str:
    """Return what deserves attention."""
    if not summary.notices:
        return ""
    items = "".join(f"<li>{isolated(notice, 1000)}</li>" for notice in summary.notices)
    return f'<section class="notes" aria-labelledby="notes"><h2 id="notes">Worth knowing</h2><ul>{items}</ul></section>'


def data(report: Report) -> str:
    """Return the columns: their range, what is missing, how they are spread; and those that are left out."""
    table, omitted = report.summary.table, report.omitted
    in_use = plural(n_columns_of(report), "column")
    described = f" Showing {len(table.columns):,} of {in_use}." if omitted.columns else ""
    text = f"<p>{plural(table.n_rows, 'row')}; {in_use} in use.{described}</p>"
    # Those with flagged cells come first.
    columns = sorted(report.columns, key=lambda column: -column.n_flagged)
    first = max(_FIRST_COLUMNS, sum(column.n_flagged > 0 for column in columns))
    text += _columns(columns[:first])
    if columns[first:]:
        rest = _columns(columns[first:])
        text += f"<details><summary>{plural(len(columns) - first, 'more column')}</summary>{rest}</details>"
    if table.left_out:
        items = "".join(f"<li>{isolated(c.name)} <span>({isolated(c.reason)})</span></li>" for c in table.left_out)
        text += f'<h3>Left out</h3><ul class="names">{items}</ul>'
    if omitted.left_out:
        text += f"<p>Also left out: {plural(omitted.left_out, 'more column')}.</p>"
    return text


def _columns(columns: Sequence[ColumnFacts]) -> str:
    """Return columns as a table; how many flagged cells they have, where one has any."""
    counted = any(column.n_flagged for column in columns)
    titles = ["column", *(["flagged cells"] if counted else []), "lowest", "median", "highest", "missing", "spread"]
    rows = "".join(_column(column, counted) for column in columns)
    return tabulated("Columns in use", titles, rows, numeric=range(1, len(titles) - 1))


def _column(column: ColumnFacts, counted: bool) -> str:
    missing = f"{column.n_missing:,}" if column.n_missing else "none"
    figures = [number(value) for value in (column.minimum, column.median, column.maximum)]
    if column.told:
        most_frequent = len(column.told) == 1
        figures = ["", f"mostly {isolated(column.told[0])}", ""] if most_frequent else [*map(isolated, column.told)]
    flagged = [f"{column.n_flagged:,}"] if counted else []
    cells = "".join(f'<td class="number">{figure}</td>' for figure in (*flagged, *figures, missing))
    return f'<tr><th scope="row">{isolated(column.name)}</th>{cells}<td>{_spread(column)}</td></tr>'


def _spread(column: ColumnFacts) -> str:
    """Return a histogram of one column as one shape, drawn without any script."""
    most, low, width = max(column.counts, default=0), column.edges[0], column.edges[-1] - column.edges[0]
    if not most or not math.isfinite(width) or width <= 0:
        return ""
    shape = []
    for count, left, right in zip(column.counts, column.edges, column.edges[1:], strict=False):
        if count:
            # A bar of one row is seen, too.
            height = max(1.0, _HEIGHT * count / most)
            start, end = (_WIDTH * (edge - low) / width for edge in (left, right))
            shape.append(f"M{start:.1f} {_HEIGHT}V{_HEIGHT - height:.1f}H{max(end - 0.5, start + 0.5):.1f}V{_HEIGHT}Z")
    label = f"Histogram: most rows lie about {number(_mode(column))}"
    return (
        f'<svg class="spread" role="img" aria-label="{label}" viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" '
        f'height="{_HEIGHT}"><path d="{"".join(shape)}"/></svg>'
    )


def _mode(column: ColumnFacts) -> float:
    highest = column.counts.index(max(column.counts))
    return (column.edges[highest] + column.edges[highest + 1]) / 2


def model(report: Report) -> str:
    """Return what the model is and what else was tried."""
    facts = report.summary.model
    text = f"<p>{isolated(facts.description, 400)}"
    if facts.trained_on is not None:
        text += f", trained on {isolated(facts.trained_on)}"
    if facts.n_parameters is not None:
        text += f"; {plural(facts.n_parameters, 'free parameter')}"
    text += f". {figures(facts) or ''}</p>{_made(facts)}"
    ranking, omitted = facts.ranking, report.omitted.candidates
    n_tried = len(facts.candidates) + omitted
    if len(ranking) < 2:
        return text
    best = ranking[0]
    text += (
        f"<p>Of {plural(n_tried, 'combination')} tried, {best.n_components} × "
        f"{isolated(best.covariance_type)} has the lowest BIC, {number(ranking[1].bic - best.bic)} below the next: "
        f"{ranking[1].n_components} × {isolated(ranking[1].covariance_type)}.</p>"
    )
    rows = "".join(
        f'<tr><th scope="row">{c.n_components} × {isolated(c.covariance_type)}</th>'
        + "".join(
            f'<td class="number">{figure}</td>'
            for figure in (
                *(("~" if c.is_estimated else "") + number(figure, 7) for figure in (c.bic, c.aic, c.log_likelihood)),
                f"{c.n_parameters:,}",
                "yes" if c.converged else "no",
            )
        )
        + "</tr>"
        for c in ranking
    )
    failed = len(facts.candidates) - len(ranking)
    titles = ("components × shape", "BIC", "AIC", "log likelihood", "parameters", "converged")
    table = tabulated("What was tried, the lowest BIC first", titles, rows, numeric=range(1, 6))
    left = f"<p>{plural(failed, 'combination')} could not be fitted.</p>" if failed else ""
    if any(c.is_estimated for c in ranking):
        left += "<p>~ marks estimates from a sample of the rows; the sample rules the combination out.</p>"
    if omitted:
        left += f"<p>Showing the {len(facts.candidates)} with the lowest BIC.</p>"
    return text + _SEARCH + f"<details><summary>Their figures as a table</summary>{table}{left}</details>"


def _made(facts: ModelFacts) -> str:
    """Return the seed that a model was fitted with and the versions that made it, as far as it says them."""
    versions = [f"{isolated(name)} {isolated(version, 100)}" for name, version in facts.versions.items()]
    made = [] if facts.seed is None else [f"with the random seed {facts.seed}"]
    made += [f"by {', '.join(versions)}"] if versions else []
    return f"<p>It was fitted {' '.join(made)}.</p>" if made else ""


_SEARCH = """<figure class="needs-script">
<div class="tools"><label for="criterion">Criterion</label>
<select id="criterion"><option>BIC</option><option>AIC</option></select></div>
<div id="search" class="chart" role="img" aria-label="Criterion over the number of components"></div>
<figcaption id="search-key" class="key"></figcaption>
</figure>"""


def reproduction(report: Report) -> str:
    """Return the command, the seed and the versions."""
    made = report.reproduction
    versions = "".join(
        f'<tr><th scope="row">{isolated(name)}</th><td>{isolated(version)}</td></tr>'
        for name, version in made.versions.items()
    )
    seed = "Nothing was fitted, so there is no seed." if made.seed is None else f"Random seed: {made.seed}."
    return (
        '<div class="command"><pre tabindex="0" aria-label="Command">'
        f'<code id="command">{plain(made.command, 10_000)}</code></pre>'
        '<button type="button" id="copy-command" class="needs-script">Copy the command</button></div>'
        f"<p>{seed} Table: {isolated(report.summary.table.source, 300)}.</p>"
        + tabulated("Versions", ("program", "version"), versions)
    )


def tabulated(caption: str, titles: Iterable[str], rows: str, numeric: range = range(0), name: str = "") -> str:
    """Return a table with a caption for those who cannot see it; columns of numbers by their positions."""
    heads = "".join(
        f'<th scope="col"{" class=number" if position in numeric else ""}>{title}</th>'
        for position, title in enumerate(titles)
    )
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{caption}">'
        f"<table{f' id={name}' if name else ''}>"
        f'<caption class="unseen">{caption}</caption>'
        f"<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>"
    )
