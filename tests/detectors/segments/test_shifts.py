import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixtura.detectors.segments.shifts import Shifts


def segmented(*parts):
    values = np.concatenate(parts)
    return values, np.repeat(np.arange(len(parts)), [len(part) for part in parts])


def shifts_of(*parts):
    values, segments = segmented(*parts)
    return Shifts.of(values, segments, np.bincount(segments), np.arange(values.shape[1]))


def normal(seed, n, center, spread):
    return np.random.default_rng(seed).normal(center, spread, (n, 1))


def test_rows_of_segments_are_seen_in_the_same_place_and_as_wide():
    parts = normal(0, 900, 100, 5), normal(1, 700, 300, 20), normal(2, 800, -50, 1)
    shifts = shifts_of(*parts)
    seen = [shifts.seen(part, np.full(len(part), k)) for k, part in enumerate(parts)]
    middles, widths = zip(*((np.median(one), one.std()) for one in seen), strict=True)
    assert np.ptp(middles) < 0.1 * min(widths)
    assert max(widths) < 1.15 * min(widths)


def test_segments_that_do_not_differ_are_seen_as_they_are():
    parts = [normal(seed, 300, 100, 5) for seed in range(5)]
    shifts = shifts_of(*parts)
    assert not shifts.moved.any()
    values, segments = segmented(*parts)
    np.testing.assert_array_equal(shifts.seen(values, segments), values)


def test_columns_of_few_values_are_seen_as_they_are():
    rng = np.random.default_rng(0)
    parts = rng.integers(0, 4, (500, 1)) * 1.0, rng.integers(5, 9, (500, 1)) * 1.0
    assert not shifts_of(*parts).moved.any()


@given(st.integers(0, 5))
def test_what_was_seen_goes_back(seed):
    parts = normal(0, 300, 100, 5), normal(1, 300, 300, 20)
    shifts = shifts_of(*parts)
    rng = np.random.default_rng(seed)
    rows, segments = rng.normal(150, 200, (50, 1)), rng.integers(0, 3, 50)
    assert shifts.moved.all()
    np.testing.assert_allclose(shifts.back(shifts.seen(rows, segments), segments), rows, rtol=1e-12)


def test_medians_are_drawn_to_the_mean_by_the_formula_of_random_effects():
    rng = np.random.default_rng(1)
    sizes, places = np.array([400, 300, 500, 200, 12, 3]), np.array([100.0, 104, 97, 108, 90, 110])
    parts = [rng.normal(place, 5, (n, 1)) for n, place in zip(sizes, places, strict=True)]
    shifts = shifts_of(*parts)
    medians = np.array([np.median(part) for part in parts])
    widths = np.array([np.subtract(*np.percentile(part, [75, 25])) / 1.3489795 for part in parts])
    own = sizes >= 8
    spread = np.exp(np.average(np.log(widths[own]), weights=sizes[own]))
    variances = 1.2533**2 * spread**2 / sizes
    w = 1 / variances
    fixed = np.average(medians, weights=w)
    between = (np.sum(w * (medians - fixed) ** 2) - 5) / (w.sum() - (w**2).sum() / w.sum())
    center = np.average(medians, weights=1 / (variances + between))
    expected = center + between / (between + variances) * (medians - center)
    np.testing.assert_allclose(shifts.centers[:-1, 0], expected, rtol=1e-9)
    assert shifts.center[0] == pytest.approx(center)
    # The smaller a segment, the more it is drawn. Rows of a segment that nobody saw are those of the whole table.
    drawn = 1 - (shifts.centers[:-1, 0] - center) / (medians - center)
    assert drawn[5] > drawn[4] > drawn[:4].max()
    assert shifts.factors[5, 0] < shifts.factors[:4, 0].min()
    whole = np.concatenate(parts)
    assert shifts.centers[-1, 0] == pytest.approx(np.median(whole), abs=0.05)
    assert spread / shifts.factors[-1, 0] == pytest.approx(
        np.subtract(*np.percentile(whole, [75, 25])) / 1.349, rel=0.01
    )


def test_rows_stay_on_the_planes_of_the_table():
    rng = np.random.default_rng(2)
    parts = []
    for place, n in ((10, 500), (40, 400), (90, 30)):
        a, b = rng.gamma(3, place, n), rng.normal(place**1.5, place / 5, n)
        parts.append(np.column_stack([a, b, a + 2 * b + 7, rng.normal(size=n) + place]))
    shifts = shifts_of(*parts)
    assert shifts.moved.all()
    values, segments = segmented(*parts)
    for own in (segments, np.full(len(values), 3)):
        seen = shifts.seen(values, own)
        assert not np.allclose(seen, values)
        np.testing.assert_allclose(seen[:, 0] + 2 * seen[:, 1] + 7, seen[:, 2], atol=1e-6 * np.abs(values).max())


def test_missing_numbers_stay_missing_and_say_nothing():
    parts = [part.copy() for part in (normal(0, 300, 100, 5), normal(1, 300, 300, 20), normal(2, 3, 0, 1))]
    parts[2][:] = np.nan
    shifts = shifts_of(*parts)
    assert np.isnan(shifts.seen(parts[2], np.full(3, 2))).all()
    np.testing.assert_array_equal(shifts.centers[2], shifts.center)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_rows_keep_their_type_and_stay_finite(dtype):
    shifts = shifts_of(normal(0, 300, 100, 5), normal(1, 300, 300, 0.01))
    rows = np.array([[np.finfo(dtype).max], [-np.finfo(dtype).max], [300.0]], dtype)
    seen = shifts.seen(rows, np.array([1, 1, 1]))
    assert seen.dtype == dtype
    assert np.isfinite(seen).all()
