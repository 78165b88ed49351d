"""A sum of kernels, as a scorer of rows."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...kernels.svm import Kernel, sums


@dataclass(frozen=True, eq=False)
class KernelSum:
    """The score of a row x is the sum of coefficients[i] K(x, centers[i]).

    Attributes
    ----------
    kernel : Kernel
        The kernel and its parameters.
    centers : ndarray of shape (n_centers, n_features)
        Rows: those of some weight, or landmarks.
    coefficients : ndarray of shape (n_centers,)
        Their coefficients.
    """

    kernel: Kernel
    centers: NDArray[np.float64]
    coefficients: NDArray[np.float64]

    def score_samples(self, X: NDArray[Any]) -> NDArray[np.float64]:
        """Return the score of each row of a float array, shape (n_rows,)."""
        return sums(self.kernel, X, self.centers, self.coefficients)
