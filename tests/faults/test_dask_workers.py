"""A worker is killed in the middle of a fit: the nanny starts another, and the model is the same."""

import os
import signal

import numpy as np
import pytest

from mixtura.engines import ThreadEngine, engine_for
from mixtura.rows import ArrayRows
from pairwise import exhaustive
from problems import assert_same_fit, iterate, open_dask, three_groups

N_ROWS = 100_000


class KillsItsWorker:
    """A pass that kills the process it runs in, the first time it comes past row 50,000."""

    def __init__(self, summarise, marker):
        self.summarise = summarise
        self.marker = marker

    def __call__(self, block):
        if block.first_row >= N_ROWS // 2 and not self.marker.exists():
            self.marker.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return self.summarise(block)


class KillingEngine:
    """The Dask engine, with one fold in which a worker dies."""

    def __init__(self, fatal_fold, marker):
        self.fatal_fold = fatal_fold
        self.marker = marker
        self.n_folds = 0

    def fold(self, rows, summarise, zero):
        self.n_folds += 1
        if self.n_folds == self.fatal_fold:
            summarise = KillsItsWorker(summarise, self.marker)
        return engine_for("dask").fold(rows, summarise, zero)


@pytest.fixture(scope="module")
def table():
    return three_groups(N_ROWS)


@pytest.fixture(scope="module")
def expected(table):
    return iterate(ArrayRows(table), ThreadEngine())


@pytest.fixture
def rows(request, need, dask_client, table):
    array = need("dask.array").from_array(table, chunks=(9_000, 3))
    with dask_client.as_current():
        if request.param == "array":
            yield open_dask(array)
        elif request.param == "persisted array":
            yield open_dask(array.persist())
        else:
            yield ArrayRows(table)


@pytest.mark.exhaustive
@pytest.mark.parametrize("rows", ["array"], indirect=True)
def test_a_worker_is_killed_between_two_iterations(rows, dask_client, expected):
    killed = []

    def kill(fit, change):
        if fit.n_iter == 2:
            killed.append(next(iter(dask_client.run(os.getpid).values())))
            os.kill(killed[0], signal.SIGKILL)

    assert_same_fit(iterate(rows, engine_for("dask"), on_iteration=kill), expected)
    dask_client.wait_for_workers(2, timeout=60)
    assert killed[0] not in dask_client.run(os.getpid).values()


@pytest.mark.parametrize(
    "rows",
    ["persisted array", *exhaustive("blocks sent from here")],
    indirect=True,
)
def test_a_worker_is_killed_in_the_middle_of_a_pass(rows, dask_client, expected, tmp_path):
    before = set(dask_client.run(os.getpid).values())
    marker = tmp_path / "killed"
    assert_same_fit(iterate(rows, KillingEngine(3, marker)), expected)
    assert marker.exists()
    dask_client.wait_for_workers(2, timeout=60)
    assert len(before & set(dask_client.run(os.getpid).values())) == 1


@pytest.mark.exhaustive
@pytest.mark.parametrize("rows", ["array"], indirect=True)
def test_a_worker_is_killed_while_results_stream_back(rows, dask_client, table, tmp_path):
    marker = tmp_path / "killed"
    parts = list(engine_for("dask").map(rows, KillsItsWorker(lambda block: block.values, marker)))
    assert marker.exists()
    np.testing.assert_array_equal(np.concatenate(parts), table)
    dask_client.wait_for_workers(2, timeout=60)
