"""Queries in chunks of a fixed size, each of which one thread looks up."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

# Queries that a thread takes at a time: a multiple of the groups that the kernels multiply at once, and few enough for
# threads to end together.
CHUNK = 480


def in_chunks(search: Callable[[NDArray[np.int64]], object], places: NDArray[np.int64], n_threads: int) -> None:
    """Call `search` with the places of each chunk, on threads when there are several."""
    chunks = [places[first : first + CHUNK] for first in range(0, len(places), CHUNK)]
    if n_threads == 1 or len(chunks) <= 1:
        for chunk in chunks:
            search(chunk)
        return
    with ThreadPoolExecutor(min(n_threads, len(chunks)), thread_name_prefix="mixtura") as pool:
        for done in [pool.submit(search, chunk) for chunk in chunks]:
            done.result()
