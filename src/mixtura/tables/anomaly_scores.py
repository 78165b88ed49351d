"""The one place where the sign of a score is turned.

Detectors score as scikit-learn's do: `score_samples` is the lower, the less a row belongs, and what is public about
such scores takes them so, from `threshold_by_rate` and `PrecisionRecallCurve` to the sketches that hold the lowest
exactly. A `TableModel` and all above it speak of anomaly scores: the higher, the less a row belongs.
"""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Scores = TypeVar("Scores", float, NDArray[np.float64])


def turned(scores: Scores) -> Scores:
    """Return anomaly scores for scores of the other sense, and these for those; zero has no sign.

    Examples
    --------
    >>> turned(-3.5), turned(0.0)
    (3.5, 0.0)
    """
    return 0.0 - scores
