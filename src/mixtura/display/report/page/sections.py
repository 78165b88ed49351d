"""The text of a page, readable before any script has run: what was found, the data, the model, the groups."""

import math
from collections.abc import Iterable, Sequence

from ....tables.spelling import Spell, in_python
from ....tables.summary import Group, ModelFacts, Summary
from ....words import percent, plural
from ...palette import GROUPS
from ...reasoning import absence, figures, merged, origin
from ..facts.data import ColumnFacts, GroupProfile, Report
from .text import isolated, measured, number, plain, visible

# Length of the bar of the largest contrast, in either direction.
_HALF = 36

# Columns that the card of a group names.
_TELLING = 6

# Histograms beside the columns.
_WIDTH, _HEIGHT = 120, 28


def title(source: str) -> str:
    """Return the name of the table, which may go on in another line after a slash."""
    return f"<bdi>{'/<wbr>'.join(plain(part) for part in visible(source, 300).split('/'))}</bdi>"


def headline(report: Report, spell: Spell = in_python) -> str:
    """Return what was asked and found, in a sentence or two."""
    summary = report.summary
    table, n_groups = summary.table, n_groups_of(report)
    rows = plural(table.n_rows, "row")
    sentences = []
    decision = summary.decision
    if decision is None:
        sentences.append(f"{rows} were scored; no threshold was asked for.")
    elif absence(summary, spell):
        sentences.append(f"None of the {rows} is flagged: {'; '.join(absence(summary, spell))}.")
    else:
        verb = "is" if decision.n_anomalies == 1 else "are"
        sentences.append(
            f"<strong>{decision.n_anomalies:,} of {rows}</strong> ({percent(decision.share)}) {verb} flagged: "
            f"their anomaly score is above {number(decision.threshold)}"
            f"{''.join(f', {part}' for part in origin(summary, spell))}."
        )
    if summary.merging is not None:
        clusters = plural(len(summary.merging.clusters), "cluster")
        sentences.append(f"The table falls into <strong>{clusters}</strong>, merged from {plural(n_groups, 'group')}.")
    elif n_groups > 1:
        sentences.append(f"The table falls into <strong>{n_groups} groups</strong>.")
    if decision is None and summary.groups:
        sentences.reverse()
    return " ".join(sentences)


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
    rows = "".join(_column(column) for column in report.columns)
    described = f" Showing {len(table.columns):,} of them." if omitted.columns else ""
    text = f"<p>{plural(table.n_rows, 'row')}; {plural(n_columns_of(report), 'column')} in use.{described}</p>"
    text += tabulated(
        "Columns in use", ("column", "lowest", "median", "highest", "missing", "spread"), rows, numeric=range(1, 5)
    )
    if table.left_out:
        items = "".join(f"<li>{isolated(c.name)} <span>({isolated(c.reason)})</span></li>" for c in table.left_out)
        text += f'<h3>Left out</h3><ul class="names">{items}</ul>'
    if omitted.left_out:
        text += f"<p>Not in use either: {plural(omitted.left_out, 'more column')}.</p>"
    return text


def _column(column: ColumnFacts) -> str:
    missing = f"{column.n_missing:,}" if column.n_missing else "none"
    figures = [number(value) for value in (column.minimum, column.median, column.maximum)]
    if column.told:
        most_frequent = len(column.told) == 1
        figures = ["", f"mostly {isolated(column.told[0])}", ""] if most_frequent else [*map(isolated, column.told)]
    cells = "".join(f'<td class="number">{figure}</td>' for figure in (*figures, missing))
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
                number(c.bic, 7),
                number(c.aic, 7),
                number(c.log_likelihood, 7),
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
    if omitted:
        left += f"<p>Showing the {len(facts.candidates)} of lowest BIC.</p>"
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


def groups(report: Report) -> str:
    """Return what the rows of each component have in common: a card for each, and all means in a table."""
    found = report.summary.groups
    profiles = {profile.component: profile for profile in report.profiles}
    names = report.summary.table.columns
    # A contrast of one standard deviation is worth seeing; smaller ones are not blown up to look like more.
    largest = max([1.0, *(abs(contrast) for group in found for contrast in group.contrast.values())])
    cards = "".join(_card(group, profiles.get(group.component), names, largest) for group in found)
    titles = ("column", *(f"group {group.component}" for group in found))
    rows = "".join(
        f'<tr><th scope="row">{isolated(name)}</th>'
        + "".join(f'<td class="number">{_mean(group, profiles.get(group.component), name, k)}</td>' for group in found)
        + "</tr>"
        for k, name in enumerate(names)
    )
    table = tabulated("Mean ± standard deviation of every column", titles, rows, numeric=range(1, len(titles)))
    fewer = f" The {len(found)} of the largest weight are described." if report.omitted.groups else ""
    return (
        f"{_clusters(report)}"
        f"<p>Each group is a component of the mixture.{fewer} The bars say how far its mean lies from the middle of "
        "the column, in standard deviations (sd) that follow from the quartiles.</p>"
        f'<div class="cards">{cards}</div>'
        f"<details><summary>All means as a table</summary>{table}</details>"
    )


