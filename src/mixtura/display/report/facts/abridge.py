"""A summary with what a page has room for."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ....tables.models.table_model import TableModel
from ....tables.moved.drift import ColumnDrift
from ....tables.told.groups import Group
from ....tables.told.model import ModelFacts
from ....tables.told.segment_facts import SegmentFacts
from ....tables.told.summary import Summary
from ....tables.told.table import LeftOutColumn
from ..budget import PAGE
from .data import GroupProfile, Omitted, ReportRow
from .names import shortened, weight


def abridged(
    summary: Summary,
    model: TableModel,
    names: Mapping[str, str],
    described: Sequence[int],
    profiles: Sequence[GroupProfile],
    rows: Sequence[ReportRow],
) -> tuple[Summary, Omitted]:
    """Return a summary with short names and texts, and how much of it there was no room for.

    Parameters
    ----------
    summary : Summary
        What a command found.
    model : TableModel
        The model.
    names : mapping of str to str
        What columns are called, by their names.
    described : sequence of int
        Positions of the columns that are described.
    profiles : sequence of GroupProfile
        The groups that are described.
    rows : sequence of ReportRow
        The rows that are listed; an anomaly of the summary that is not among them is left out.
    """
    told = {row.row: row for row in rows}
    components = {profile.component for profile in profiles}
    groups = [group for group in summary.groups if group.component in components]
    facts, n_candidates = _with_best(summary.model)
    table, drift = summary.table, summary.drift
    short = replace(
        summary,
        table=replace(
            table,
            source=shortened(table.source, PAGE.sentence),
            columns=tuple(names[model.columns[position]] for position in described),
            left_out=tuple(
                LeftOutColumn(shortened(column.name), column.reason) for column in table.left_out[: PAGE.left_out]
            ),
        ),
        model=facts,
        groups=tuple(_with_columns(group, [model.columns[k] for k in described], names) for group in groups),
        anomalies=tuple(
            replace(
                anomaly,
                column=names[anomaly.column],
                reason=told[anomaly.row].reason,
                cells=tuple(replace(cell, column=names[cell.column]) for cell in anomaly.cells),
                strays=tuple(replace(cell, column=names[cell.column]) for cell in anomaly.strays),
            )
            for anomaly in summary.anomalies
            if anomaly.row in told
        ),
        reasons=tuple(
            replace(
                group,
                reason=shortened(group.reason, PAGE.reason),
                columns=tuple(names[column] for column in group.columns),
            )
            for group in summary.reasons[: PAGE.reasons]
        ),
        segments=tuple(_segment(segment, names) for segment in summary.segments[: PAGE.segments]),
        notices=tuple(shortened(notice, PAGE.sentence) for notice in summary.notices[: PAGE.notices]),
        news=tuple(
            replace(one, column=shortened(one.column), what=shortened(one.what, PAGE.reason))
            for one in sorted(summary.news, key=lambda one: one.is_expected)[: PAGE.since]
        ),
        drift=None if drift is None else replace(drift, columns=tuple(map(_short, drift.columns[: PAGE.since]))),
    )
    omitted = Omitted(
        columns=len(model.columns) - len(described),
        left_out=max(0, len(table.left_out) - PAGE.left_out),
        groups=len(summary.groups) - len(groups),
        candidates=n_candidates,
        reasons=max(0, len(summary.reasons) - PAGE.reasons),
        segments=max(0, len(summary.segments) - PAGE.segments),
        news=max(0, len(summary.news) - PAGE.since),
        moved=0 if drift is None else max(0, len(drift.moved) - PAGE.since),
    )
    return short, omitted


def _short(column: ColumnDrift) -> ColumnDrift:
    return replace(column, column=shortened(column.column), said=shortened(column.said, PAGE.reason))


def n_groups_fitting(called: Sequence[str]) -> int:
    """Return how many groups there is room for, each with two numbers for every column of such a name."""
    size = sum(2 * (weight(name) + PAGE.number_bytes) for name in called)
    return max(1, min(PAGE.groups, PAGE.group_bytes // size))


def _segment(segment: SegmentFacts, names: Mapping[str, str]) -> SegmentFacts:
    levels = {names[name]: None if level is None else shortened(level) for name, level in segment.levels.items()}
    return replace(
        segment,
        levels=levels,
        differs=tuple(replace(value, column=names[value.column]) for value in segment.differs),
    )


def _with_columns(group: Group, columns: Sequence[str], names: Mapping[str, str]) -> Group:
    return replace(
        group,
        center={names[column]: group.center[column] for column in columns if column in group.center},
        levels={names[column]: group.levels[column] for column in columns if column in group.levels},
        contrast={names[column]: group.contrast[column] for column in columns},
    )


def _with_best(facts: ModelFacts) -> tuple[ModelFacts, int]:
    """Return what a model is, with the candidates of lowest BIC in the order of the search, and how many are not."""
    dropped = {id(candidate) for candidate in sorted(facts.candidates, key=lambda c: c.bic)[PAGE.candidates :]}
    kept = tuple(candidate for candidate in facts.candidates if id(candidate) not in dropped)
    trained_on = None if facts.trained_on is None else shortened(facts.trained_on, PAGE.sentence)
    description = shortened(facts.description, PAGE.sentence)
    versions = {name: shortened(version, PAGE.sentence) for name, version in facts.versions.items()}
    short = replace(facts, description=description, candidates=kept, trained_on=trained_on, versions=versions)
    return short, len(dropped)
