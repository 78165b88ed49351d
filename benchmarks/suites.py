"""What is measured: each suite yields rows of figures, plain dicts."""

import statistics
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture as Peer

import mixtura
from mixtura.distributions.shapes import SEARCHED
from mixtura.engines import ThreadEngine
from mixtura.intake.table import Table
from mixtura.mixtures.em.expectation import Expectation
from mixtura.mixtures.em.loop import Fit, run_em
from mixtura.mixtures.em.updates import MaximumLikelihood
from mixtura.rows import ArrayRows

from .problems import SIZES, Problem, peer_at
from .timing import in_turn

REG_COVAR = 1e-6


def iterate(rows: ArrayRows | Expectation, start: Any) -> Any:
    """Return the mixture after one iteration of EM."""
    expect = rows if isinstance(rows, Expectation) else Expectation(Table(rows, ThreadEngine()))
    update = MaximumLikelihood(type(start.covariance), np.full(start.n_features, REG_COVAR))
    return run_em(expect, Fit(start), update, tol=0, max_iter=1).model


def peer_iterate(table: np.ndarray, start: Any) -> Peer:
    """Return the peer after one iteration of EM."""
    peer = peer_at(start)
    _, log_responsibilities = peer._e_step(table)
    peer._m_step(table, log_responsibilities)
    return peer


def iteration(repeat: int) -> Iterator[dict[str, Any]]:
    """One EM iteration in double precision from the same start, the largest difference in the parameters after it, and
    how much faster single precision is.
    """
    for problem in [Problem(*size) for size in SIZES]:
        table, single = problem.table(), problem.table(np.float32)
        rows, single_rows = ArrayRows(table, checked=True), ArrayRows(single, checked=True)
        for shape in SEARCHED:
            start = problem.start(shape)
            ours, theirs = iterate(rows, start), peer_iterate(table, start)
            difference = max(
                _relative(ours.weights, theirs.weights_),
                _relative(ours.means, theirs.means_),
                _relative(ours.covariances, theirs.covariances_),
            )
            seconds, peer_seconds, ratio = in_turn(
                lambda rows=rows, start=start: iterate(rows, start),
                lambda table=table, start=start: peer_iterate(table, start),
                repeat,
            )
            _, _, gain = in_turn(
                lambda rows=single_rows, start=start: iterate(rows, start),
                lambda rows=rows, start=start: iterate(rows, start),
                max(repeat, 7),
            )
            yield {
                "case": problem.name,
                "shape": shape,
                "mixtura_ms": 1e3 * seconds,
                "peer_ms": 1e3 * peer_seconds,
                "ratio": ratio,
                "single_gain": gain,
                "difference": difference,
            }


def scoring(repeat: int) -> Iterator[dict[str, Any]]:
    """`score_samples` and `predict` of the public estimators, full covariances."""
    for problem in [Problem(*size) for size in SIZES[:3]]:
        table, start = problem.table(), problem.start("full")
        given = {
            "weights_init": start.weights,
            "means_init": start.means,
            "precisions_init": start.covariance.precisions,
        }
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            ours = mixtura.GaussianMixture(problem.n_components, max_iter=1, **given).fit(table)
            peer = Peer(problem.n_components, max_iter=1, **given).fit(table)
        for method in ("score_samples", "predict"):
            seconds, peer_seconds, ratio = in_turn(
                lambda ours=ours, method=method, table=table: getattr(ours, method)(table),
                lambda peer=peer, method=method, table=table: getattr(peer, method)(table),
                repeat,
            )
            yield {
                "case": problem.name,
                "method": method,
                "mixtura_ms": 1e3 * seconds,
                "peer_ms": 1e3 * peer_seconds,
                "ratio": ratio,
            }


