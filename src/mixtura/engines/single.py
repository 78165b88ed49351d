"""One thread for the libraries that NumPy and scikit-learn compute with."""

from contextlib import AbstractContextManager
from functools import cache
from typing import Literal

from threadpoolctl import ThreadpoolController


def single_thread(of: Literal["blas", "openmp"] | None = None) -> AbstractContextManager[object]:
    """Return a context in which linear algebra, OpenMP, or both when `of` is None, run on one thread."""
    limits: AbstractContextManager[object] = _libraries().limit(limits=1, user_api=of)
    return limits


@cache
def _libraries() -> ThreadpoolController:
    # Looking for them takes milliseconds, as long as k-means on a small table; they are loaded when a fit first asks.
    return ThreadpoolController()
