import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixtura.detectors.segments.keys import SegmentKeys
from mixtura.detectors.segments.sample import sample_segments
from mixtura.engines import ThreadEngine
from mixtura.intake.table import Table
from mixtura.rows import ArrayRows

codes = st.lists(st.tuples(st.sampled_from([0.0, 1.0, np.nan]), st.sampled_from([0.0, 1.0, 2.0, np.nan])), min_size=1)


def keys_in(X, columns, sizes):
    empty = SegmentKeys.none(columns, sizes)
    return SegmentKeys(tuple(columns), tuple(sizes), np.unique(empty.keys_of(X)))


@given(codes)
def test_rows_are_of_one_segment_where_they_have_the_same_levels(rows):
    X = np.array([[a, 7.5, b] for a, b in rows])
    segments = keys_in(X, [0, 2], [2, 3]).segments_of(X)
    same = {tuple(map(str, row)): segment for row, segment in zip(rows, segments, strict=True)}
    assert [same[tuple(map(str, row))] for row in rows] == segments.tolist()
    assert len(set(same.values())) == len(same)


@given(codes)
def test_codes_of_segments_are_those_of_their_rows(rows):
    X = np.array(rows)
    keys = keys_in(X, [0, 1], [2, 3])
    told = keys.codes()[keys.segments_of(X)]
    np.testing.assert_array_equal(told, np.where(np.isnan(X), -1, X))


@pytest.mark.parametrize("value", [2.0, -1.0, 0.5, np.inf])
def test_a_level_never_seen_is_of_no_segment(value):
    keys = keys_in(np.array([[0.0], [1.0], [np.nan]]), [0], [2])
    assert keys.segments_of(np.array([[value]])).tolist() == [3]


def test_levels_that_were_not_seen_together_are_of_no_segment():
    keys = keys_in(np.array([[0.0, 0.0], [1.0, 1.0]]), [0, 1], [2, 2])
    assert keys.segments_of(np.array([[0.0, 1.0], [1.0, 1.0]])).tolist() == [2, 1]


@pytest.mark.parametrize("n_threads", [1, 3])
def test_a_sample_has_rows_of_every_segment_and_counts_all(n_threads):
    rng = np.random.default_rng(0)
    X = np.column_stack([rng.choice(4, 40_000, p=[0.9, 0.09, 0.009, 0.001]), np.arange(40_000.0)])
    sample = sample_segments(Table(ArrayRows(X), ThreadEngine(n_threads)), SegmentKeys.none([0], [4]))
    assert sample.keys.tolist() == [0, 1, 2, 3]
    assert sample.counts.tolist() == np.bincount(X[:, 0].astype(int)).tolist()
    assert np.bincount(sample.of).tolist() == np.minimum(sample.counts, sample.most).tolist()
    np.testing.assert_array_equal(sample.values, X[sample.values[:, 1].astype(int)])
    # As good as drawn at random: the rows that are kept lie in all of the table.
    assert abs(sample.values[sample.of == 0, 1].mean() - 20_000) < 5 * 11_547 / np.sqrt(sample.most)
    again = sample_segments(Table(ArrayRows(X), ThreadEngine(1)), SegmentKeys.none([0], [4]))
    np.testing.assert_array_equal(sample.values, again.values)