def _clusters(report: Report) -> str:
    """Return what clusters the groups were merged into, in a sentence and a table."""
    merging = report.summary.merging
    if merging is None:
        return ""
    rows = "".join(
        f'<tr><th scope="row">{one.cluster}</th><td class="number">{one.n_rows:,}</td>'
        f'<td class="number">{percent(one.share)}</td><td>{", ".join(map(str, one.components))}</td></tr>'
        for one in merging.clusters
    )
    table = tabulated("Clusters", ("cluster", "rows", "share", "groups"), rows, numeric=range(1, 3))
    return f"<p>{plain(merged(merging))}.</p>{table}"


def _card(group: Group, profile: GroupProfile | None, names: Sequence[str], largest: float) -> str:
    telling = sorted(range(len(names)), key=lambda k: -abs(group.contrast[names[k]]))[:_TELLING]
    lines = "".join(
        f'<tr><th scope="row">{isolated(names[k])}</th><td class="number">{_mean(group, profile, names[k], k)}</td>'
        f"<td>{_contrast(group.contrast[names[k]] / largest)}</td>"
        f'<td class="number">{_sd(group.contrast[names[k]])}</td></tr>'
        for k in telling
    )
    share = (
        '<svg class="share" aria-hidden="true" viewBox="0 0 100 4" preserveAspectRatio="none"><path d="M0 0H100V4H0Z"/>'
        f'<path class="group-{group.component % len(GROUPS)}" d="M0 0H{100 * group.share:.1f}V4H0Z"/></svg>'
    )
    weight = "" if profile is None else f", weight {profile.weight:.3f}"
    left = (
        f'<p class="aside">{plural(len(names) - _TELLING, "more column")} in the table below</p>'
        if len(names) > _TELLING
        else ""
    )
    cluster = "" if group.cluster is None else f", cluster {group.cluster}"
    return (
        f'<article class="card"><h3>Group {group.component}{cluster}</h3>'
        f"<p>{plural(group.n_rows, 'row')}, {percent(group.share)}{weight}</p>{share}"
        f'<table class="profile"><caption class="unseen">Means of group {group.component}</caption>'
        '<thead class="unseen"><tr><th scope="col">column</th><th scope="col">mean ± sd</th>'
        '<th colspan="2" scope="colgroup">from the middle of the column</th></tr></thead>'
        f"<tbody>{lines}</tbody></table>{left}</article>"
    )


def _mean(group: Group, profile: GroupProfile | None, name: str, position: int) -> str:
    mean = group.center[name]
    if profile is None:
        return number(mean)
    return measured(mean, profile.standard_deviation[position])


def _contrast(part: float) -> str:
    size = _HALF * abs(part)
    start = _HALF if part > 0 else _HALF - size
    return (
        f'<svg class="contrast" aria-hidden="true" viewBox="0 0 {2 * _HALF} 10" width="{2 * _HALF}" height="10">'
        f'<path d="M{start:.1f} 1h{size:.1f}v8h-{size:.1f}Z"/><path class="zero" d="M{_HALF} 0v10"/></svg>'
    )


def _sd(contrast: float) -> str:
    size = f"{abs(contrast):.1f}"
    sign = "" if float(size) == 0 else "+" if contrast > 0 else "−"
    return f"{sign}{size} sd"


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
        f"<p>{seed}</p>" + tabulated("Versions", ("program", "version"), versions)
    )


def tabulated(caption: str, titles: Iterable[str], rows: str, numeric: range = range(0)) -> str:
    """Return a table with a caption for those who cannot see it; columns of numbers by their positions."""
    heads = "".join(
        f'<th scope="col"{" class=number" if position in numeric else ""}>{title}</th>'
        for position, title in enumerate(titles)
    )
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{caption}"><table>'
        f'<caption class="unseen">{caption}</caption>'
        f"<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>"
    )
