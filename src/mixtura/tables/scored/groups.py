"""What the rows of each component of a mixture have in common: means of numbers, shares of levels."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ... import words
from ...rows.blocks.checks import quoted
from ..asking.spelling import Spell
from ..models.table_model import TableModel
from ..told.groups import Group, LevelShare

# Groups follow a column when its levels tell the group of so many of the rows that are not in the largest one
# (Goodman and Kruskal 1954, "Measures of association for cross classifications", JASA 49, lambda).
_FOLLOWS = 0.95


def groups_of(model: TableModel, counts: NDArray[np.int64], n_rows: int) -> tuple[Group, ...]:
    """Return the groups of a table of so many rows, given for how many each component is the most probable."""
    if not model.has_components:
        return ()
    names = [model.columns[place] for place in model.mixture.numbers]
    clusters = [-1] * len(counts) if model.clusters is None else model.clusters.tolist()
    levels = [_levels(model, component) for component in range(len(counts))]
    return tuple(
        Group(
            component,
            int(n),
            int(n) / n_rows,
            dict(zip(names, center[model.mixture.numbers].tolist(), strict=True)),
            dict(zip(names, contrast.tolist(), strict=True)) | {name: _contrast(levels[name]) for name in levels},
            clusters[component] if clusters[component] >= 0 else None,
            levels,
        )
        for component, (n, center, contrast, levels) in enumerate(
            zip(counts, model.means, model.mixture.means, levels, strict=True)
        )
    )


def _levels(model: TableModel, component: int) -> dict[str, tuple[LevelShare, ...]]:
    """Return the levels of every column of levels in a component, the most probable one first."""
    found = model.mixture.levels
    if found is None:
        return {}
    weights = model.mixture.weights
    shares = {}
    for column, table in zip(found.columns, found.probabilities, strict=True):
        kind = model.kinds[column] if model.kinds else None
        told = [str(code) if kind is None else kind.speak(code) for code in range(table.shape[1])]
        overall = weights @ table
        order = np.argsort(-table[component], kind="stable")
        shares[model.columns[column]] = tuple(
            LevelShare(told[code], float(table[component, code]), float(overall[code])) for code in order.tolist()
        )
    return shares


def _contrast(levels: Sequence[LevelShare]) -> float:
    return float(np.sqrt(2 * max(sum(level.nats for level in levels), 0.0)))


def following_notices(model: TableModel, spell: Spell) -> tuple[str, ...]:
    """Return what deserves attention where a column of levels alone tells the groups of nearly all rows."""
    mixture = model.mixture
    if mixture.levels is None or mixture.n_components == 1:
        return ()
    largest = float(mixture.weights.max())
    told = {
        model.columns[column]: float((mixture.weights[:, None] * table).max(axis=0).sum())
        for column, table in zip(mixture.levels.columns, mixture.levels.probabilities, strict=True)
    }
    follows = {name: share for name, share in told.items() if share - largest >= _FOLLOWS * (1 - largest)}
    if not follows:
        return ()
    one = len(follows) == 1
    levels = "its level tells" if one else "the level of each tells"
    return (
        f"the groups follow {quoted([*follows])}: {levels} the group of {words.percent(min(follows.values()))} of the "
        f"rows. Leave {'it' if one else 'them'} out to find groups by the other columns "
        f"({spell('drop', tuple(follows))}).",
    )
