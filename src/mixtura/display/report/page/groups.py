"""The groups of a mixture: a card for each, and all means in a table."""

from collections.abc import Sequence

from ....tables.told.groups import Group
from ....words import percent, plural
from ...palette import GROUPS
from ...reasoning import merged
from ..facts.data import GroupProfile, Report
from .sections import tabulated
from .text import isolated, measured, number, plain

# Length of the bar of the largest contrast, in either direction.
_HALF = 36

# Columns that the card of a group names.
_TELLING = 6


def cards(report: Report) -> str:
    """Return what the rows of each component have in common: a card for each, and all means in a table."""
    found = report.summary.groups
    profiles = {profile.component: profile for profile in report.profiles}
    names = report.summary.table.columns
    # A contrast of one standard deviation is worth seeing; smaller ones are not blown up to look like more.
    largest = max([1.0, *(abs(contrast) for group in found for contrast in group.contrast.values())])
    each = "".join(_card(group, profiles.get(group.component), names, largest) for group in found)
    titles = ("column", *(f"group {group.component}" for group in found))
    rows = "".join(
        f'<tr><th scope="row">{isolated(name)}</th>'
        + "".join(f'<td class="number">{_mean(group, profiles.get(group.component), name, k)}</td>' for group in found)
        + "</tr>"
        for k, name in enumerate(names)
    )
    table = tabulated("Mean ± standard deviation of every column", titles, rows, numeric=range(1, len(titles)))
    fewer = f" Showing the {len(found)} of the largest weight." if report.omitted.groups else ""
    return (
        f"{_clusters(report)}"
        f"<p>Each group is a component of the mixture.{fewer} A bar shows how far the mean of the group lies from the "
        f"middle of the column, in standard deviations (sd) estimated from the quartiles.{_of_levels(found)}</p>"
        f'<div class="cards">{each}</div>'
        f"<details><summary>All means as a table</summary>{table}</details>"
    )


def _of_levels(found: Sequence[Group]) -> str:
    """Return what the bars say of columns of levels, where there are some."""
    if not any(group.levels for group in found):
        return ""
    return (
        " A column of levels shows the level that sets the group apart most, with its share of the group and of all "
        "rows. Its bar is as long as that of a number that differs as much."
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
    # A name has a line of its own: beside two long numbers it has no room.
    lines = "".join(
        f'<tbody><tr><th scope="rowgroup" colspan="3">{isolated(names[k])}</th></tr>'
        f'<tr><td class="number">{_mean(group, profile, names[k], k)}</td>'
        f"<td>{_contrast(group.contrast[names[k]] / largest)}</td>"
        f'<td class="number">{_beside(group, names[k])}</td></tr></tbody>'
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
        '<thead class="unseen"><tr><th scope="col">mean ± sd</th>'
        '<th colspan="2" scope="colgroup">from the middle of the column</th></tr></thead>'
        f"{lines}</table>{left}</article>"
    )


def _mean(group: Group, profile: GroupProfile | None, name: str, position: int) -> str:
    if name in group.levels:
        level = group.telling(name)
        return f"{isolated(level.level)} {percent(level.share)}"
    mean = group.center[name]
    if profile is None:
        return number(mean)
    return measured(mean, profile.standard_deviation[position])


def _beside(group: Group, name: str) -> str:
    """Return what a mean or a share is beside those of all rows."""
    if name in group.levels:
        return f"{percent(group.telling(name).overall)} of all"
    return _sd(group.contrast[name])


def _contrast(part: float) -> str:
    size = _HALF * abs(part)
    start = _HALF if part > 0 else _HALF - size
    return (
        f'<svg class="contrast" aria-hidden="true" viewBox="0 0 {2 * _HALF} 10" width="{2 * _HALF}" height="10">'
        f'<path d="M{start:.1f} 1h{size:.1f}v8h-{size:.1f}Z"/><path class="zero" d="M{_HALF} 0v10"/></svg>'
    )


def _sd(contrast: float) -> str:
    size = f"{abs(contrast):.1f}"
    sign = "" if float(size) == 0 else "+" if contrast > 0 else "-"
    return f"{sign}{size} sd"
