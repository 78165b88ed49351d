"""Robust covariances published elsewhere: the values in ../shared/data/robust/README.md, and their factors."""

import csv

import numpy as np
import pytest

from mixtura import EllipticEnvelope, MinCovDet
from mixtura.detectors.elliptic.corrections import consistency_factor, cutoff, raw_factor
from requirements import SHARED, listed_in, needs_shared

pytestmark = needs_shared("robust")


def rows_of(text):
    """Return row numbers from 0, of those written "1 2 15-19" from 1."""
    found = []
    for part in text.replace("none", "").split():
        first, _, last = part.partition("-")
        found.extend(range(int(first) - 1, int(last or first)))
    return found


def table_of_answers(folder):
    lines = (folder / "README.md").read_text().splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| ")]
    return {
        name: {
            "shape": (int(n), int(p)),
            "h": int(h),
            "best": float(best),
            "deterministic": float(det),
            "outliers": rows_of(out),
        }
        for name, n, p, h, best, det, out in (row for row in cells if row[1].isdigit())
    }


ANSWERS = table_of_answers(SHARED / "robust") if (SHARED / "robust").is_dir() else {}
NAMES = listed_in("robust", lambda _: ANSWERS)


def read(name):
    with (SHARED / "robust" / f"{name}.csv").open() as file:
        rows = list(csv.reader(file))[1:]
    n, p = ANSWERS[name]["shape"]
    X = np.array([[float(value) for value in row[1 : 1 + p]] for row in rows])
    assert X.shape == (n, p)
    return X


def log_determinant(covariance):
    return np.linalg.slogdet(covariance)[1]


def test_all_answers_are_read():
    assert len(ANSWERS) == 8


@pytest.mark.each_value
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", NAMES)
def test_random_starts_find_the_least_determinant(name, seed):
    mcd = MinCovDet(random_state=seed).fit(read(name))
    assert mcd.raw_support_.sum() == ANSWERS[name]["h"]
    assert log_determinant(mcd.raw_covariance_) == pytest.approx(ANSWERS[name]["best"], abs=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_deterministic_starts_find_the_published_determinant(name):
    mcd = MinCovDet(start="deterministic").fit(read(name))
    assert log_determinant(mcd.raw_covariance_) == pytest.approx(ANSWERS[name]["deterministic"], abs=1e-3)


@pytest.mark.parametrize("name", NAMES)
def test_outlier_rows(name):
    X = read(name)
    mcd = MinCovDet(random_state=0).fit(X)
    assert np.flatnonzero(mcd.dist_ >= cutoff(X.shape[1])).tolist() == ANSWERS[name]["outliers"]


@pytest.mark.parametrize("name", ["hbk", "starsCYG"])
def test_outlier_rows_score_below_all_others(name):
    X, out = read(name), ANSWERS[name]["outliers"]
    envelope = EllipticEnvelope(contamination=len(out) / len(X), random_state=0).fit(X)
    assert set(np.argsort(envelope.score_samples(X))[: len(out)]) == set(out)


def test_printed_estimates_of_hbk():
    mcd = MinCovDet(random_state=0).fit(read("hbk"))
    assert mcd.location_.round(2).tolist() == [1.54, 1.78, 1.69]
    assert np.diagonal(mcd.covariance_).round(3).tolist() == [1.227, 1.249, 1.160]
    assert mcd.covariance_[[0, 0, 1], [1, 2, 2]].round(3).tolist() == [0.055, 0.127, 0.153]


def test_printed_estimates_of_stars():
    mcd = MinCovDet(random_state=0).fit(read("starsCYG"))
    assert mcd.location_.round(2).tolist() == [4.41, 4.95]
    assert np.diagonal(mcd.covariance_).round(4).tolist() == [0.0132, 0.2743]
    assert mcd.covariance_[0, 1].round(4) == 0.0394


@pytest.mark.one_case
@pytest.mark.parametrize(("n", "p", "support_fraction"), [(40, 3, None), (60, 5, None), (40, 3, 0.9)])
def test_raw_covariances_of_normal_rows_are_one_on_the_scale_of_their_determinant(n, p, support_fraction):
    """That is how Pison, Van Aelst and Willems (2002) chose the factors; without theirs it is 0.95 or less."""
    found = []
    for seed in range(120):
        X = np.random.default_rng([seed, n]).normal(size=(n, p))
        mcd = MinCovDet(start="deterministic", support_fraction=support_fraction).fit(X)
        found.append(log_determinant(mcd.correct_covariance(X)) / p)
    h = int(mcd.raw_support_.sum())
    without = raw_factor(n, p, h) / consistency_factor(p, h / n)
    assert np.exp(found).mean() == pytest.approx(1, abs=0.05)
    assert np.exp(found).mean() / without < 0.955


def test_raw_factor_is_near_one_where_nearly_all_rows_are_in():
    assert raw_factor(1000, 4, 1000) == 1.0
    assert 1.0 < raw_factor(1000, 4, 990) < 1.06
