"""Laplace's approximation: the normal distribution with the curvature of the log density at its mode."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ....distributions.mixture import Mixture
from ....distributions.shapes import Full
from ..modes import modes
from ..problem import Approximation, Problem, Settings


@dataclass(frozen=True)
class Laplace:
    """The normal distribution at the mode of most evidence (Bishop 2006, section 4.4)."""

    name: ClassVar[str] = "laplace"

    def approximate(self, problem: Problem, settings: Settings) -> Approximation:
        """Return the normal distribution at the best mode found."""
        mode = modes(problem, settings.n_starts, settings.seed)[0]
        mixture = Mixture([1.0], mode.point[None], Full(mode.covariance[None], 1, problem.n_dimensions))
        flat = "the log density does not curve down in every direction at its mode, so that the variances there are "
        reasons = () if mode.sharp else (flat + "guesses: choose the mixture method, or a prior in every direction",)
        return Approximation(mixture, np.array([mode.log_evidence]), reasons=reasons)
