"""Queries in chunks of a fixed size, each of which one thread looks up."""

from collections.abc import Callable
from contextlib import closing

import numpy as np
from numpy.typing import NDArray

from ..engines.threads import in_threads

OnRows = Callable[[int], None]

# Queries that a thread takes at a time: a multiple of the groups that the kernels multiply at once, and few enough for
# threads to end together.
CHUNK = 480


def in_chunks(
    search: Callable[[NDArray[np.int64]], object],
    places: NDArray[np.int64],
    n_threads: int,
    on_rows: OnRows | None = None,
    done: int = 0,
) -> None:
    """Call `search` with the places of each chunk, on threads when there are several.

    `on_rows` is told in this thread how many have been looked up, with the `done` that were before.
    """
    chunks = [places[first : first + CHUNK] for first in range(0, len(places), CHUNK)]
    with closing(in_threads(search, chunks, max(1, min(n_threads, len(chunks))))) as searched:
        if on_rows is not None:
            on_rows(done)
        for chunk, _ in zip(chunks, searched, strict=True):
            done += len(chunk)
            if on_rows is not None:
                on_rows(done)
