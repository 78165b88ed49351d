"""The list of all covariance shapes."""

from .correlated import Full, Tied
from .covariance import Covariance
from .factor import Factor
from .uncorrelated import Diagonal, Spherical

__all__ = ["CONJUGATE", "SEARCHED", "SHAPES", "Diagonal", "Full", "Spherical", "Tied"]

SHAPES: dict[str, type[Covariance]] = {shape.name: shape for shape in (Full, Tied, Diagonal, Spherical, Factor)}
"""The covariance shapes by their names: there are no others."""

SEARCHED = tuple(name for name, shape in SHAPES.items() if shape.is_searched)

CONJUGATE = tuple(name for name, shape in SHAPES.items() if shape.is_conjugate)
