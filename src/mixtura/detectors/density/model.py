"""`DensityModel`: rows scored by their density under a mixture, and explained by its conditional distributions."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from ...distributions.levels import LevelColumns, Levels
from ...distributions.matrices import frozen, largest_root
from ...distributions.mixture import Mixture
from ...distributions.noise import Noise
from ...distributions.shapes import SHAPES
from ...errors import SingularCovarianceError
from ...intake.scaling import Scaling
from ...typing import Floats
from ..explaining.by_cells import ByCells
from ..explaining.conditionals import without_noise
from ..explaining.drawn import drawn
from ..explaining.explainer import Explainer
from ..explaining.wide import WideExplainer
from ..explanation import Explanation

# Rows drawn from a mixture that tell which densities are ordinary.
_SIMULATED, _FEW_SIMULATED = 2048, 512

# Numbers that the precisions of a mixture hold at most: of larger ones the columns are chosen for each row.
_MOST_NUMBERS = 2**21


@dataclass(frozen=True, eq=False)
class DensityModel:
    """A mixture over scaled columns, which scores rows by the log density of their scaled values.

    So no score depends on the units of a column, nor on those of one whose value a row lacks.

    Attributes
    ----------
    mixture : Mixture
        Distribution of the scaled columns.
    center, scale : ndarray of shape (n_columns,)
        A scaled value is (value - center) / scale.

    Raises
    ------
    ValueError
        The parts do not fit together, or are not numbers that can be used.
    """

    kind: ClassVar[str] = "mixture"

    mixture: Mixture
    center: Floats
    scale: Floats

    def __post_init__(self) -> None:
        for name in ("center", "scale"):
            array = frozen(getattr(self, name))
            if array.shape != (self.n_features,) or not np.isfinite(array).all():
                raise ValueError(f"{name} must be {self.n_features} finite numbers, one for each column")
            object.__setattr__(self, name, array)
        if not (self.scale > 0).all():
            raise ValueError("every scale must be positive")
        self.mixture.covariance.check_invertible()

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, DensityModel):
            return NotImplemented
        return (
            self.mixture == other.mixture
            and np.array_equal(self.center, other.center)
            and np.array_equal(self.scale, other.scale)
        )

    __hash__ = None  # type: ignore[assignment]  # a value of arrays, as unhashable as they are

    @classmethod
    def of(cls, mixture: Mixture) -> Self:
        """Return the model of a mixture over the columns as they are."""
        return cls(mixture, np.zeros(mixture.n_features), np.ones(mixture.n_features))

    @property
    def n_features(self) -> int:
        """Number of columns."""
        return self.mixture.n_features

    def score_samples(self, X: NDArray[Any]) -> NDArray[np.float64]:
        """Return the log density of the scaled values of each row, shape (n_rows,)."""
        return self.mixture.log_density(self._scaled(X)).astype(np.float64)

    def explain(self, X: NDArray[Any], at_least: float | None = None) -> Explanation:
        """Return which cells of each row are wrong under the mixture, and what they should have been."""
        if self.mixture.levels is not None:
            return ByCells(without_noise(self.mixture))(self._scaled(X), at_least).in_units(self.center, self.scale)
        return self._explainer(X, at_least)

    @cached_property
    def _explainer(self) -> Explainer | WideExplainer:
        scaling = Scaling(self.center, self.scale)
        if self.mixture.n_components * self.n_features**2 <= _MOST_NUMBERS:
            rows = drawn(self.mixture, _SIMULATED, scaling)
            return Explainer(self.mixture, scaling, self.score_samples, rows)
        scaled = drawn(self.mixture, _FEW_SIMULATED)
        center, scale = scaled.mean(axis=0), scaled.std(axis=0)
        whole = Scaling(center * self.scale + self.center, scale * self.scale)
        return WideExplainer(scaled * self.scale + self.center, whole, self.score_samples)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return what a file holds: the arrays of the mixture, center and scale."""
        mixture = self.mixture
        arrays = {"weights": mixture.weights, "means": mixture.means, "covariances": mixture.covariances}
        arrays |= {"center": self.center, "scale": self.scale}
        if mixture.degrees_of_freedom is not None:
            arrays |= {"degrees_of_freedom": mixture.degrees_of_freedom}
        if mixture.noise is not None:
            arrays |= {"lower": mixture.noise.lower, "upper": mixture.noise.upper}
        if mixture.levels is not None:
            arrays |= {"levels": mixture.levels.values}
        return arrays

    def settings(self) -> dict[str, Any]:
        """Return the shape of the covariances, the weight of the noise and the categorical columns, where there are."""
        noise, levels = self.mixture.noise, self.mixture.levels
        settings: dict[str, Any] = {"shape": self.mixture.covariance.name}
        if noise is not None:
            settings["noise"] = noise.weight
        if levels is not None:
            settings["levels"] = {name: list(numbers) for name, numbers in asdict(levels.layout).items()}
        return settings

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]], settings: Mapping[str, Any]) -> Self:
        """Return the model with these arrays and settings, or raise `ValueError` with the fault."""
        name = settings.get("shape")
        if not isinstance(name, str) or name not in SHAPES:
            raise ValueError(f"the shape of the covariances is {name!r}, which is none of {', '.join(SHAPES)}")
        noise = settings.get("noise")
        if noise is not None and not isinstance(noise, float):
            raise ValueError(f"the weight of the noise is a number, not {noise!r}")
        needed = {"weights", "means", "covariances", "center", "scale"}
        needed |= {"lower", "upper"} if noise is not None else set()
        layout = _layout(settings["levels"]) if "levels" in settings else None
        needed |= {"levels"} if layout is not None else set()
        if not set(settings) <= {"shape", "noise", "levels"}:
            others = ", ".join(sorted(set(settings) - {"shape", "noise", "levels"}))
            raise ValueError(f"a mixture says its shape, the weight of its noise and its levels, not {others}")
        if not needed <= set(arrays) <= needed | {"degrees_of_freedom"}:
            raise ValueError(
                f"a mixture of the shape {name!r}{'' if noise is None else ' with noise'} has the arrays "
                f"{', '.join(sorted(needed))}, and perhaps degrees_of_freedom, not {', '.join(sorted(arrays))}"
            )
        for key, array in arrays.items():
            if array.dtype != np.float64 or not np.isfinite(array).all():
                raise ValueError(f"its {key} must be finite doubles")
        means, covariances = arrays["means"], arrays["covariances"]
        if means.ndim != 2 or 0 in (means.shape if layout is None else means.shape[:1]):
            raise ValueError(f"its means have the shape {means.shape}, not (components, columns)")
        shape = SHAPES[name].holding(covariances)
        if covariances.shape != shape.shape(*means.shape):
            raise ValueError(f"its covariances have the shape {covariances.shape}, not {shape.shape(*means.shape)}")
        if shape.is_matrix and not np.allclose(covariances, covariances.swapaxes(-1, -2)):
            raise ValueError("its covariances are not symmetric")
        with np.errstate(all="ignore"):
            mixture = Mixture(
                arrays["weights"],
                means,
                shape.unchecked(covariances, *means.shape),
                arrays.get("degrees_of_freedom"),
                None if noise is None else Noise(noise, arrays["lower"], arrays["upper"]),
                None if layout is None else Levels.of_values(layout, arrays["levels"]),
            )
            try:
                return cls(mixture, arrays["center"], arrays["scale"])
            except SingularCovarianceError:  # its sentence is about a fit
                raise ValueError("its covariances are not positive definite, or not by far enough") from None

    def _scaled(self, X: NDArray[Any]) -> NDArray[Any]:
        values = np.asarray(X)
        # Squares stay finite however far away a row is.
        return Scaling(self.center, self.scale)(values, largest_root(values.dtype))


def _layout(entry: Any) -> LevelColumns:
    """Return the categorical columns that a file names, or raise `ValueError`."""
    if isinstance(entry, dict) and set(entry) == {"columns", "sizes", "counts"}:
        columns, sizes, counts = (entry[name] for name in ("columns", "sizes", "counts"))
        whole = all(isinstance(each, list) and all(type(n) is int for n in each) for each in (columns, sizes, counts))
        if whole and len(columns) == len(sizes) > 0 and min(sizes) > 0 and set(counts) <= set(columns):
            return LevelColumns(tuple(columns), tuple(sizes), tuple(counts))
    raise ValueError("its levels are not said to be in columns of some sizes")


def _finite(values: Floats) -> Floats:
    limit = np.finfo(np.float64).max
    return np.clip(values, -limit, limit)
