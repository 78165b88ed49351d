"""Whole numbers of few values count by their levels to the default detector of a table; all others stay numbers."""

import numpy as np
import pandas as pd
import pytest

import mixtura
from mixtura import rows

N_ROWS = 200


def levels_of(cells, **options):
    table = pd.DataFrame({"x": np.linspace(0, 1, N_ROWS), "code": cells})
    return rows.open(table, takes="codes", missing="allow", **options).levels[1]


@pytest.mark.parametrize(
    "cells",
    [
        [1, 2, 3, 4] * 50,
        [0, 1] * 100,
        [-2, 0, 2, 7] * 50,
        ["1", "2", "3", "?"] * 50,
        [1.0, 2.0, None, 3.0] * 50,
    ],
)
def test_few_whole_numbers_are_levels(cells):
    seen = {cell for cell in cells if cell not in (None, "?")}
    assert sorted(levels_of(cells), key=float) == [f"{float(cell):.0f}" for cell in sorted(seen, key=float)]


@pytest.mark.parametrize(
    "cells",
    [
        list(range(20)) * 10,
        [1, 2, 3, 50] * 50,
        [0.5, 1.0] * 100,
        [*[1, 2] * 99, 11, 5],
        ["1", "2"] * 99 + ["1", "12.x"],
        list(range(N_ROWS)),
    ],
    ids=["many", "far apart", "fractions", "far off", "a cell that does not fit", "rows"],
)
def test_other_numbers_stay(cells):
    try:
        assert levels_of(cells) is None
    except IndexError:
        assert cells == list(range(N_ROWS)), "only names of rows are left out"


def test_few_rows_tell_nothing_of_levels():
    table = pd.DataFrame({"x": np.linspace(0, 1, 18), "code": [1, 2] * 9})
    assert rows.open(table, takes="codes").levels == (None, None)


def test_who_says_number_gets_numbers_and_so_does_who_takes_all():
    assert levels_of([1, 2] * 100, kinds={"code": "number"}) is None
    table = pd.DataFrame({"x": np.linspace(0, 1, N_ROWS), "code": [1, 2] * 100})
    assert rows.open(table, takes="all").levels == (None, None)


def test_codes_that_do_not_go_together_are_found_and_a_repaired_table_keeps_its_type(tmp_path):
    rng = np.random.default_rng(0)
    code = rng.integers(1, 5, 400)
    # Neither is extreme, and no line leads from one to the other.
    other = np.array([3, 1, 4, 2])[code - 1]
    other[7] = 1 if code[7] != 2 else 3
    table = pd.DataFrame({"x": rng.normal(size=400), "code": code, "other": other})
    found = mixtura.detect(table, rate=0.0025, repaired=tmp_path / "repaired.parquet")
    assert found.flagged["row"].tolist() == [8]
    assert pd.read_parquet(tmp_path / "repaired.parquet").dtypes.equals(table.dtypes)


def test_a_reference_is_read_by_the_levels_of_the_table():
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"x": rng.normal(size=300), "code": rng.integers(0, 20, 300)})
    clean = pd.DataFrame({"x": rng.normal(size=300), "code": rng.integers(0, 5, 300)})
    numbers, levels = (mixtura.detect(one, reference=other).model for one, other in ((table, clean), (clean, table)))
    assert numbers.kinds[1].coding is None
    assert sorted(levels.kinds[1].coding.levels) == ["0", "1", "2", "3", "4"]
