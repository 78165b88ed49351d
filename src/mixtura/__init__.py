"""Mixtura: the groups in a table, and the rows that do not belong."""

from .mixtures.gaussian import GaussianMixture
from .mixtures.search import MixtureSearch

__all__ = ["GaussianMixture", "MixtureSearch"]
