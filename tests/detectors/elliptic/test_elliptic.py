"""The elliptic envelope and its covariance: laws, tables that are hard, what is refused, and what is explained."""

import copy
import itertools
import pickle
import re

import numpy as np
import pytest
from scipy.stats import multivariate_normal
from sklearn.exceptions import NotFittedError

from mixtura import EllipticEnvelope, MinCovDet
from mixtura.detectors.elliptic.mcd import fast_mcd
from mixtura.detectors.elliptic.model import Elliptic, precision_of, whitening
from mixtura.detectors.elliptic.robust_scale import qn_scale, tau_scale
from mixtura.detectors.elliptic.tiles import empty_tiles, fill, tiled
from mixtura.errors import DataError, SingularCovarianceError
from mixtura.rows import ArrayRows


def contaminated(n, d, share=0.3, seed=0):
    """Return rows of which the first are far outliers, and the covariance of the others."""
    rng = np.random.default_rng([n, d, seed])
    root = np.eye(d) + rng.normal(size=(d, d)) / (2 * np.sqrt(d))
    X = rng.normal(size=(n, d)) @ root
    X[: int(share * n)] += 10 * np.sqrt(d)
    return X, root.T @ root


starts = pytest.mark.parametrize("start", ["random", "deterministic"])


# What is found


@starts
@pytest.mark.parametrize(("n", "d"), [(200, 2), (599, 7), (900, 3), (1700, 5), (4000, 12)])
def test_outliers_do_not_move_the_estimate(n, d, start):
    X, covariance = contaminated(n, d)
    mcd = MinCovDet(random_state=0, start=start).fit(X)
    clean = X[int(0.3 * n) :]
    assert not mcd.raw_support_[: int(0.3 * n)].any()
    assert mcd.raw_support_.sum() == (n + d + 1) // 2
    assert np.abs(mcd.location_ - clean.mean(axis=0)).max() < 0.1
    assert np.linalg.norm(mcd.covariance_ - np.cov(clean.T)) < 0.25 * np.linalg.norm(covariance)


@pytest.mark.parametrize("share", [0.6, 0.7, 0.9])
@pytest.mark.parametrize("seed", range(3))
def test_small_tables_reach_the_least_of_all_subsets(share, seed):
    X = np.random.default_rng(seed).normal(size=(12, 2))
    mcd = MinCovDet(support_fraction=share, random_state=seed).fit(X)
    h = int(share * 12)
    least = min(np.linalg.det(np.cov(X[list(rows)].T)) for rows in itertools.combinations(range(12), h))
    assert np.linalg.det(mcd.raw_covariance_) == pytest.approx(least, rel=1e-9)
    assert np.linalg.det(np.cov(X[mcd.raw_support_].T)) == pytest.approx(least, rel=1e-9)


@pytest.mark.parametrize("fraction", [None, 0.3, 0.8])
@pytest.mark.parametrize("seed", range(3))
def test_one_column_is_exact(seed, fraction):
    x = np.random.default_rng(seed).standard_t(2, size=101)
    mcd = MinCovDet(support_fraction=fraction).fit(x[:, None])
    h = int(mcd.raw_support_.sum())
    ordered = np.sort(x)
    best = min((ordered[k : k + h] for k in range(102 - h)), key=np.var)
    assert mcd.raw_location_[0] == pytest.approx(best.mean(), rel=1e-9)
    assert mcd.raw_covariance_[0, 0] == pytest.approx(best.var(ddof=1), rel=1e-9)


def test_affine_equivariance():
    X, _ = contaminated(300, 4)
    matrix, shift = np.random.default_rng(1).normal(size=(4, 4)), np.array([1e3, -5, 0, 7])
    one, other = MinCovDet(random_state=0).fit(X), MinCovDet(random_state=0).fit(X @ matrix + shift)
    np.testing.assert_array_equal(one.raw_support_, other.raw_support_)
    np.testing.assert_allclose(other.location_, one.location_ @ matrix + shift, rtol=1e-9)
    np.testing.assert_allclose(other.covariance_, matrix.T @ one.covariance_ @ matrix, rtol=1e-7)
    np.testing.assert_allclose(other.dist_, one.dist_, rtol=1e-7)


