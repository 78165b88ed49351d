"""Which rows a picture shows, and what it says about the others."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import check_random_state

from ...decisions.thresholds import check_scores, threshold_by_rate
from ...errors import EmptyTableError
from ...typing import Floats


@dataclass(frozen=True, eq=False)
class ShownRows:
    """The rows that a picture shows.

    Attributes
    ----------
    points : ndarray of shape (n_points, 2)
        Where they lie.
    labels : ndarray of shape (n_points,) or None
        Their components.
    flagged : ndarray of shape (n_points,) or None
        Whether they are anomalies.
    notes : tuple of str
        What is not shown.
    """

    points: Floats
    labels: NDArray[np.int64] | None
    flagged: NDArray[np.bool_] | None
    notes: tuple[str, ...]


def shown_rows(
    places: Floats,
    labels: NDArray[np.int64] | None,
    flagged: NDArray[np.bool_] | None,
    n_left_out: int,
    max_points: int,
    random_state: int | np.random.RandomState | None,
) -> ShownRows:
    """Return the rows that have a place: all anomalies, and at most `max_points` of the others, drawn at random.

    `n_left_out` rows have been left out before, because values that the model needs are missing.
    """
    there: NDArray[np.bool_] = np.asarray(~np.isnan(places).any(axis=1))
    ordinary = np.flatnonzero(there if flagged is None else there & ~flagged)
    kept = np.array(there)
    notes = []
    if len(ordinary) > max_points:
        chosen = check_random_state(random_state).choice(ordinary, max_points, replace=False)
        kept[ordinary] = False
        kept[chosen] = True
        which = "rows" if flagged is None else "rows that belong"
        notes.append(f"a sample of {max_points:,} of the {len(ordinary):,} {which}")
    n_missing = n_left_out + int((~there).sum())
    if n_missing:
        lost = 0 if flagged is None else int((flagged & ~there).sum())
        among = f", {lost:,} of them {'an anomaly' if lost == 1 else 'anomalies'}," if lost else ""
        notes.append(f"{n_missing:,} {'row' if n_missing == 1 else 'rows'} with missing values{among} not shown")
    return ShownRows(
        places[kept],
        None if labels is None else labels[kept],
        None if flagged is None else flagged[kept],
        tuple(notes),
    )


def complete_rows(values: NDArray[Any], name: str) -> tuple[NDArray[Any], int]:
    """Return the rows without missing values, and how many others there are.

    Raises
    ------
    EmptyTableError
        There are no rows without.
    """
    there = ~np.isnan(values).any(axis=1)
    if len(values) and not there.any():
        raise EmptyTableError(f"every row has a missing value, and {name} takes none: fill them in")
    return values[there], int((~there).sum())


def flags(
    scores: Floats, rate: float | None, threshold: float | None, default: float | None
) -> tuple[NDArray[np.bool_] | None, float | None]:
    """Return which scores are those of anomalies, and the threshold; None where nothing says.

    Raises
    ------
    ValueError
        There is more than one rule, or a rate and no scores.
    """
    if rate is not None and threshold is not None:
        raise ValueError("rate and threshold both say which rows are anomalies: give one of them")
    if rate is not None:
        threshold = threshold_by_rate(scores, rate)
    elif threshold is None:
        threshold = default
    return (None, None) if threshold is None else (scores < threshold, float(threshold))


def given_for_rows(
    n_rows: int, scores: ArrayLike | None, labels: ArrayLike | None, rate: float | None, threshold: float | None
) -> tuple[NDArray[np.int64] | None, NDArray[np.bool_] | None]:
    """Return the labels of rows, and which are anomalies by their scores; None where nothing says.

    Raises
    ------
    ValueError
        There is not one label or score for each row, labels are not whole numbers, or a rate or threshold has no
        scores.
    """
    known = None if scores is None else check_scores(scores)
    groups = None if labels is None else np.asarray(labels)
    for name, given in (("scores", known), ("labels", groups)):
        if given is not None and given.shape != (n_rows,):
            raise ValueError(f"{name} must be one for each of the {n_rows} rows, not of shape {given.shape}")
    if groups is not None and not np.issubdtype(groups.dtype, np.integer):
        raise ValueError(f"labels must be whole numbers, not of type {groups.dtype}")
    if known is None:
        if rate is not None or threshold is not None:
            raise ValueError("a rate or threshold needs scores: give them")
        return groups, None
    return groups, flags(known, rate, threshold, None)[0]
