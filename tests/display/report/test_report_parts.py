"""The small parts of a report, each by its law."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixtura.display.report.facts.curve import score_curve
from mixtura.display.report.facts.names import display_names, shortened, size_in_page, weight
from mixtura.display.report.facts.numbers import bars, histogram, rounded
from mixtura.display.report.page.text import stem, title
from mixtura.statistics.hashed import hashes
from mixtura.statistics.sketch import QuantileSketch
from mixtura.tables.scored.gathering import Flagged
from mixtura.tables.scored.kept import Kept, RowFacts

finite = st.floats(allow_nan=False, allow_infinity=False)


@given(finite, finite)
def test_bars_hold_their_range(one, other):
    low, high = min(one, other), max(one, other)
    edges = bars(low, high)
    assert edges[0] <= low <= high <= edges[-1]
    assert (np.diff(edges) > 0).all() or high - low < 1e-300
    assert 2 <= len(edges) <= 41
    assert np.isfinite(edges).all()


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=60))
def test_histograms_count_as_numpy_does(values):
    edges, counts = histogram(QuantileSketch.zero(64, n_lowest=1).including(values))
    np.testing.assert_array_equal(counts, np.histogram(values, edges)[0])


@given(st.lists(finite, min_size=1, max_size=20), st.floats(0, 1e9))
def test_rounding_leaves_differences(values, span):
    for value, short in zip(values, rounded(np.array(values), span), strict=True):
        assert math.isclose(value, short, rel_tol=1e-4)
        assert abs(value - short) <= 1e-4 * span or math.isclose(value, short, rel_tol=1e-15) or span == 0


@given(st.text(max_size=200), st.integers(4, 100))
def test_short_texts_are_short(text, letters):
    short = shortened(text, letters)
    assert len(short) <= letters
    assert weight(short) <= 3 * letters
    assert short == text or (short.endswith("…") and text.startswith(short[:-1]))


@given(st.lists(st.text(alphabet="ab<🦋", max_size=300), unique=True, max_size=8))
def test_names_stay_different(names):
    names = list(dict.fromkeys([*names, *(name * 90 for name in names)]))
    called = display_names(names)
    assert list(called) == names
    assert len(set(called.values())) == len(names)
    assert all(len(short) <= 80 and weight(short) <= 240 for short in called.values())
    assert all(called[name] == name for name in names if len(name) <= 80 and weight(name) <= 240)


@given(st.text())
def test_the_size_in_a_page_is_that_of_escaped_json(text):
    escaped = text.encode("utf-16-be", "surrogatepass")
    units = [int.from_bytes(escaped[k : k + 2], "big") for k in range(0, len(escaped), 2)]
    assert size_in_page(text) == sum(1 if unit < 128 and chr(unit) not in "<>&" else 6 for unit in units)


def facts(rows):
    n = len(rows)
    return RowFacts(rows, rows * 1.0, rows, rows * 1.0, np.zeros((n, 1)), np.empty((n, 0), object))


@given(st.lists(st.integers(0, 9), max_size=40), st.lists(st.integers(0, 40), max_size=4), st.integers(0, 12))
def test_the_lowest_rows_are_kept_however_they_come(keys, cuts, capacity):
    keys = np.array(keys, float)
    kept = Kept.zero(capacity, float)
    edges = sorted({0, len(keys), *(cut for cut in cuts if cut < len(keys))})
    for first, stop in pairwise(edges):
        part = keys[first:stop]
        admitted = kept.admitted(part)
        kept = kept.including(part[admitted], facts(first + admitted))
    expected = np.argsort(keys, kind="stable")[:capacity]
    np.testing.assert_array_equal([] if kept.facts is None else kept.facts.rows, expected)
    np.testing.assert_array_equal(kept.keys, keys[expected])


def test_hashes_are_as_good_as_random():
    numbers = hashes(np.arange(200_000))
    assert len(np.unique(numbers)) == 200_000
    # The bits are even, and so are the rows of the lowest hashes.
    bits = (numbers[:, None] >> np.arange(64, dtype=np.uint64)) & np.uint64(1)
    assert np.abs(bits.mean(axis=0) - 0.5).max() < 0.006
    lowest = np.sort(np.argsort(numbers)[:5000]) / 200_000
    assert np.abs(np.quantile(lowest, [0.25, 0.5, 0.75]) - [0.25, 0.5, 0.75]).max() < 0.03
    assert abs(np.corrcoef(numbers[:-1].astype(float), numbers[1:].astype(float))[0, 1]) < 0.01


def test_bars_of_a_heavy_tail_are_equally_wide_along_a_bent_axis():
    rng = np.random.default_rng(0)
    scores = np.concatenate([rng.chisquare(3, size=5000), 10.0 ** rng.uniform(2, 6, size=20)])
    sketch = QuantileSketch.zero().including(-scores)
    curve = score_curve(sketch, None, 50.0, Flagged(20, 0, 0), QuantileSketch.zero())
    place, width = curve.bend
    np.testing.assert_allclose([place, place + width], np.quantile(scores, [0.5, 0.75]), rtol=1e-3)
    np.testing.assert_array_equal(curve.counts, np.histogram(scores, curve.edges)[0])
    steps = np.diff(np.arcsinh((np.array(curve.edges) - place) / width))
    np.testing.assert_allclose(steps, steps.mean(), rtol=1e-3)
    # No bar holds most rows, as the first of bars of one width would.
    assert max(curve.counts) < len(scores) / 3
    assert (
        score_curve(
            QuantileSketch.zero().including(-rng.normal(size=999)), None, None, Flagged(), QuantileSketch.zero()
        ).bend
        is None
    )


@pytest.mark.parametrize(
    ("source", "called", "after"),
    [
        ("/home/ada/orders 2024.csv", "orders 2024.csv", "orders 2024"),
        ("C:\\data\\x.csv", "x.csv", "x"),
        ("data/2024/", "2024", "2024"),
        ("select a / b as c from 'x.csv' where a > 1", "select a / b as c from 'x.csv' where a > 1", "table"),
        ("the DataFrame", "the DataFrame", "the DataFrame"),
    ],
)
def test_a_report_is_called_after_the_file(source, called, after):
    assert (title(source), stem(source)) == (called, after)
