"""One thread for the libraries that NumPy and scikit-learn compute with."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from threading import Lock, Thread
from typing import Any, Literal

from threadpoolctl import ThreadpoolController


@contextmanager
def single_thread(of: Literal["blas"] | None = None) -> Iterator[None]:
    """Keep linear algebra on one thread, and OpenMP too when `of` is None.

    The limit of most libraries of linear algebra holds for the whole process. Overlapping and nested uses share it: the
    first sets it, and the last puts back what was there, in whichever order they end. OpenMP, and libraries that build
    on it, count for each thread of its own.
    """
    _, algebra, openmp = _libraries()
    with ExitStack() as stack:
        stack.enter_context(_whole_process)
        stack.enter_context(algebra.limit(limits=1))
        if of is None:
            stack.enter_context(openmp.limit(limits=1))
        yield


class _SharedLimit:
    """One thread for the libraries whose limit holds for the whole process, while anyone is inside."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._inside = 0
        self._before: list[int] = []

    def __enter__(self) -> None:
        libraries, _, _ = _libraries()
        with self._lock:
            if self._inside == 0:
                self._before = [library.num_threads for library in libraries]
                for library in libraries:
                    _set(library, 1)
            self._inside += 1

    def __exit__(self, *error: object) -> None:
        libraries, _, _ = _libraries()
        with self._lock:
            self._inside -= 1
            if self._inside == 0:
                for library, before in zip(libraries, self._before, strict=True):
                    if library.num_threads == 1:  # else someone has set another limit meanwhile
                        _set(library, before)


_whole_process = _SharedLimit()
_looking = Lock()


def _libraries() -> tuple[list[Any], ThreadpoolController, ThreadpoolController]:
    """Return the libraries of linear algebra limited as a whole, those limited by thread, and OpenMP."""
    with _looking:
        return _found()


@cache
def _found() -> tuple[list[Any], ThreadpoolController, ThreadpoolController]:
    # Looking for them takes milliseconds, as long as k-means on a small table; they are loaded when a fit first asks.
    # A controller puts back what was there in all libraries that it knows: each has those of one kind.
    everything = ThreadpoolController()
    algebra = everything.select(user_api="blas").lib_controllers
    shared = [library for library in algebra if _is_shared(library)]
    own = [library.filepath for library in algebra if library not in shared]
    return shared, everything.select(filepath=own), everything.select(user_api="openmp")


def _is_shared(library: Any) -> bool:
    """Whether a limit set in one thread holds in others; it depends on how a library was built."""
    before = library.num_threads
    other = 2 if before == 1 else 1
    seen: list[int] = []
    _set(library, other)
    look = Thread(target=lambda: seen.append(library.num_threads))
    look.start()
    look.join()
    shared = library.num_threads != other or seen == [other]
    _set(library, before)
    return shared


def _set(library: Any, n_threads: int) -> None:
    # Since version 3.8 threadpoolctl lets the thread that set a limit alone change it, until told that it is done.
    release = getattr(library, "clear_controlling_thread", lambda **_: None)
    release(force=True)
    library.set_num_threads(n_threads)
    release()
