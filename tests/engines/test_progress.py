"""How far a pass has come: counted where it runs, with the same results."""

import threading
from types import SimpleNamespace

import numpy as np
import pytest

from mixtura import Progress
from mixtura.engines import ThreadEngine
from mixtura.engines.progress import told, watched
from mixtura.engines.threads import in_threads
from mixtura.rows import ArrayRows, rows_per_block, spool

TABLE = np.random.default_rng(0).normal(size=(2 * rows_per_block(1) + 100, 1))
COUNTS = [0, rows_per_block(1), 2 * rows_per_block(1), len(TABLE)]


def total(block):
    return block.values.sum()


def steps(seen):
    return [Progress("adding", done, len(TABLE)) for done in seen]


@pytest.mark.parametrize("n_threads", [1, 3])
def test_a_watched_pass_counts_rows_and_changes_nothing(n_threads):
    seen, rows, engine = [], ArrayRows(TABLE), ThreadEngine(n_threads)
    one = watched(engine, seen.append, "adding")
    assert one.fold(rows, total, 0.0) == engine.fold(rows, total, 0.0)
    assert list(one.map(rows, total)) == list(engine.map(rows, total))
    assert seen == 2 * steps(COUNTS)


def test_nobody_to_tell_leaves_the_engine_as_it_is():
    engine, results = ThreadEngine(2), iter([1, 2])
    assert watched(engine, None, "adding") is engine
    assert told(results, None, "adding", 2, "numbers") is results


def test_rows_of_unknown_number_are_counted_without_a_total():
    seen = []
    uncounted = SimpleNamespace(n_rows=None, n_columns=1, blocks=ArrayRows(TABLE).blocks)
    watched(ThreadEngine(2), seen.append, "adding").fold(uncounted, total, 0.0)
    assert [(step.done, step.total) for step in seen] == [(done, None) for done in COUNTS]


def test_an_engine_that_adds_up_by_itself_is_told_of_at_both_ends(need):
    engine = need("mixtura.engines.dask").DaskEngine()
    seen, rows = [], ArrayRows(TABLE)
    added = watched(engine, seen.append, "adding").fold(rows, total, 0.0)
    assert added == engine.fold(rows, total, 0.0)
    assert seen == steps([0, len(TABLE)])


def test_results_stand_for_several_things_each():
    seen = []
    assert list(told(range(3), seen.append, "growing", 5, "trees", each=2)) == [0, 1, 2]
    assert [step.done for step in seen] == [0, 2, 4, 5]


def test_a_callback_that_raises_ends_the_threads():
    def tell(progress):
        if progress.done == 2:
            raise KeyboardInterrupt

    done = []
    results = told(in_threads(done.append, range(10_000), 2), tell, "working", 10_000, "items")
    with pytest.raises(KeyboardInterrupt):
        list(results)
    assert not [thread.name for thread in threading.enumerate() if thread.name.startswith("mixtura")]
    assert list(results) == []


def test_copying_says_how_many_rows_are_there():
    seen = []
    with spool(ArrayRows(TABLE), on_rows=seen.append) as rows:
        assert rows.n_rows == len(TABLE)
    assert seen == COUNTS[1:]
