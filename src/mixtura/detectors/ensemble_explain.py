"""Why an ensemble finds a row unusual: what its mixtures expect of each value, and how far its neighbours are."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from ..distributions.matrices import Floats
from ..kernels.ensemble import Members, Samples, Units, distances
from .explanation import Explanation, explanation_of

# Values of components that are held at once: some tens of megabytes.
_AT_ONCE = 2**20

# A value differs from that of a column that never changed if it does so in its first digits, as in the kernel.
_SAME_DIGITS = 1e-6


def explain(X: NDArray[Any], units: Units, members: Members, samples: Samples, new_value: float) -> Explanation:
    """Return what members expected of each value, and the parts of the score that columns carry.

    A member divides what it adds to the score, where that is positive, among its columns by their squared distances
    from what it expects given its other columns; a sample among all columns, by the squared differences from the mean
    of the nearest of its rows. The part of a column is its weighted mean over the members that see it, and its mean
    over the samples; or `new_value` where a column that never changed has another value. Missing values
    are as expected.
    """
    per_row = max(1, int(members.shapes[:, 1:].prod(axis=1).max(initial=1)), samples.references.shape[1])
    size = max(1, _AT_ONCE // max(per_row, len(units.center)))
    pieces = [_explain(X[first : first + size], units, members, samples, new_value) for first in range(0, len(X), size)]
    return Explanation.concatenate(pieces)


def _explain(X: NDArray[Any], units: Units, members: Members, samples: Samples, new_value: float) -> Explanation:
    values = X.astype(np.float64)
    known = ~np.isnan(values)
    with np.errstate(over="ignore", invalid="ignore"):
        difference = np.where(known, values - units.center, 0.0)
        scaled = difference * units.scale
    clipped = np.clip(np.nan_to_num(scaled, nan=0.0, posinf=np.inf, neginf=-np.inf), -units.limit, units.limit)
    constant = units.scale == 0
    expected, variance, parts = (np.zeros_like(clipped) for _ in range(3))
    seen = np.zeros(clipped.shape[1])
    for member in _each(members):
        here = member.columns
        mean, conditional, added = member.explain(clipped[:, here])
        expected[:, here] += member.weight * mean
        variance[:, here] += member.weight * conditional
        parts[:, here] += member.weight * added
        seen[here] += member.weight
    often = np.where(seen > 0, seen, 1.0)
    # A column that changes but that no member sees is expected where it lies usually.
    variance = np.where(seen > 0, variance / often, np.where(constant, 0.0, 1.0))
    with np.errstate(over="ignore", divide="ignore"):
        deviation = np.where(constant, 0.0, np.sqrt(variance) / np.where(constant, 1.0, units.scale))
        center = units.center + np.where(constant, 0.0, expected / often / np.where(constant, 1.0, units.scale))
    center, deviation = (np.nan_to_num(array, posinf=np.finfo(float).max) for array in (center, deviation))
    changed = constant & (np.abs(difference) > _SAME_DIGITS * np.abs(units.center))
    parts = parts / often + _of_samples(X, clipped, units, samples)
    parts = np.where(known, parts, 0.0) + np.where(changed, new_value, 0.0)
    return explanation_of(np.where(known, values, center), center, deviation, parts)


def _of_samples(X: NDArray[Any], scaled: Floats, units: Units, samples: Samples) -> Floats:
    """Return the parts of the score that columns carry for their differences from neighbours."""
    parts = np.zeros_like(scaled)
    found = distances(X, units, samples)
    voters = zip(samples.references.astype(np.float64), found, samples.medians, samples.spreads, strict=True)
    for reference, distance, median, spread in voters:
        squares = (reference**2).sum(axis=1) - 2 * scaled @ reference.T  # less that of the row itself
        nearest = np.argpartition(squares, samples.k - 1, axis=1)[:, : samples.k]
        differences = (scaled - reference[nearest].mean(axis=1)) ** 2
        total = differences.sum(axis=1, keepdims=True)
        added = np.log1p(np.maximum((distance[:, None] - median) / spread, 0.0))
        parts += added * np.divide(differences, total, out=np.zeros_like(differences), where=total > 0)
    return parts / max(1, len(found))


class _Member:
    """One mixture, as matrices."""

    def __init__(
        self,
        columns: NDArray[np.int32],
        log_constants: Floats,
        means: Floats,
        factors: Floats,
        median: float,
        spread: float,
        weight: float,
    ) -> None:
        self.columns, self.log_constants, self.means = columns, log_constants, means
        self.factors = factors if factors.ndim == 3 else factors[:, :, None] * np.eye(len(columns))
        self.median, self.spread, self.weight = median, spread, weight
        precisions = self.factors @ self.factors.transpose(0, 2, 1)
        self.conditional_variances = 1.0 / np.diagonal(precisions, axis1=1, axis2=2)
        self.precisions = precisions

    def explain(self, X: Floats) -> tuple[Floats, Floats, Floats]:
        """Return expected values, their variances and the parts of the score, each of shape (n_rows, n_columns)."""
        centred = X[:, None] - self.means
        whitened = np.einsum("nki,kij->nkj", centred, self.factors)
        log_densities = self.log_constants - 0.5 * (whitened**2).sum(axis=2)
        shares = softmax(log_densities, axis=1)[:, :, None]
        # Given the other columns, a value lies (P c)_j / P_jj from what is expected, and its variance is 1 / P_jj.
        residual = np.einsum("nki,kij->nkj", centred, self.precisions) * self.conditional_variances
        squares = (shares * residual**2 / self.conditional_variances).sum(axis=1)
        outlyingness = -np.logaddexp.reduce(log_densities, axis=1)
        added = np.log1p(np.maximum((outlyingness - self.median) / self.spread, 0.0))
        total = squares.sum(axis=1, keepdims=True)
        divided = added[:, None] * np.divide(squares, total, out=np.zeros_like(squares), where=total > 0)
        return X - (shares * residual).sum(axis=1), (shares * self.conditional_variances).sum(axis=1), divided


def _each(members: Members) -> Iterator[_Member]:
    column = component = mean = factor = 0
    rest = zip(members.medians, members.spreads, members.weights, strict=True)
    for (full, width, count), (median, spread, weight) in zip(members.shapes, rest, strict=True):
        size = count * width * (width if full else 1)
        factors = members.factors[factor : factor + size].astype(np.float64)
        yield _Member(
            members.columns[column : column + width],
            members.log_constants[component : component + count],
            members.means[mean : mean + count * width].astype(np.float64).reshape(count, width),
            factors.reshape((count, width, width) if full else (count, width)),
            float(median),
            float(spread),
            float(weight),
        )
        column, component, mean, factor = column + width, component + count, mean + count * width, factor + size
