"""The tables and starts that the benchmarks share."""

from dataclasses import dataclass

import numpy as np
from sklearn.mixture import GaussianMixture as Peer

from mixtura.distributions.mixture import Mixture
from mixtura.distributions.shapes import SHAPES

SIZES = [(1_000_000, 2, 8), (500_000, 8, 16), (200_000, 32, 16), (50_000, 128, 8)]


@dataclass(frozen=True)
class Problem:
    """A table drawn from overlapping groups, and a mixture near them to start from.

    Centres are drawn with a standard deviation of 1.5, so that groups overlap in few columns and no responsibility is
    so small as to be subnormal, which would slow the peer's matrix products down many times.
    """

    n_rows: int
    n_features: int
    n_components: int

    @property
    def name(self) -> str:
        return f"{self.n_rows:,} × {self.n_features}, {self.n_components}"

    def table(self, dtype: type = np.float64) -> np.ndarray:
        rng = np.random.default_rng(self.n_features)
        centers = self._centers(rng)
        labels = rng.integers(self.n_components, size=self.n_rows)
        return (centers[labels] + rng.standard_normal((self.n_rows, self.n_features))).astype(dtype)

    def start(self, shape: str) -> Mixture:
        rng = np.random.default_rng(self.n_features)
        means = self._centers(rng) + 0.1 * rng.standard_normal((self.n_components, self.n_features))
        d, k = self.n_features, self.n_components
        noise = rng.standard_normal((k, d, 2 * d)) / np.sqrt(2 * d)
        matrices = noise @ noise.transpose(0, 2, 1) + 0.5 * np.eye(d)
        values = {
            "full": matrices,
            "tied": matrices.mean(axis=0),
            "diag": np.diagonal(matrices, axis1=1, axis2=2),
            "spherical": np.trace(matrices, axis1=1, axis2=2) / d,
        }[shape]
        return Mixture(np.full(k, 1 / k), means, SHAPES[shape](values, k, d))

    def _centers(self, rng: np.random.Generator) -> np.ndarray:
        return rng.normal(scale=1.5, size=(self.n_components, self.n_features))


def peer_at(start: Mixture) -> Peer:
    """Return scikit-learn's estimator at the parameters of `start`."""
    peer = Peer(
        start.n_components,
        covariance_type=start.covariance.name,
        weights_init=start.weights,
        means_init=start.means,
        precisions_init=start.covariance.precisions,
    )
    peer._initialize(np.zeros((2, start.n_features)), None)
    return peer
