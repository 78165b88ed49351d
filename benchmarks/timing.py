"""Two functions timed in turn."""

import statistics
import time
from collections.abc import Callable


def in_turn(
    ours: Callable[[], object],
    peer: Callable[[], object],
    repeat: int,
    clock: Callable[[], float] = time.perf_counter,
) -> tuple[float, float, float]:
    """Return the median seconds of both, and the median of the ratios peer / ours pair by pair, after one warm-up."""
    ours()
    peer()
    pairs = [(_seconds(ours, clock), _seconds(peer, clock)) for _ in range(repeat)]
    return (
        statistics.median(pair[0] for pair in pairs),
        statistics.median(pair[1] for pair in pairs),
        statistics.median(pair[1] / pair[0] for pair in pairs),
    )


# The peer's linear algebra leaves threads that wait busily for a while after their work is done.
_SETTLE_SECONDS = 0.3


def _seconds(function: Callable[[], object], clock: Callable[[], float]) -> float:
    time.sleep(_SETTLE_SECONDS)
    start = clock()
    function()
    return clock() - start
