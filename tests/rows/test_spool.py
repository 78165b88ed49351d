import gc
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from mixtura import rows
from mixtura.errors import MissingValuesError, SourceError
from mixtura.rows import ArrayRows, spool

from .conftest import assert_same_blocks, csv_of


@pytest.fixture
def scratch(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("weighted", [False, True])
def test_same_blocks_bit_for_bit(numbers, dtype, weighted):
    array = np.asfortranarray(numbers.clip(-9, 9).astype(dtype))
    source = ArrayRows(array, sample_weight=np.arange(len(array)) if weighted else None)
    with spool(source) as spooled:
        assert (spooled.columns, spooled.n_columns, spooled.n_rows) == (None, 2, len(array))
        assert_same_blocks(spooled, source)


def test_a_file_is_read_once(write, numbers):
    path = write("t.csv", csv_of(numbers))
    with spool(rows.open(path)) as spooled:
        path.unlink()
        assert spooled.columns == ("a", "b")
        assert_same_blocks(spooled, ArrayRows(numbers))


def test_passes_may_interleave_and_run_in_threads(numbers):
    array = np.tile(numbers, (3, 1))
    with spool(ArrayRows(array)) as spooled:
        for one, two in zip(spooled.blocks(), spooled.blocks(), strict=True):
            np.testing.assert_array_equal(one.values, two.values)
        with ThreadPoolExecutor(4) as pool:
            passes = list(pool.map(lambda _: np.concatenate([b.values for b in spooled.blocks()]), range(8)))
    assert all(np.array_equal(values, array) for values in passes)


def test_blocks_belong_to_the_reader(numbers):
    with spool(ArrayRows(numbers)) as spooled:
        next(spooled.blocks()).values[:] = 0
        np.testing.assert_array_equal(next(spooled.blocks()).values[0], numbers[0])


def test_deleted_on_close_at_the_end_of_with_and_when_collected(scratch):
    closed = spool(ArrayRows(np.eye(2)))
    assert list(scratch.iterdir())
    closed.close()
    closed.close()
    assert not list(scratch.iterdir())
    with pytest.raises(SourceError, match="is closed"):
        list(closed.blocks())
    with spool(ArrayRows(np.eye(2))):
        assert list(scratch.iterdir())
    assert not list(scratch.iterdir())
    forgotten = spool(ArrayRows(np.eye(2)))
    del forgotten
    gc.collect()
    assert not list(scratch.iterdir())


def test_deleted_at_exit(tmp_path):
    code = "import numpy, mixtura.rows as r; s = r.spool(r.ArrayRows(numpy.eye(2))); raise SystemExit(3)"
    done = subprocess.run([sys.executable, "-c", code], check=False, env={**os.environ, "TMPDIR": str(tmp_path)})
    assert done.returncode == 3
    assert not list(tmp_path.iterdir())


def test_bad_rows_leave_nothing(scratch):
    with pytest.raises(MissingValuesError):
        spool(ArrayRows(np.array([[np.nan]])))
    assert not list(scratch.iterdir())


FULL = """
import resource, signal, tempfile, sys
import numpy as np
from mixtura.rows import ArrayRows, spool
from mixtura.errors import SourceError
tempfile.tempdir = sys.argv[1]
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
try:
    spool(ArrayRows(np.zeros((100_000, 4))))
except SourceError as error:
    print(error)
"""


def test_a_full_disk_is_one_clear_error_and_leaves_nothing(tmp_path):
    done = subprocess.run([sys.executable, "-c", FULL, tmp_path], capture_output=True, text=True, check=True)
    assert "cannot write a temporary copy of the table to" in done.stdout
    assert "TMPDIR" in done.stdout
    assert done.stdout.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_no_room_for_the_folder(monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", "/no/such/folder")
    with pytest.raises(SourceError, match="cannot write a temporary copy of the table to /no/such/folder"):
        spool(ArrayRows(np.eye(2)))
