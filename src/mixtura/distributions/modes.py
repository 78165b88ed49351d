"""The modes of a mixture: every local maximum of its density."""

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logsumexp

from ..typing import Floats
from .normal_only import require_normal

if TYPE_CHECKING:
    from .mixture import Mixture

MAX_STEPS = 500
# Lengths in standard deviations of the components near by: of the last step of a climb, and between modes told apart.
LAST_STEP = 1e-12
APART = 1e-3
# Curvature relative to the components' own. Maxima as flat as two equal components exactly two standard deviations
# apart have none, up to rounding.
FLAT = 1e-8
# Where the shares of two components change along the ridgeline depends on the ratio of their variances: positions are
# equally spaced in the log odds of the shares, up to a ratio of e^12, about 160,000.
POSITIONS = expit(np.linspace(-12, 12, 97))
# A mode is the point of the manifold whose shares are the components' responsibilities there: a peak along a pair's
# ridgeline that belongs to other components says nothing of the pair.
PAIR_SHARE = 0.25
PAIRS_AT_A_TIME = 256  # the points of so many ridgelines are held at a time
PART = 2**22  # numbers in an array of one for each start, component and column: 32 MiB
NEIGHBOURS = 6  # components from which, with each component, triples are made


def modes(mixture: "Mixture") -> tuple[Floats, Floats]:
    """Return the local maxima of the density: see `Mixture.modes`.

    Climbs by the fixed-point and Newton iterations of Carreira-Perpiñán (2000, Mode-finding for mixtures of Gaussian
    distributions, IEEE Transactions on Pattern Analysis and Machine Intelligence 22) start from every component's mean
    and from points of the ridgeline manifold, which holds all modes (Ray and Lindsay 2005, The topography of
    multivariate normal mixtures, Annals of Statistics 33): the maxima of the density along the ridgeline of every two
    components, and the middle of every component with two of its nearest.
    """
    require_normal(mixture, "the modes")
    hills = _Hills(mixture)
    starts = hills.starts(mixture)
    n_parts = -(-len(starts) * hills.means.size // PART)
    points = np.vstack([_climb(hills, part) for part in np.array_split(starts, n_parts)])
    curvature, distance = hills.curvature(points)
    # A climb that ends on a saddle is no mode, nor is one that still goes on, over ground too flat to reach its top.
    points = _distinct(hills, points[(curvature <= FLAT) & (distance < APART)]) + hills.center
    log_densities = np.asarray(mixture.log_density(points), dtype=np.float64)
    order = np.argsort(-log_densities, kind="stable")
    return points[order], log_densities[order]


class _Hills:
    """The components that are not empty, about the mean of their means, and the derivatives of their log density."""

    def __init__(self, mixture: "Mixture") -> None:
        used = mixture.weights > 0
        self.center = mixture.means[used].mean(axis=0)
        self.means = mixture.means[used] - self.center
        self.log_heights = np.log(mixture.weights[used]) + mixture.covariance.half_log_precision[used]
        self.precisions = np.linalg.inv(mixture.covariance.dense[used])

    def log_density(self, points: Floats) -> Floats:
        """Return the log density at each point, but for a constant."""
        return np.asarray(logsumexp(self._pulls(points)[1], axis=0))

    def terms(self, points: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        """Return log density (but for a constant), its gradient and Hessian, and the mean precision, at each point."""
        pulls, logs = self._pulls(points)
        log_density = logsumexp(logs, axis=0)
        shares = np.exp(logs - log_density)
        gradient = np.einsum("kn,kni->ni", shares, pulls)
        precision = np.tensordot(shares.T, self.precisions, 1)
        spread = (np.sqrt(shares)[:, :, None] * (pulls - gradient)).transpose(1, 2, 0)
        return log_density, gradient, spread @ spread.transpose(0, 2, 1) - precision, precision

    def _pulls(self, points: Floats) -> tuple[Floats, Floats]:
        """Return the gradients of the components' log densities, and their weighted log densities, at each point."""
        offsets = self.means[:, None] - points
        pulls = offsets @ self.precisions
        return pulls, self.log_heights[:, None] - (offsets * pulls).sum(axis=2) / 2

    def curvature(self, points: Floats) -> tuple[Floats, Floats]:
        """Return the largest curvature of the log density, relative to the mean precision, and how far its top is."""
        _, gradient, hessian, precision = self.terms(points)
        whiten = np.linalg.inv(np.linalg.cholesky(precision))
        values, vectors = np.linalg.eigh(whiten @ hessian @ whiten.transpose(0, 2, 1))
        slopes = np.einsum("nji,njk,nk->ni", vectors, whiten, gradient)
        return values[:, -1], np.asarray(np.linalg.norm(slopes / (np.abs(values) + FLAT), axis=1))

    def ridge(self, components: tuple[int, ...], shares: Floats) -> Floats:
        """Return points of the ridgeline manifold of some components, given their shares, shape (n, n_components)."""
        index = list(components)
        precisions = self.precisions[index]
        pulls = np.einsum("kij,kj->ki", precisions, self.means[index])
        points: Floats = np.linalg.solve(np.tensordot(shares, precisions, 1), (shares @ pulls)[:, :, None])[:, :, 0]
        return points

    def starts(self, mixture: "Mixture") -> Floats:
        """Return the points from which to climb."""
        pairs = np.stack(np.triu_indices(len(self.means), 1), axis=1)
        found = [self.means]
        for first in range(0, len(pairs), PAIRS_AT_A_TIME):
            found.append(self._peaks(mixture, pairs[first : first + PAIRS_AT_A_TIME]))
        for triple in self._triples():
            found.append(self.ridge(triple, np.full((1, 3), 1 / 3)))
        return np.vstack(found)

    def _peaks(self, mixture: "Mixture", pairs: NDArray[np.int64]) -> Floats:
        """Return the maxima of the density along the ridgelines of pairs of components, of those that these make.

        In coordinates in which both precisions are diagonal, one of them the identity, a ridgeline is a mean of two
        means column by column.
        """
        one, other = pairs.T
        lower = np.linalg.cholesky(self.precisions[one])
        inverse = np.linalg.inv(lower)
        ratios, axes = np.linalg.eigh(inverse @ self.precisions[other] @ inverse.transpose(0, 2, 1))
        there, back = axes.transpose(0, 2, 1) @ lower.transpose(0, 2, 1), inverse.transpose(0, 2, 1) @ axes
        start, end = (np.einsum("nij,nj->ni", there, self.means[side]) for side in (one, other))
        shares = POSITIONS[:, None] * ratios[:, None] / (1 - POSITIONS[:, None] + POSITIONS[:, None] * ratios[:, None])
        lines = (start[:, None] * (1 - shares) + end[:, None] * shares) @ back.transpose(0, 2, 1)
        points = (lines + self.center).reshape(-1, lines.shape[2])
        heights = np.asarray(mixture.log_density(points)).reshape(lines.shape[:2])
        inner = heights[:, 1:-1]
        pair, place = np.nonzero((inner >= heights[:, :-2]) & (inner >= heights[:, 2:]))
        peaks = lines[:, 1:-1][pair, place]
        logs = self.log_heights[pairs[pair]] - self._squares(peaks, pairs[pair]) / 2
        return np.asarray(peaks[logsumexp(logs, axis=1) - self.log_density(peaks) > np.log(PAIR_SHARE)])

    def _squares(self, points: Floats, components: NDArray[np.int64]) -> Floats:
        """Return the squared distances of each point from some components of its own."""
        offsets = self.means[components] - points[:, None]
        return np.asarray(np.einsum("npi,npij,npj->np", offsets, self.precisions[components], offsets))

    def _triples(self) -> list[tuple[int, ...]]:
        differences = self.means[:, None] - self.means
        distances = np.einsum("klj,kji,kli->kl", differences, self.precisions, differences)
        nearest = np.argsort(distances, axis=1, kind="stable")[:, : NEIGHBOURS + 1]
        triples = {
            tuple(sorted({component, *two}))
            for component, others in enumerate(nearest.tolist())
            for two in combinations(others, 2)
        }
        return sorted(triple for triple in triples if len(triple) == 3)


def _climb(hills: _Hills, starts: Floats) -> Floats:
    """Return where the ascents from each start end: Newton steps while they climb, else fixed-point steps."""
    points = starts.copy()
    active = np.arange(len(points))
    for _ in range(MAX_STEPS):
        here = points[active]
        log_density, gradient, hessian, precision = hills.terms(here)
        # The fixed-point iteration, which never descends.
        step = np.asarray(np.linalg.solve(precision, gradient[:, :, None])[:, :, 0], dtype=np.float64)
        # Far from the middle a point is rounded by more than the last step.
        rounding = 8 * np.finfo(np.float64).eps * _lengths(here, precision)
        going = _lengths(step, precision) > LAST_STEP + rounding
        if not going.any():
            break
        active, here = active[going], here[going]
        target = here + step[going]
        newton = _newton_targets(here, gradient[going], hessian[going], precision[going])
        better = hills.log_density(newton) > log_density[going]
        points[active] = np.where(better[:, None], newton, target)
    return points


def _newton_targets(points: Floats, gradient: Floats, hessian: Floats, precision: Floats) -> Floats:
    """Return the points after a Newton step of at most one standard deviation, the points themselves at a saddle."""
    concave = np.linalg.eigvalsh(hessian)[:, -1] < 0
    step = np.zeros_like(points)
    step[concave] = -np.linalg.solve(hessian[concave], gradient[concave][:, :, None])[:, :, 0]
    return points + step / np.maximum(_lengths(step, precision), 1)[:, None]


def _distinct(hills: _Hills, points: Floats) -> Floats:
    """Return one of each group of points closer than `APART`, the most dense."""
    log_density, _, _, precision = hills.terms(points)
    kept: list[int] = []
    for candidate in np.argsort(-log_density, kind="stable").tolist():
        offsets = points[kept] - points[candidate]
        if not (
            _lengths(offsets, np.broadcast_to(precision[candidate], (len(kept), *precision.shape[1:]))) < APART
        ).any():
            kept.append(candidate)
    return points[kept]


def _lengths(steps: Floats, precision: Floats) -> Floats:
    """Return the lengths of steps in standard deviations."""
    return np.asarray(np.sqrt(np.einsum("ni,nij,nj->n", steps, precision, steps)))