@pytest.mark.parametrize("n", [150, 1000, 3000])
def test_same_bits_on_any_number_of_threads(n):
    X, _ = contaminated(n, 5)
    table = tiled(ArrayRows(X), None)
    one, three = (fast_mcd(table, (n + 6) // 2, np.random.RandomState(3), threads) for threads in (1, 3))
    assert one.location.tobytes() == three.location.tobytes()
    assert one.covariance.tobytes() == three.covariance.tobytes()
    assert one.support.tobytes() == three.support.tobytes()


def test_float32_table():
    X, _ = contaminated(500, 3)
    single, double = (EllipticEnvelope(random_state=0).fit(X.astype(kind)) for kind in (np.float32, np.float64))
    np.testing.assert_allclose(single.covariance_, double.covariance_, rtol=1e-4)
    np.testing.assert_allclose(single.dist_, double.dist_, rtol=1e-3)
    assert single.score_samples(X.astype(np.float32)).dtype == np.float64


def test_known_location():
    X = np.random.default_rng(0).normal(size=(400, 3))
    mcd = MinCovDet(assume_centered=True, random_state=0).fit(X)
    np.testing.assert_allclose(mcd.location_, 0, atol=1e-15)
    chosen = X[mcd.raw_support_]
    np.testing.assert_allclose(mcd.raw_covariance_, chosen.T @ chosen / len(chosen), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("centered", [False, True])
def test_second_half_again(centered):
    X, _ = contaminated(300, 3)
    mcd = MinCovDet(assume_centered=centered, random_state=0).fit(X)
    fitted_covariance, fitted_support, fitted_distances = mcd.covariance_, mcd.support_, mcd.dist_
    location, covariance, support = mcd.reweight_covariance(X)
    np.testing.assert_allclose(covariance, fitted_covariance, rtol=1e-12)
    np.testing.assert_array_equal(support, fitted_support)
    np.testing.assert_allclose(mcd.dist_, fitted_distances, rtol=1e-10)
    expected = np.zeros(3) if centered else X[support].mean(axis=0)
    np.testing.assert_allclose(location, expected, rtol=1e-10, atol=1e-15)
    factors = mcd.correct_covariance(X) / mcd.raw_covariance_
    np.testing.assert_allclose(factors, factors[0, 0], rtol=1e-12)
    assert factors[0, 0] > 1.5
    with pytest.raises(DataError, match="299 rows"):
        mcd.correct_covariance(X[1:])


def test_distances_are_those_of_a_gaussian():
    X, _ = contaminated(300, 3)
    mcd = MinCovDet(random_state=0, store_precision=False).fit(X)
    normal = multivariate_normal(mcd.location_, mcd.covariance_)
    np.testing.assert_allclose(mcd.mahalanobis(X), 2 * (normal.logpdf(mcd.location_) - normal.logpdf(X)), rtol=1e-9)
    assert mcd.precision_ is None
    np.testing.assert_allclose(mcd.get_precision() @ mcd.covariance_, np.eye(3), atol=1e-12)


# Sources


def test_files_and_frames(tmp_path, need):
    pd = need("pandas")
    need("duckdb")
    X, _ = contaminated(700, 3)
    frame = pd.DataFrame(X, columns=["a", "b", "c"])
    frame.to_csv(tmp_path / "table.csv", index=False)
    from_array = EllipticEnvelope(random_state=0).fit(X)
    from_file = EllipticEnvelope(random_state=0).fit(str(tmp_path / "table.csv"))
    assert from_file.feature_names_in_.tolist() == ["a", "b", "c"]
    np.testing.assert_allclose(from_file.covariance_, from_array.covariance_, rtol=1e-12)
    np.testing.assert_allclose(from_file.mahalanobis(frame), from_array.dist_, rtol=1e-9)


def test_dask_array_cut_anywhere(need):
    da = need("dask.array")
    X, _ = contaminated(700, 3)
    chunked = da.from_array(X, chunks=((100, 333, 267), 3))
    one, other = MinCovDet(random_state=0).fit(chunked), MinCovDet(random_state=0).fit(X)
    np.testing.assert_allclose(one.covariance_, other.covariance_, rtol=1e-12)


@pytest.mark.parametrize("cuts", [[0, 700], [0, 100, 101, 512, 700], [0, 256, 600, 700]])
def test_tiles_from_blocks_of_any_size(cuts):
    X = np.random.default_rng(0).normal(size=(700, 3))
    tiles = empty_tiles(700, 3)
    for first, end in itertools.pairwise(cuts):
        fill(tiles, X[first:end], first)
    np.testing.assert_array_equal(tiles[:, :, :256].transpose(0, 2, 1).reshape(-1, 3)[:700], X)


# Hard tables


@pytest.mark.parametrize("factor", [1e-120, 1e-8, 1e8, 1e120])
def test_units_do_not_matter(factor):
    X, _ = contaminated(200, 2)
    scale = np.array([factor, 1.0])
    one, other = EllipticEnvelope(random_state=0).fit(X), EllipticEnvelope(random_state=0).fit(X * scale)
    np.testing.assert_allclose(other.covariance_ / scale / scale[:, None], one.covariance_, rtol=1e-9)
    np.testing.assert_allclose(other.dist_, one.dist_, rtol=1e-9)


def test_far_outliers_and_far_rows_have_finite_scores():
    X, _ = contaminated(200, 2, share=0)
    X[:50] = 1e90
    envelope = EllipticEnvelope(random_state=0, contamination=0.25).fit(X)
    assert np.array_equal(envelope.predict(X) == -1, np.arange(200) < 50)
    far = np.array([[1.7e308, -1.7e308], [1e300, 0.0]])
    assert np.isfinite(envelope.score_samples(far)).all()
    explained = envelope.explain(far)
    np.testing.assert_allclose(explained.share.sum(axis=1), 1)
    assert np.isfinite(explained.expected).all()


def test_far_from_zero():
    X, _ = contaminated(300, 3)
    one, other = MinCovDet(random_state=0).fit(X), MinCovDet(random_state=0).fit(X + 1e9)
    np.testing.assert_allclose(other.covariance_, one.covariance_, rtol=1e-4)


def test_nearly_half_the_rows_with_one_value():
    """Fewer than h rows share it, so that there is a covariance, and they are in the support."""
    X = np.random.default_rng(0).normal(size=(1000, 3))
    X[:490, 1] = 2.5
    mcd = MinCovDet(random_state=0).fit(X)
    assert np.linalg.matrix_rank(mcd.raw_covariance_) == 3
    assert mcd.raw_support_[:490].mean() > 0.9


@starts
@pytest.mark.parametrize("n", [300, 3000])
def test_constant_column_is_left_aside(n, start):
    X, _ = contaminated(n, 3)
    full = np.insert(X, 1, 7.0, axis=1)
    with pytest.warns(UserWarning, match=r"all .* rows lie on a hyperplane, 'x1' = 7: .*not full rank \(3 of 4\)"):
        mcd = MinCovDet(random_state=0, start=start).fit(full)
    np.testing.assert_allclose(mcd.covariance_[1], 0, atol=1e-25)
    assert mcd.location_[1] == pytest.approx(7)
    assert not mcd.raw_support_[: int(0.3 * n)].any()
    assert mcd.mahalanobis(full)[: int(0.3 * n)].min() > 50


def test_slanted_hyperplane_has_the_distances_of_the_columns_that_span_it():
    X = np.random.default_rng(0).normal(size=(300, 3))
    full = np.column_stack([X, X[:, 0] - 2 * X[:, 2] + 4])
    with pytest.warns(UserWarning, match="all 300 rows lie on a hyperplane"):
        mcd = MinCovDet(random_state=0, support_fraction=1.0).fit(full)
    alone = MinCovDet(random_state=0, support_fraction=1.0).fit(X)
    np.testing.assert_allclose(mcd.dist_, alone.dist_, rtol=1e-8)
    covariance = mcd.covariance_
    np.testing.assert_allclose(covariance @ mcd.precision_ @ covariance, covariance, atol=1e-8)


def test_more_columns_than_rows():
    X = np.random.default_rng(0).normal(size=(10, 15))
    with pytest.warns(UserWarning, match="all 10 rows lie on a hyperplane"):
        envelope = EllipticEnvelope(random_state=0).fit(X)
    assert np.isfinite(envelope.score_samples(X)).all()


# What is refused, or warned of


@starts
@pytest.mark.parametrize("n", [60, 800, 4000])
def test_hyperplane_of_half_the_rows_is_named(n, start):
    X = np.random.default_rng(0).normal(size=(n, 3))
    on_it = int(0.6 * n)
    X[:on_it, 2] = 4 * X[:on_it, 0] - 1
    equation = r"4 'x0' - 'x2' = 1|'x0' - 0\.25 'x2' = 0\.25"
    message = rf"{on_it} of {n} rows lie on the hyperplane ({equation}), and the support has {(n + 4) // 2}"
    with pytest.raises(SingularCovarianceError, match=message):
        MinCovDet(random_state=0, start=start).fit(X)
    fitted = MinCovDet(random_state=0, start=start, support_fraction=0.7).fit(X)
    assert np.linalg.matrix_rank(fitted.covariance_) == 3


def test_rows_on_the_hyperplane_that_is_named_are_counted():
    """Where rows lie on several at once, fewer lie on all of them than on the one named."""
    X = np.random.default_rng(0).poisson(0.2, size=(2000, 5)).astype(float)
    with pytest.raises(SingularCovarianceError, match=r"lie on the hyperplane 'x\d' = 0, and") as caught:
        MinCovDet(random_state=0).fit(X)
    count, column = re.match(r"(\d+) of 2000 rows lie on the hyperplane 'x(\d)'", str(caught.value)).groups()
    assert int(count) == (X[:, int(column)] == 0).sum()


def test_hyperplane_by_the_names_of_columns(need):
    frame = need("pandas").DataFrame(np.random.default_rng(0).normal(size=(50, 3)), columns=["a", "b", "c"])
    frame.loc[:39, "b"] = -3.0
    with pytest.raises(SingularCovarianceError, match="40 of 50 rows lie on the hyperplane 'b' = -3, and"):
        EllipticEnvelope().fit(frame)


def test_equal_rows():
    with pytest.raises(SingularCovarianceError, match="all 20 rows are equal"):
        MinCovDet().fit(np.ones((20, 2)))
    mostly = np.random.default_rng(0).normal(size=(20, 2))
    mostly[:15] = [1.0, 2.0]
    with pytest.raises(SingularCovarianceError, match="is equal to 0, try to increase support_fraction: 15 of 20 rows"):
        MinCovDet().fit(mostly)


def test_support_of_too_few_rows():
    X = np.random.default_rng(0).normal(size=(20, 5))
    with pytest.raises(SingularCovarianceError, match=r"the support has 4 of 20 rows.* raise support_fraction to 0\.3"):
        MinCovDet(support_fraction=0.2).fit(X)


def test_few_rows_are_warned_of():
    X = np.random.default_rng(0).normal(size=(9, 5))
    with pytest.warns(UserWarning, match="9 rows are few for 5 columns"):
        MinCovDet(random_state=0).fit(X)


@pytest.mark.parametrize(
    ("value", "match"),
    [
        (np.nan, "NaN"),
        (np.inf, "infinity"),
        (1e200, "overflow"),
        (1e110, "column 'x1' usually lie"),
    ],
)
def test_values_without_squares(value, match):
    X = np.random.default_rng(0).normal(size=(20, 2))
    X[3, 1] = value
    with pytest.raises(ValueError, match=match):
        MinCovDet().fit(X)


@pytest.mark.parametrize(
    "parameters",
    [
        {"start": "both"},
        {"support_fraction": 0.0},
        {"support_fraction": 1.2},
        {"contamination": 0.0},
        {"contamination": 0.6},
    ],
)
def test_bad_parameters(parameters):
    (name,) = parameters
    with pytest.raises(ValueError, match=f"The '{name}' parameter of EllipticEnvelope must be"):
        EllipticEnvelope(**parameters).fit(np.eye(5))


# Explanations


@pytest.mark.parametrize("column", range(5))
def test_planted_shift_is_ranked_first(column):
    X, covariance = contaminated(1000, 5, share=0, seed=column)
    conditional = 1 / np.sqrt(np.diagonal(np.linalg.inv(covariance)))
    X[:100, column] += 8 * conditional[column]
    explained = EllipticEnvelope(random_state=0).fit(X).explain(X[:100])
    assert (explained.column == column).mean() >= 0.95
    assert explained.share.min() >= 0
    np.testing.assert_allclose(explained.share.sum(axis=1), 1)


def test_expected_values_are_those_of_a_regression():
    X, _ = contaminated(400, 3, share=0)
    envelope = EllipticEnvelope(random_state=0).fit(X)
    explained = envelope.explain(X[:5])
    location, covariance = envelope.location_, envelope.covariance_
    for j in range(3):
        others = [k for k in range(3) if k != j]
        slope = np.linalg.solve(covariance[np.ix_(others, others)], covariance[others, j])
        np.testing.assert_allclose(explained.expected[:, j], location[j] + (X[:5, others] - location[others]) @ slope)
        variance = covariance[j, j] - covariance[j, others] @ slope
        np.testing.assert_allclose(explained.deviation[:, j], np.sqrt(variance))
    np.testing.assert_allclose(explained.distance, (X[:5] - explained.expected) / explained.deviation)
    # Shares add up to half the squared distance, less that of an ordinary row.
    surprises = explained.shares.sum(axis=1) + envelope.score_samples(X[:5]) / 2
    np.testing.assert_allclose(surprises, surprises[0])
    assert surprises[0] == pytest.approx(-3 / 2, abs=0.5)


# The frozen model


def test_model_round_trip():
    model = EllipticEnvelope(random_state=0).fit(contaminated(200, 3)[0]).model_
    again = Elliptic.from_arrays(model.arrays(), model.settings())
    X = np.random.default_rng(0).normal(size=(50, 3))
    np.testing.assert_array_equal(again.score_samples(X), model.score_samples(X))
    assert again.kind == "elliptic"
    assert again.n_features == 3
    assert not model.location.flags.writeable


@pytest.mark.parametrize(
    ("location", "covariance", "match"),
    [
        (np.zeros(2), None, "has the arrays"),
        (np.zeros(2, np.float32), np.eye(2), "float64"),
        (np.zeros((2, 1)), np.eye(2), "1 dimension"),
        (np.zeros(0), np.zeros((0, 0)), "shape"),
        (np.zeros(3), np.eye(2), "shape"),
        (np.array([np.nan, 0]), np.eye(2), "finite"),
        (np.zeros(2), np.array([[1, np.inf], [np.inf, 1]]), "finite"),
        (np.zeros(2), np.array([[1.0, 0.5], [0.2, 1.0]]), "symmetric"),
        (np.zeros(2), np.array([[1.0, 2.0], [2.0, 1.0]]), "correlations beyond one"),
        (np.zeros(2), np.diag([1.0, -1.0]), "within"),
        (np.zeros(2), np.zeros((2, 2)), "zero"),
        (np.zeros(2), np.diag([1e-320, 1.0]), "within"),
        (np.array([1e300, 0]), np.eye(2), "within"),
        (np.zeros(3), np.array([[1, -0.9, -0.9], [-0.9, 1, -0.9], [-0.9, -0.9, 1]]), "negative eigenvalue"),
    ],
)
def test_model_from_bad_arrays(location, covariance, match):
    arrays = {"location": location} | ({} if covariance is None else {"covariance": covariance})
    with pytest.raises(ValueError, match=match):
        Elliptic.from_arrays(arrays, {})


def test_model_from_unknown_settings():
    with pytest.raises(ValueError, match="no settings"):
        Elliptic.from_arrays({"location": np.zeros(1), "covariance": np.eye(1)}, {"more": 1})


def test_whitening_of_columns_in_very_different_units():
    covariance = np.array([[4e20, 1e10], [1e10, 1.0]])
    upper, rank = whitening(covariance)
    assert rank == 2
    assert upper[1, 0] == 0
    np.testing.assert_allclose(covariance @ precision_of(covariance) @ covariance, covariance, rtol=1e-12)


# Scales of one column


@pytest.mark.parametrize("scale", [qn_scale, tau_scale])
def test_scales_are_standard_deviations_of_normal_values(scale):
    found = [scale(np.random.default_rng(seed).normal(5, 3, size=200)) for seed in range(200)]
    assert np.mean(found) == pytest.approx(3, rel=0.02)


@pytest.mark.parametrize("scale", [qn_scale, tau_scale])
def test_scales_withstand_outliers(scale):
    values = np.random.default_rng(0).normal(size=300)
    values[:90] = 1e6
    assert scale(values) < 4


# Location and covariance set by hand


@pytest.fixture(scope="module", name="spread")
def spread_table():
    return np.random.default_rng(0).normal(size=(200, 3)) @ np.diag([1.0, 2.0, 3.0])


@pytest.mark.parametrize("make", [MinCovDet, EllipticEnvelope])
@pytest.mark.parametrize("store_precision", [True, False])
def test_what_is_set_by_hand_is_what_rows_are_measured_by(spread, make, store_precision):
    fitted = make(random_state=0, store_precision=store_precision).fit(spread)
    distances = fitted.mahalanobis(spread)
    wider = copy.deepcopy(fitted)
    wider.covariance_ = 4 * wider.covariance_
    np.testing.assert_allclose(wider.mahalanobis(spread), distances / 4, rtol=1e-9)
    np.testing.assert_allclose(wider.get_precision(), fitted.get_precision() / 4, rtol=1e-9)
    moved = copy.deepcopy(fitted)
    moved.location_ += 1.0  # in place
    for each in (moved, pickle.loads(pickle.dumps(moved))):
        np.testing.assert_allclose(each.mahalanobis(spread + 1), distances, rtol=1e-9)
    if store_precision:
        narrower = copy.deepcopy(fitted)
        narrower.precision_ = 4 * narrower.precision_
        np.testing.assert_allclose(narrower.mahalanobis(spread), 4 * distances, rtol=1e-9)
        np.testing.assert_allclose(narrower.covariance_, fitted.covariance_ / 4, rtol=1e-9)
    copied = make()
    copied.model_ = wider.model_
    np.testing.assert_array_equal(copied.mahalanobis(spread), wider.mahalanobis(spread))


@pytest.mark.parametrize("make", [MinCovDet, EllipticEnvelope])
def test_a_known_location_and_covariance_need_no_fit(spread, make):
    known = make()
    known.location_, known.covariance_ = np.zeros(3), np.diag([1.0, 4.0, 9.0])
    expected = (spread**2 / [1, 4, 9]).sum(axis=1)
    np.testing.assert_allclose(known.mahalanobis(spread), expected, rtol=1e-9)
    if make is EllipticEnvelope:
        known.offset_ = -5.0
        np.testing.assert_array_equal(known.predict(spread), np.where(expected > 5, -1, 1))


@pytest.mark.parametrize(
    ("given", "error", "sentence"),
    [
        ({"location_": np.zeros(3)}, NotFittedError, "set covariance_ too, or call fit"),
        ({"covariance_": np.eye(3)}, NotFittedError, "set location_ too"),
        ({"location_": np.zeros(2), "covariance_": np.eye(3)}, ValueError, "do not fit together"),
        ({"location_": np.zeros(3), "covariance_": np.triu(np.ones((3, 3)))}, ValueError, "symmetric"),
        ({"location_": np.zeros(3), "covariance_": np.full((3, 3), np.nan)}, ValueError, "finite"),
        ({"location_": np.zeros(3), "covariance_": -np.eye(3)}, ValueError, "negative variances"),
        (
            {"location_": np.zeros(3), "covariance_": np.eye(3), "precision_": 2 * np.eye(3)},
            ValueError,
            "contradict each other",
        ),
    ],
)
def test_what_does_not_describe_a_covariance_is_told(spread, given, error, sentence):
    known = MinCovDet()
    for name, value in given.items():
        setattr(known, name, value)
    with pytest.raises(error, match=sentence):
        known.mahalanobis(spread)
