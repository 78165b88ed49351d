"""One thread for linear algebra, however uses overlap."""

import threading
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning
from threadpoolctl import threadpool_info, threadpool_limits

from mixtura import BayesianGaussianMixture, GaussianMixture, MixtureDetector, MixtureSearch
from mixtura.engines import ThreadEngine
from mixtura.engines.single import single_thread

# More than there may be processors: what comes back must be this, not one.
_THREADS = 3


@pytest.fixture(autouse=True)
def _several_threads():
    with threadpool_limits(_THREADS):
        yield


def threads_of(api):
    return {library["num_threads"] for library in threadpool_info() if library["user_api"] == api}


def test_limit_is_of_linear_algebra_or_of_both():
    with single_thread("blas"):
        assert threads_of("blas") == {1}
        assert threads_of("openmp") <= {_THREADS}
        with single_thread():
            assert threads_of("blas") == {1}
            assert threads_of("openmp") <= {1}
        assert threads_of("blas") == {1}
        assert threads_of("openmp") <= {_THREADS}
    assert threads_of("blas") == {_THREADS}


def test_the_last_of_overlapping_uses_puts_back_what_was_there():
    first, second, third = (single_thread("blas") for _ in range(3))
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert threads_of("blas") == {1}
    third.__enter__()
    second.__exit__(None, None, None)
    assert threads_of("blas") == {1}
    third.__exit__(None, None, None)
    assert threads_of("blas") == {_THREADS}


def test_an_error_inside_ends_the_limit():
    with pytest.raises(KeyError), single_thread(), single_thread("blas"):
        raise KeyError
    assert threads_of("blas") == {_THREADS}
    assert threads_of("openmp") <= {_THREADS}


def test_openmp_is_limited_in_the_thread_that_asks():
    """A use that ends elsewhere in between leaves it on one thread."""
    inside, ended = threading.Event(), threading.Event()

    def other():
        with single_thread():
            inside.set()
            ended.wait(10)
            return threads_of("openmp")

    with ThreadPoolExecutor(1) as pool:
        with single_thread():
            found = pool.submit(other)
            inside.wait(10)
        ended.set()
        assert found.result() <= {1}
    assert threads_of("blas") == {_THREADS}


class Together(ThreadEngine):
    """Runs its first pass when all fits have begun, and fails in one of them at the second."""

    def __init__(self, barrier, fails):
        super().__init__(1)
        self.barrier, self.fails, self.passes = barrier, fails, 0

    def map(self, rows, transform):
        self.passes += 1
        if self.passes == 1:
            self.barrier.wait(10)
        elif self.fails:
            raise RuntimeError("a pass failed")
        assert threads_of("blas") == {1}
        return super().map(rows, transform)


@pytest.mark.parametrize("failing", [None, 0, 3])
def test_four_fits_at_once(failing):
    random = np.random.default_rng(0)
    X = np.concatenate([random.normal(0, 1, (60, 2)), random.normal(6, 1, (60, 2))])
    barrier = threading.Barrier(4)
    engines = [Together(barrier, number == failing) for number in range(4)]
    estimators = [
        GaussianMixture(2, engine=engines[0], random_state=0),
        BayesianGaussianMixture(n_components=3, engine=engines[1], random_state=0),
        MixtureSearch([1, 2], covariance_types=["full"], engine=engines[2], random_state=0),
        MixtureDetector(GaussianMixture(2), engine=engines[3], random_state=0),
    ]

    def fit(estimator):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            return estimator.fit(X)

    with ThreadPoolExecutor(4) as pool:
        fits = [pool.submit(fit, estimator) for estimator in estimators]
        errors = [found.exception(60) for found in fits]
    assert [str(error) for error in errors] == ["a pass failed" if k == failing else "None" for k in range(4)]
    assert threads_of("blas") == {_THREADS}
    assert threads_of("openmp") <= {_THREADS}
