"""What a fitted support vector machine is: support vectors, their coefficients, and a kernel."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, NoReturn, Self

import numpy as np
from numpy.typing import NDArray

from ...errors import DataError, ModelFileError
from ...kernels.svm import Kernel, sums
from ...typing import Floats
from ..explaining.belonging import explainer_by
from ..explaining.explainer import Explainer
from ..explaining.wide import WideExplainer
from ..explanation import Explanation

_KERNELS = ("rbf", "linear", "poly", "sigmoid")

# Standard deviations in the distance between the quartiles of a normal distribution.
_QUARTILES = 1.3489795003921634

# Kernel values held while rows are explained: 8 MB of doubles.
_VALUES_AT_ONCE = 2**20

# Enough rows that one of them is near a row of a group, few enough for files and for explanations at once.
_MOST_TYPICAL = 1000

_LARGEST = float(np.finfo(np.float64).max)
_LARGEST_DEGREE = 2**31 - 1


@dataclass(frozen=True, eq=False)
class SupportModel:
    """A sum of kernels: the score of a row x is the sum of coefficients[i] K(x, vectors[i]).

    Attributes
    ----------
    kernel : Kernel
        The kernel and its parameters.
    vectors : ndarray of shape (n_vectors, n_features)
        Support vectors, or landmarks.
    coefficients : ndarray of shape (n_vectors,)
        Their coefficients.
    offset : float
        Score below which rows are outliers.
    typical : ndarray of shape (n_typical, n_features)
        Some of the rows fitted that belong, for explanations.
    center, scale : ndarray of shape (n_features,)
        Median of each column of the table fitted, and its spread as a standard deviation, for explanations.
    """

    kernel: Kernel
    vectors: Floats
    coefficients: Floats
    offset: float
    typical: Floats
    center: Floats
    scale: Floats

    kind: ClassVar[str] = "svm"

    @property
    def n_features(self) -> int:
        """Number of columns."""
        return int(self.vectors.shape[1])

    def score_samples(self, X: NDArray[Any]) -> Floats:
        """Return the score of each row of a float array, shape (n_rows,): the lower, the less it belongs."""
        return _finite(sums(self.kernel, X, self.vectors, self.coefficients))

    def explain(self, X: NDArray[Any], at_least: float | None = None) -> Explanation:
        """Return which cells of each row bring it back inside the boundary, and what they should have been."""
        return self._explainer(X, at_least)

    @cached_property
    def _explainer(self) -> Explainer | WideExplainer:
        return explainer_by(self.typical, self.score_samples)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the arrays that a file holds."""
        names = ("vectors", "coefficients", "typical", "center", "scale")
        return {name: getattr(self, name) for name in names}

    def settings(self) -> dict[str, Any]:
        """Return what a file says beside the arrays."""
        kernel = self.kernel
        parameters = {"gamma": kernel.gamma, "coef0": kernel.coef0, "degree": kernel.degree}
        return {"kernel": kernel.name, "offset": self.offset} | parameters

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]], settings: Mapping[str, Any]) -> Self:
        """Return the model with these arrays and settings, or raise `ValueError` with the fault."""
        dimensions = {"vectors": 2, "coefficients": 1, "typical": 2, "center": 1, "scale": 1}
        if set(arrays) != set(dimensions):
            raise ValueError(f"an svm has the arrays {', '.join(dimensions)}, not {', '.join(sorted(arrays))}")
        for name, array in arrays.items():
            if array.dtype != np.float64 or array.ndim != dimensions[name]:
                raise ValueError(f"{name} must have {dimensions[name]} dimension(s) of doubles")
            if not np.isfinite(array).all():
                raise ValueError(f"{name} holds numbers that are not finite")
        count, width = arrays["vectors"].shape
        sizes = {"coefficients": count, "center": width, "scale": width}
        wrong = [name for name, size in sizes.items() if len(arrays[name]) != size]
        if wrong or arrays["typical"].shape[1] != width:
            raise ValueError(f"{wrong[0] if wrong else 'typical'} does not go with {count} vectors of {width} columns")
        if not (count and width and len(arrays["typical"])):
            raise ValueError("vectors or typical is empty")
        if (arrays["scale"] < 0).any():
            raise ValueError("scale holds a negative number")
        kernel, offset = _checked_settings(settings)
        held = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
        return cls(kernel=kernel, offset=offset, **held)


