"""The groups of a table, as plain data."""

import math
from dataclasses import dataclass, field


@dataclass(frozen=True)
class LevelShare:
    """A level of a column among the rows of a group.

    Attributes
    ----------
    level : str
        The level, as it stands in the table.
    share : float
        Its probability in the group, as a fraction of the rows that have a level.
    overall : float
        The same in the whole mixture.
    """

    level: str
    share: float
    overall: float

    @property
    def nats(self) -> float:
        """What it adds to the divergence of the group from the whole."""
        return self.share * math.log(self.share / self.overall) if self.share > 0 else 0.0


@dataclass(frozen=True)
class Group:
    """The rows of one component.

    Attributes
    ----------
    component : int
        Its number, from 0, as in the result and in the saved model; component 0 has the largest weight.
    cluster : int or None
        The cluster that it was merged into; None where components were not merged, and for one of weight zero.
    levels : dict of str to tuple of LevelShare
        The levels of every column of levels, the most probable one first.
    n_rows : int
        Rows for which it is the most probable component.
    share : float
        The same as a fraction of all rows.
    center : dict of str to float
        Its mean in every column of numbers, in the units of the table.
    contrast : dict of str to float
        How many standard deviations of the column that mean lies above its middle, both as its quartiles say. Of a
        column of levels the root of twice the Kullback-Leibler divergence from the whole mixture, which says the same
        of two normal groups as wide as one another.
    """

    component: int
    n_rows: int
    share: float
    center: dict[str, float]
    contrast: dict[str, float]
    cluster: int | None = None
    levels: dict[str, tuple[LevelShare, ...]] = field(default_factory=dict)

    def telling(self, column: str) -> LevelShare:
        """Return the level of a column of levels that tells most of the group."""
        return max(self.levels[column], key=lambda level: level.nats)


@dataclass(frozen=True)
class Cluster:
    """The rows of components that were merged.

    Attributes
    ----------
    cluster : int
        Its number, from 0, as in the result; cluster 0 has the largest weight.
    components : tuple of int
        The components that it was merged from.
    n_rows : int
        Rows for which it is the most probable cluster.
    share : float
        The same as a fraction of all rows.
    """

    cluster: int
    components: tuple[int, ...]
    n_rows: int
    share: float


@dataclass(frozen=True)
class Merging:
    """Components merged into clusters.

    Attributes
    ----------
    clusters : tuple of Cluster
        The clusters.
    asked : bool
        Whether their number was asked for, and not found.
    """

    clusters: tuple[Cluster, ...]
    asked: bool