def fit(repeat: int) -> Iterator[dict[str, Any]]:
    """`fit` from a cold start to the default tolerance, and the mean log-likelihood reached."""
    problem = Problem(*SIZES[1])
    table = problem.table()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        for shape in SEARCHED:
            ours = mixtura.GaussianMixture(problem.n_components, covariance_type=shape, random_state=0)
            peer = Peer(problem.n_components, covariance_type=shape, random_state=0)
            seconds, peer_seconds, ratio = in_turn(
                lambda ours=ours: ours.fit(table), lambda peer=peer: peer.fit(table), max(1, repeat // 3)
            )
            yield {
                "case": problem.name,
                "shape": shape,
                "mixtura_ms": 1e3 * seconds,
                "peer_ms": 1e3 * peer_seconds,
                "ratio": ratio,
                "mixtura_score": ours.score(table),
                "peer_score": peer.score(table),
                "mixtura_iterations": ours.n_iter_,
                "peer_iterations": peer.n_iter_,
            }


_MEMORY = """
import sys
from benchmarks.problems import Problem
from benchmarks.suites import iterate, peak_kilobytes, reset_peak
from mixtura.distributions.shapes import SEARCHED
from mixtura.rows import ArrayRows
n, d, k, shape = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
problem = Problem(n, d, k)
start = problem.start(shape)
iterate(ArrayRows(problem.table()[:5000].copy(), checked=True), start)
table = problem.table()
before = reset_peak()
iterate(ArrayRows(table, checked=True), start)
print(peak_kilobytes() - before)
"""


def reset_peak() -> int:
    """Set the peak resident memory of this process to what is resident now (Linux), and return it in kilobytes."""
    with open("/proc/self/clear_refs", "w") as control:
        control.write("5")
    return _status("VmRSS")


def peak_kilobytes() -> int:
    """Return the peak resident memory since `reset_peak`, in kilobytes."""
    return _status("VmHWM")


def _status(name: str) -> int:
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(name))


def memory(repeat: int) -> Iterator[dict[str, Any]]:
    """Peak resident memory above the input in an EM iteration, each case in a process of its own (Linux)."""
    for n, d, k in SIZES:
        for shape in SEARCHED:
            command = [sys.executable, "-c", _MEMORY, str(n), str(d), str(k), shape]
            result = subprocess.run(command, check=True, capture_output=True, text=True)
            yield {"case": Problem(n, d, k).name, "shape": shape, "peak_mb": int(result.stdout) / 1024}


def startup(repeat: int) -> Iterator[dict[str, Any]]:
    """Whole processes: the command line's help, and importing this library beside scikit-learn's mixtures."""
    commands = {
        "mixtura --help": [sys.executable, "-m", "mixtura", "--help"],
        "import sklearn.mixture": [sys.executable, "-c", "import sklearn.mixture"],
        "import sklearn.mixture, mixtura": [
            sys.executable,
            "-c",
            "import sklearn.mixture; from mixtura import GaussianMixture, MixtureSearch",
        ],
    }
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(repeat + 1):
        for name, command in commands.items():
            start = time.perf_counter()
            subprocess.run(command, check=True, capture_output=True)
            times[name].append(time.perf_counter() - start)
    for name, values in times.items():
        yield {"command": name, "ms": 1e3 * statistics.median(values[1:])}


def limits(repeat: int) -> Iterator[dict[str, Any]]:
    """What reading the rows alone costs: an iteration with one spherical component, beside one with all of them. Wide
    tables with few components are read about as fast as memory gives them.
    """
    for problem in [Problem(*size) for size in SIZES]:
        rows = ArrayRows(problem.table(), checked=True)
        alone = Problem(problem.n_rows, problem.n_features, 1).start("spherical")
        for shape in ("diag", "spherical"):
            start = problem.start(shape)
            seconds, all_seconds, ratio = in_turn(
                lambda rows=rows, start=alone: iterate(rows, start),
                lambda rows=rows, start=start: iterate(rows, start),
                repeat,
            )
            yield {
                "case": problem.name,
                "shape": shape,
                "reading_ms": 1e3 * seconds,
                "iteration_ms": 1e3 * all_seconds,
                "ratio": ratio,
            }


def _relative(ours: np.ndarray, theirs: np.ndarray) -> float:
    return float(np.max(np.abs(ours - theirs)) / np.max(np.abs(theirs)))