def _checked_settings(settings: Mapping[str, Any]) -> tuple[Kernel, float]:
    if set(settings) != {"kernel", "offset", "gamma", "coef0", "degree"}:
        raise ValueError("an svm says kernel, offset, gamma, coef0 and degree")
    name, degree = settings["kernel"], settings["degree"]
    if name not in _KERNELS:
        raise ValueError(f"kernel is {name!r}, not one of {', '.join(_KERNELS)}")
    if type(degree) is not int or not 0 <= degree <= _LARGEST_DEGREE:
        raise ValueError(f"degree is {degree!r}, not an integer of at least 0")
    numbers = [settings[key] for key in ("offset", "gamma", "coef0")]
    if not all(type(number) is float and np.isfinite(number) for number in numbers) or numbers[1] < 0:
        raise ValueError("offset, gamma and coef0 must be finite numbers, gamma at least 0")
    offset, gamma, coef0 = numbers
    return Kernel(name, gamma, coef0, degree), offset


@dataclass(frozen=True, eq=False)
class GramModel:
    """A sum of kernels that are given: the score of a row of kernel values is a weighted sum of some of them.

    Attributes
    ----------
    support : ndarray of shape (n_vectors,)
        Columns that count: the support vectors among the rows fitted.
    coefficients : ndarray of shape (n_vectors,)
        Their coefficients.
    n_features : int
        Number of rows fitted.
    """

    support: NDArray[np.int32]
    coefficients: Floats
    n_features: int

    kind: ClassVar[str] = "svm"

    def score_samples(self, X: NDArray[Any]) -> Floats:
        """Return the score of each row of kernel values, shape (n_rows,): the lower, the less it belongs."""
        with np.errstate(over="ignore", invalid="ignore"):
            return _finite(np.asarray(X[:, self.support] @ self.coefficients, dtype=np.float64))

    def explain(self, X: NDArray[Any], at_least: float | None = None) -> NoReturn:
        """Raise: kernel values are not columns of a table."""
        raise DataError("kernel values say nothing of columns: to explain rows, fit one of the named kernels")

    def arrays(self) -> NoReturn:
        """Raise: the rows that kernel values are of are not known."""
        raise ModelFileError(
            "a machine fitted to kernel values cannot be saved, as it scores only kernel values to the rows that it "
            "was fitted to: fit one of the named kernels"
        )

    settings = arrays

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]], settings: Mapping[str, Any]) -> NoReturn:
        """Raise: there are no such files."""
        raise ModelFileError("a machine fitted to kernel values cannot be in a file: fit one of the named kernels")


def _finite(scores: Floats) -> Floats:
    finite = np.isfinite(scores)
    if not finite.all():
        row = int(finite.argmin())
        raise DataError(f"the score of row {row} of a block of rows is beyond all float64 numbers: scale the columns")
    return scores


def typical_rows(table: NDArray[Any], belongs: NDArray[np.bool_]) -> Floats:
    """Return at most so many rows that belong, evenly from the table; of all rows when none does."""
    rows = np.flatnonzero(belongs) if belongs.any() else np.arange(len(table))
    chosen = rows[np.linspace(0, len(rows) - 1, min(len(rows), _MOST_TYPICAL)).astype(np.int64)]
    return np.ascontiguousarray(table[chosen], dtype=np.float64)


def center_and_scale(table: NDArray[Any]) -> tuple[Floats, Floats]:
    """Return the median of each column, and its spread: by the quartiles, or where these agree by the deviation."""
    center, scale = np.empty(table.shape[1]), np.empty(table.shape[1])
    for column in range(table.shape[1]):
        values = table[:, column].astype(np.float64)
        # Halves or less, so that differences are numbers; powers of two change no digits.
        exponent = int(np.frexp(np.abs(values).max())[1]) + 1
        scaled = np.ldexp(values, -exponent)
        lower, median, upper = np.quantile(scaled, [0.25, 0.5, 0.75])
        spread = (upper - lower) / _QUARTILES or scaled.std()
        center[column] = np.ldexp(median, exponent)
        with np.errstate(over="ignore"):
            scale[column] = min(np.ldexp(spread, exponent), _LARGEST)
    return center, scale


def _squares(values: Floats, expected: Floats, scale: Floats) -> Floats:
    """Return squared differences in units of the scale, divided by the largest of each row."""
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        differences = values - expected
        ratios = np.where(differences == 0, 0.0, np.abs(differences) / scale)
        # Halves where differences are beyond all doubles.
        ratios = np.where(np.isinf(differences), np.abs(values / 2 - expected / 2) / (scale / 2), ratios)
    beyond = np.isinf(ratios)  # of a column that never differed
    ratios = np.where(beyond.any(axis=1, keepdims=True), beyond, ratios)
    largest = ratios.max(axis=1, keepdims=True)
    return np.asarray(np.divide(ratios, largest, out=np.zeros_like(ratios), where=largest > 0) ** 2)
