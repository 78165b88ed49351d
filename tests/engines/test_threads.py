import threading
from contextlib import closing

import numpy as np
import pytest

from mixtura.distributions.passes import Passes
from mixtura.distributions.shapes import SHAPES
from mixtura.engines import ThreadEngine
from mixtura.rows import ArrayRows
from problems import iterate, rough_start, three_groups

N_THREADS = [1, 2, 3, 8]


def fields(moments):
    return [np.asarray(getattr(moments, name)) for name in moments.__slots__]


@pytest.fixture(scope="module")
def table():
    return three_groups(300_000)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape_name", SHAPES)
def test_moments_have_the_same_bits_for_any_number_of_threads(table, shape_name, dtype):
    rows = ArrayRows(table.astype(dtype), sample_weight=np.random.default_rng(1).uniform(size=len(table)))
    assert len(list(rows.blocks())) > 4
    passes = Passes(rough_start(shape_name).components, rows.dtype)
    folded = [fields(ThreadEngine(n).fold(rows, passes.summarise, passes.zero)) for n in N_THREADS]
    for other in folded[1:]:
        assert all(np.array_equal(mine, first) for mine, first in zip(other, folded[0], strict=True))


def test_a_fit_has_the_same_bits_for_any_number_of_threads(table):
    fits = [iterate(ArrayRows(table), ThreadEngine(n), max_iter=3) for n in N_THREADS]
    assert all(fit == fits[0] for fit in fits)


@pytest.mark.parametrize("n_threads", N_THREADS)
def test_map_keeps_the_order_of_the_rows(table, n_threads):
    parts = list(ThreadEngine(n_threads).map(ArrayRows(table), lambda block: block.values[:, 0]))
    np.testing.assert_array_equal(np.concatenate(parts), table[:, 0])


@pytest.mark.parametrize("n_threads", N_THREADS)
def test_an_exception_in_a_pass_comes_out_of_the_fold(table, n_threads):
    def fail(block):
        if block.first_row > 0:
            raise ZeroDivisionError(f"at row {block.first_row}")
        return 0

    before = threading.active_count()
    with pytest.raises(ZeroDivisionError, match="at row"):
        ThreadEngine(n_threads).fold(ArrayRows(table), fail, 0)
    assert threading.active_count() == before


@pytest.mark.parametrize("n_threads", N_THREADS)
def test_an_abandoned_map_leaves_no_threads_and_reads_no_further(table, n_threads):
    class Counted(ArrayRows):
        n_read = 0

        def blocks(self):
            for block in super().blocks():
                self.n_read += 1
                yield block

    rows = Counted(np.zeros((100 * 65536, 2), dtype=np.float32))
    before = threading.active_count()
    with closing(ThreadEngine(n_threads).map(rows, lambda block: block.first_row)) as results:
        assert [next(results), next(results)] == [0, 65536]
    assert threading.active_count() == before
    assert rows.n_read <= 2 * n_threads + 2


def test_the_number_of_threads_is_one_or_more():
    with pytest.raises(ValueError, match="at least 1, not 0"):
        ThreadEngine(0)
    assert repr(ThreadEngine(2)) == "ThreadEngine(2)"
    assert repr(ThreadEngine()) == "ThreadEngine()"
