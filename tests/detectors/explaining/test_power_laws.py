"""Laws in logarithms: of planets, with wrong cells among them, and where there is none."""

import numpy as np
import pytest

import mixtura
from mixtura.detectors.explaining.power_laws import PowerLaw
from requirements import SHARED, needs_shared

COLUMN = 2


@pytest.fixture
def rows():
    """Return heights of orbits above ground, their periods by Kepler in minutes, and a mass that says nothing."""
    random = np.random.default_rng(0)
    low = np.exp(random.uniform(np.log(300), np.log(40_000), 400))
    high = low * np.where(np.arange(400) % 10 == 0, random.uniform(1, 10, 400), 1.0)
    axis = 6371 + (low + high) / 2
    period = 2 * np.pi * np.sqrt(axis**3 / 398_600) / 60
    return np.column_stack([low, high, period, np.exp(random.normal(size=400))])


def test_a_law_is_found_with_its_arguments_and_expects_what_it_says(rows):
    law = PowerLaw.of(rows, COLUMN)
    assert set(law.arguments) == {0, 1}
    np.testing.assert_allclose(law.expected(rows), rows[:, COLUMN], rtol=0.15)
    assert law.off(rows[:, COLUMN] * 3, law.expected(rows)).all()


def test_one_wrong_cell_in_a_hundred_changes_little(rows):
    wrong = rows.copy()
    wrong[::100, COLUMN] = 0.2
    np.testing.assert_allclose(PowerLaw.of(wrong, COLUMN).expected(rows), rows[:, COLUMN], rtol=0.15)


def test_what_others_hardly_tell_has_no_law(rows):
    assert PowerLaw.of(rows, 3) is None
    noisy = rows * np.exp(np.random.default_rng(1).normal(size=(400, 1)) * (np.arange(4) == COLUMN) * 0.3)
    assert PowerLaw.of(noisy, COLUMN) is None
    assert PowerLaw.of(rows - 1e6, COLUMN) is None
    assert PowerLaw.of(rows[:59], COLUMN) is None


def test_nothing_is_expected_without_arguments_nor_far_beyond_all_values(rows):
    law = PowerLaw.of(rows, COLUMN)
    odd = np.array([[np.nan, 500.0, 1.0, 1.0], [-1.0, 500.0, 1.0, 1.0], [1e9, 1e9, 1.0, 1.0]])
    assert np.isnan(law.expected(odd)).all()
    assert not law.off(odd[:, COLUMN], law.expected(odd)).any()


# That the row is among the first is asked by default of tests/detectors/ensemble/test_mixed_tables.py.
@pytest.mark.exhaustive
@needs_shared("mixed")
def test_the_period_of_a_satellite_is_expected_by_its_orbit():
    anomalies = mixtura.detect(SHARED / "mixed" / "satellites.csv").summary.anomalies
    assert anomalies[0].row == 520
    assert anomalies[0].column == "Period_minutes"
    axis = 6371 + (7000 + 320_000) / 2
    assert anomalies[0].expected == pytest.approx(2 * np.pi * np.sqrt(axis**3 / 398_600) / 60, rel=0.3)
    assert "Apogee_km 320,000" in anomalies[0].reason
