"""The one-class support vector machine beside scikit-learn's, a quadratic program, and what theory says of it."""

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize
from scipy.stats import spearmanr
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.svm import OneClassSVM as Peer

from mixtura import OneClassSVM
from mixtura.detectors.svm.model import SupportModel
from mixtura.engines import ThreadEngine
from mixtura.errors import DataError, ModelFileError

TIGHT = 1e-7


def table_of(n_rows, n_columns, seed=0):
    """Return two groups, one of them wider, of correlated columns."""
    rng = np.random.default_rng(seed)
    table = rng.normal(size=(n_rows, n_columns)) @ (np.eye(n_columns) + 0.3)
    table[::3] = 2.5 + 1.5 * table[::3]
    return table


def objective(fitted, table):
    return float((fitted.dual_coef_ @ fitted.score_samples(table[fitted.support_]))[0]) / 2


@pytest.mark.parametrize(
    ("settings", "size"),
    [
        ({"nu": 0.2}, (400, 3)),
        ({"nu": 0.5, "gamma": "auto"}, (300, 5)),
        ({"nu": 0.05, "gamma": 1.0}, (1600, 2)),
        ({"nu": 0.37, "gamma": 0.01}, (301, 7)),
        ({"nu": 0.2013, "kernel": "linear"}, (300, 4)),
        ({"nu": 0.2113, "kernel": "poly", "degree": 2, "coef0": 1.0}, (400, 4)),
        ({"nu": 0.3, "kernel": "poly", "degree": 3, "coef0": 1.0, "gamma": 0.05}, (200, 3)),
        ({"nu": 0.2, "kernel": "sigmoid"}, (300, 3)),
        ({"nu": 0.1, "shrinking": False}, (1600, 10)),
    ],
    ids=str,
)
def test_objective_and_labels_are_those_of_libsvm(settings, size):
    # nu times the rows is no integer, or weights may all be at a bound, and the offset anywhere in an interval.
    # Columns above zero: about it, products cancel and the optimum may be zero, of which no number is a part.
    above = 4.0 if settings.get("kernel") in ("linear", "poly") else 0.0
    table = above + table_of(*size)
    ours, peer = OneClassSVM(tol=TIGHT, **settings).fit(table), Peer(tol=TIGHT, **settings).fit(table)
    assert objective(ours, table) == pytest.approx(objective(peer, table), rel=1e-6)
    others = above + np.vstack([table_of(500, size[1], 1), 3 * table_of(500, size[1], 2)])
    decisions = peer.decision_function(others)
    away = np.abs(decisions) > 1e-5 * np.abs(peer.offset_)
    assert away.mean() > 0.8
    assert np.array_equal(ours.predict(others)[away], peer.predict(others)[away])
    assert {-1, 1} == set(peer.predict(others)[away])


def test_unique_optimum_is_found_with_its_offset():
    table = table_of(300, 3)
    ours, peer = OneClassSVM(nu=0.15, tol=TIGHT).fit(table), Peer(nu=0.15, tol=TIGHT).fit(table)
    assert np.array_equal(ours.support_, peer.support_)
    np.testing.assert_allclose(ours.dual_coef_, peer.dual_coef_, atol=1e-5)
    np.testing.assert_allclose(ours.intercept_, peer.intercept_, rtol=1e-7)
    np.testing.assert_allclose(ours.support_vectors_, peer.support_vectors_)
    np.testing.assert_allclose(ours.decision_function(table), peer.decision_function(table), atol=1e-6)
    assert ours.n_support_ == peer.n_support_
    assert ours.offset_ == pytest.approx(peer.offset_[0], rel=1e-7)
    assert ours.shape_fit_ == peer.shape_fit_
    assert ours.fit_status_ == 0


@pytest.mark.parametrize("nu", [0.1, 0.45])
def test_optimum_is_that_of_a_quadratic_program(nu):
    table = table_of(30, 2)
    gram = rbf_kernel(table, gamma=0.5)
    total = {"type": "eq", "fun": lambda alpha: alpha.sum() - 30 * nu, "jac": lambda alpha: np.ones(30)}
    start = np.full(30, nu)
    found = minimize(
        lambda alpha: (alpha @ gram @ alpha / 2, gram @ alpha),
        start,
        jac=True,
        bounds=[(0, 1)] * 30,
        constraints=total,
        method="SLSQP",
        options={"ftol": 1e-14, "maxiter": 500},
    )
    fitted = OneClassSVM(gamma=0.5, nu=nu, tol=1e-9).fit(table)
    assert found.success
    assert objective(fitted, table) == pytest.approx(found.fun, rel=1e-9)
    alpha = np.zeros(30)
    alpha[fitted.support_] = fitted.dual_coef_[0]
    np.testing.assert_allclose(alpha, found.x, atol=1e-5)


@pytest.mark.parametrize("nu", [0.01, 0.1, 0.5, 0.99])
def test_nu_lies_between_the_shares_of_outliers_and_support_vectors(nu):
    table = table_of(2000, 4)
    fitted = OneClassSVM(nu=nu, tol=1e-6).fit(table)
    outside = (fitted.predict(table) == -1).mean()
    assert outside <= nu <= len(fitted.support_) / 2000
    assert outside == pytest.approx(nu, abs=0.02)


def _called(one, other):
    return rbf_kernel(one, other, 0.1)


KERNELS = [
    {},
    {"gamma": 50.0},
    {"kernel": "linear", "max_iter": 100_000},
    {"kernel": "poly", "max_iter": 100_000},
    {"kernel": "poly", "degree": 2, "coef0": 1.0},
    {"kernel": "sigmoid"},
    {"kernel": "precomputed"},
    {"kernel": _called},
    {"approximate": True, "n_landmarks": 50, "random_state": 0},
    {"approximate": True, "n_landmarks": 50, "random_state": 0, "max_iter": 2},
    {"max_iter": 3},
]
# Columns of a kind, and columns of which one drowns the others.
SCALES = {"alike": [1.0, 1.0, 1.0], "unscaled": [1.0, 30.0, 1e-3]}


@pytest.mark.each_value
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("options", KERNELS)
@pytest.mark.parametrize("scales", SCALES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_nu_bounds_the_outliers_at_the_default_tolerance(options, scales, dtype):
    table = (np.vstack([table_of(500, 3), np.full((20, 3), 0.5), np.zeros((5, 3))]) * SCALES[scales]).astype(dtype)
    given = rbf_kernel(table).astype(dtype) if options.get("kernel") == "precomputed" else table
    weights = np.random.default_rng(0).integers(0, 4, len(table)).astype(float)
    for nu in (1e-6, 0.02, 0.5):
        fitted = OneClassSVM(nu=nu, **options).fit(given)
        assert (fitted.predict(given) == -1).mean() <= nu
        if dtype is np.float32 and options.get("kernel") != "precomputed":
            assert (fitted.predict(given.astype(np.float64)) == -1).mean() <= nu
        weighted = OneClassSVM(nu=nu, **options).fit(given, sample_weight=weights)
        assert weights[weighted.predict(given) == -1].sum() <= nu * weights.sum() * (1 + 1e-12)


@pytest.mark.parametrize("unit", [1.0, 1e-6])
@pytest.mark.parametrize("options", [{}, {"gamma": 1.0}, {"kernel": "sigmoid"}], ids=str)
def test_small_nu_and_small_weights_are_solved_as_well(options, unit):
    # Where less than the weight of one row is given away, the optimum is the same but for its size.
    table = table_of(1000, 3)
    near, far = (
        OneClassSVM(nu=nu, tol=tol, **options).fit(table, sample_weight=np.full(1000, unit))
        for nu, tol in ((1e-6, 1e-3), (9e-4, 1e-8))
    )
    sizes = [fitted.score_samples(table) / fitted.dual_coef_.sum() for fitted in (near, far)]
    np.testing.assert_allclose(*sizes, atol=1e-3)


@pytest.mark.parametrize("kernel", ["rbf", "linear", "poly", "sigmoid"])
@pytest.mark.parametrize("nu", [1e-6, 0.3, 1.0])
def test_rows_all_alike_end_with_a_result(kernel, nu):
    fitted = OneClassSVM(kernel=kernel, nu=nu, gamma=0.1).fit(np.ones((200, 3)))
    assert np.isfinite(fitted.decision_function(np.ones((2, 3)))).all()
    assert fitted.fit_status_ == 0
    assert fitted.dual_coef_.sum() == pytest.approx(200 * nu)


def test_repeated_rows_end_where_libsvm_does():
    table = np.repeat(table_of(20, 3), 100, axis=0)
    ours, peer = OneClassSVM(nu=0.3, tol=TIGHT).fit(table), Peer(nu=0.3, tol=TIGHT).fit(table)
    assert objective(ours, table) == pytest.approx(objective(peer, table), rel=1e-6)


def test_tiny_nu_ends():
    table = table_of(3000, 3)
    fitted = OneClassSVM(nu=1e-6, tol=1e-12).fit(table)
    assert fitted.fit_status_ == 0
    assert fitted.dual_coef_.sum() == pytest.approx(3000e-6)
    assert (fitted.decision_function(table) < -1e-6 * fitted.offset_).mean() == 0


def test_nu_of_one_makes_every_row_a_support_vector():
    """scikit-learn finds no finite offset here; the highest score is one."""
    table = table_of(50, 2)
    fitted = OneClassSVM(nu=1.0).fit(table)
    assert np.array_equal(fitted.dual_coef_, np.ones((1, 50)))
    assert fitted.offset_ == pytest.approx(fitted.score_samples(table).max(), rel=1e-6)


def test_one_row():
    fitted = OneClassSVM(gamma=1.0).fit([[1.0, 2.0]])
    np.testing.assert_allclose(fitted.score_samples([[1.0, 2.0], [1.0, 3.0]]), [0.5, 0.5 * np.exp(-1)])


def test_limit_of_steps_warns_as_theirs_does():
    table = table_of(200, 2)
    with pytest.warns(ConvergenceWarning, match=r"Solver terminated early \(max_iter=3\)"):
        fitted = OneClassSVM(gamma=3.0, max_iter=3).fit(table)
    assert (fitted.fit_status_, fitted.n_iter_) == (1, 3)
    assert np.isfinite(fitted.decision_function(table)).all()


def test_cache_and_shrinking_keep_the_objective():
    table = table_of(1600, 2)
    fits = [
        OneClassSVM(gamma=1.0, nu=0.2, tol=1e-4, shrinking=shrinking, cache_size=size).fit(table)
        for shrinking in (True, False)
        for size in (200, 0.1)
    ]
    values = [objective(fitted, table) for fitted in fits]
    np.testing.assert_allclose(values, values[0], rtol=1e-6)


def test_weights_repeat_rows():
    table, counts = table_of(150, 3), np.random.default_rng(0).integers(0, 4, 150)
    settings = {"gamma": 0.2, "nu": 0.2, "tol": 1e-10}
    weighted = OneClassSVM(**settings).fit(table, sample_weight=counts)
    repeated = OneClassSVM(**settings).fit(np.repeat(table, counts, axis=0))
    np.testing.assert_allclose(weighted.decision_function(table), repeated.decision_function(table), atol=1e-8)
    assert (counts[weighted.support_] > 0).all()


def test_weights_are_taken_as_theirs_are():
    """Rows of negative weight are left out, but count for gamma='scale'."""
    table, weights = table_of(200, 3), np.random.default_rng(0).normal(1, 1, 200)
    ours = OneClassSVM(nu=0.2, tol=TIGHT).fit(table, sample_weight=weights)
    peer = Peer(nu=0.2, tol=TIGHT).fit(table, sample_weight=weights)
    np.testing.assert_allclose(ours.decision_function(table), peer.decision_function(table), atol=1e-5)
    np.testing.assert_allclose(ours.support_vectors_, peer.support_vectors_)
    # Theirs are positions among the rows that are not left out.
    assert np.array_equal(ours.support_, np.flatnonzero(weights > 0)[peer.support_])


def test_weights_of_any_size_end():
    table, weights = table_of(200, 2), 10.0 ** np.random.default_rng(0).integers(-12, 13, 200)
    fitted = OneClassSVM(nu=0.3).fit(table, sample_weight=weights)
    assert np.isfinite(fitted.decision_function(table)).all()
    with pytest.raises(DataError, match="add up to more than any"):
        OneClassSVM().fit(table, sample_weight=np.full(200, 1e308))


@pytest.mark.parametrize("settings", [{}, {"approximate": True, "n_landmarks": 50, "random_state": 0}], ids=str)
def test_number_of_threads_does_not_change_a_bit(settings):
    table = table_of(1000, 100)
    scores = [
        OneClassSVM(nu=0.2, engine=ThreadEngine(n_threads), **settings).fit(table).score_samples(table)
        for n_threads in (1, 3)
    ]
    assert np.array_equal(*scores)


def test_single_precision_table():
    table = table_of(500, 3).astype(np.float32)
    single, double = OneClassSVM(nu=0.2).fit(table), OneClassSVM(nu=0.2).fit(table.astype(np.float64))
    np.testing.assert_allclose(single.score_samples(table), double.score_samples(table), rtol=1e-6)
    assert single.support_vectors_.dtype == np.float64


def test_frames_and_files(tmp_path):
    frame = pd.DataFrame(table_of(400, 3), columns=["a", "b", "c"])
    frame.to_csv(tmp_path / "table.csv", index=False)
    by_frame, by_file = (OneClassSVM(nu=0.2).fit(source) for source in (frame, str(tmp_path / "table.csv")))
    assert list(by_file.feature_names_in_) == list(by_frame.feature_names_in_) == ["a", "b", "c"]
    np.testing.assert_allclose(by_file.score_samples(str(tmp_path / "table.csv")), by_frame.score_samples(frame))


def test_kernel_values_given_or_called_are_those_of_the_name():
    table, others = table_of(200, 3), table_of(40, 3, 1)
    named = OneClassSVM(gamma=0.3, nu=0.2, tol=TIGHT).fit(table)
    given = OneClassSVM(kernel="precomputed", nu=0.2, tol=TIGHT).fit(rbf_kernel(table, gamma=0.3))
    called = OneClassSVM(kernel=lambda x, y: rbf_kernel(x, y, gamma=0.3), nu=0.2, tol=TIGHT).fit(table)
    expected = named.score_samples(others)
    np.testing.assert_allclose(given.score_samples(rbf_kernel(others, table, gamma=0.3)), expected, rtol=1e-6)
    np.testing.assert_allclose(called.score_samples(others), expected, rtol=1e-6)
    assert np.array_equal(given.support_, named.support_)
    assert given.support_vectors_.shape == (0, 0)


def test_weights_leave_kernel_values_out():
    table, others, weights = table_of(200, 3), table_of(40, 3, 1), np.arange(200.0) % 3
    named = OneClassSVM(gamma=0.3, nu=0.2, tol=TIGHT).fit(table, sample_weight=weights)
    given = OneClassSVM(kernel="precomputed", nu=0.2, tol=TIGHT)
    given.fit(rbf_kernel(table, gamma=0.3), sample_weight=weights)
    by_value = given.score_samples(rbf_kernel(others, table, gamma=0.3))
    np.testing.assert_allclose(by_value, named.score_samples(others), rtol=1e-6)


def test_large_kernel_matrix_starts_as_rows_do():
    table = table_of(1700, 2)
    named = OneClassSVM(gamma=0.3, nu=0.1, tol=TIGHT).fit(table)
    gram = rbf_kernel(table, gamma=0.3)
    given = OneClassSVM(kernel="precomputed", nu=0.1, tol=TIGHT).fit(gram)
    np.testing.assert_allclose(given.score_samples(gram), named.score_samples(table), rtol=1e-6)


def test_kernel_values_that_are_none():
    with pytest.raises(ValueError, match=r"must be a square matrix\. Input is a 5x3 matrix"):
        OneClassSVM(kernel="precomputed").fit(np.ones((5, 3)))
    with pytest.raises(DataError, match="not symmetric"):
        OneClassSVM(kernel="precomputed").fit(np.arange(9.0).reshape(3, 3))
    with pytest.raises(DataError, match="kernel values may reach 1e\\+39"):
        OneClassSVM(kernel="precomputed").fit(1e39 * np.eye(3))
    with pytest.raises(DataError, match="approximate=True chooses landmarks among rows"):
        OneClassSVM(kernel="precomputed", approximate=True).fit(np.eye(3))
    called = OneClassSVM(kernel=lambda x, y: np.ones((len(x), 5))).fit(np.ones((5, 2)))
    called.kernel = lambda x, y: np.ones((1, 1))
    with pytest.raises(DataError, match="not one value for each row and row of the fit"):
        called.score_samples(np.ones((4, 2)))


@pytest.mark.parametrize(
    ("settings", "match"),
    [
        ({"kernel": "linear"}, "beyond single precision: scale the columns"),
        ({"kernel": "poly", "degree": 9, "gamma": 1.0}, "beyond single precision: scale the columns"),
        ({"kernel": "rbf"}, "no usable inverse: scale its columns, or set gamma"),
    ],
)
def test_values_too_large_are_refused(settings, match):
    table = np.array([[1e200, 0.0], [-1e200, 1.0], [0.0, 2.0]])
    with pytest.raises(DataError, match=match):
        OneClassSVM(**settings).fit(table)
    with pytest.raises(DataError, match="column"):
        OneClassSVM(approximate=True, **settings).fit(table)


def test_scores_too_large_are_refused():
    fitted = OneClassSVM(kernel="poly", gamma=1.0).fit(table_of(30, 2))
    with pytest.raises(DataError, match="score of row 1 of a block"):
        fitted.score_samples([[0.0, 0.0], [1e200, -1e200]])
    fitted = OneClassSVM(kernel="precomputed").fit(np.eye(3))
    with pytest.raises(DataError, match="score of row 0 of a block"):
        fitted.score_samples(np.full((1, 3), 1.7e308))


def test_far_rows_are_outliers():
    fitted = OneClassSVM().fit(table_of(100, 2))
    assert np.array_equal(fitted.predict([[1e200, -1e200], [1e9, 0.0]]), [-1, -1])


def test_weights_of_columns_are_of_the_linear_kernel():
    table = table_of(100, 3)
    fitted = OneClassSVM(kernel="linear", nu=0.2).fit(table)
    np.testing.assert_allclose(fitted.score_samples(table), (table @ fitted.coef_.T)[:, 0])
    for other in (OneClassSVM().fit(table), OneClassSVM(kernel="linear")):
        with pytest.raises(AttributeError, match="coef_ is there only after"):
            other.coef_  # noqa: B018  # asking for it raises


def test_not_fitted():
    with pytest.raises(NotFittedError):
        OneClassSVM().predict([[0.0]])


# Approximate machines


@pytest.mark.one_case
@pytest.mark.parametrize("n_columns", [2, 6])
def test_landmarks_rank_rows_as_the_exact_machine_does(n_columns):
    table, others = table_of(3000, n_columns), 2 * table_of(1000, n_columns, 1)
    exact = OneClassSVM(nu=0.1).fit(table)
    near = OneClassSVM(nu=0.1, approximate=True, n_landmarks=300, random_state=0).fit(table)
    assert spearmanr(near.score_samples(others), exact.score_samples(others)).statistic > 0.99
    assert near.offset_ == pytest.approx(exact.offset_, rel=0.02)
    assert (near.predict(table) < 0).mean() == pytest.approx(0.1, abs=0.001)
    assert (near.predict(others) == exact.predict(others)).mean() > 0.98
    assert near.support_vectors_.shape == (300, n_columns)
    assert not hasattr(near, "support_")


def test_all_rows_as_landmarks_come_near_the_exact_optimum():
    table = table_of(300, 2)
    exact = OneClassSVM(nu=0.2, gamma=0.5, tol=TIGHT).fit(table)
    near = OneClassSVM(nu=0.2, gamma=0.5, approximate=True).fit(table)
    lacking = np.maximum(near.offset_ - near.score_samples(table), 0).sum()
    squared = (near.dual_coef_ @ rbf_kernel(near.support_vectors_, gamma=0.5) @ near.dual_coef_.T)[0, 0]
    primal = squared / 2 - 0.2 * 300 * near.offset_ + lacking
    assert primal == pytest.approx(-objective(exact, table), rel=1e-3)


@pytest.mark.one_case
@pytest.mark.parametrize("kernel", ["linear", "poly", "sigmoid"])
def test_landmarks_with_other_kernels(kernel):
    table = 4 + table_of(1000, 3)
    exact = OneClassSVM(kernel=kernel, nu=0.2, gamma=0.02, coef0=0.5).fit(table)
    near = OneClassSVM(
        kernel=kernel, nu=0.2, gamma=0.02, coef0=0.5, approximate=True, n_landmarks=200, random_state=0
    ).fit(table)
    assert spearmanr(near.score_samples(table), exact.score_samples(table)).statistic > 0.97


def test_seed_decides_the_landmarks():
    table = table_of(1000, 2)
    first, again, other = (
        OneClassSVM(approximate=True, n_landmarks=20, random_state=seed).fit(table) for seed in (0, 0, 1)
    )
    assert np.array_equal(first.dual_coef_, again.dual_coef_)
    assert not np.array_equal(first.support_vectors_, other.support_vectors_)


def test_more_rows_than_the_sample_are_read_in_blocks(tmp_path):
    table = table_of(20_000, 2)
    frame = pd.DataFrame(table, columns=["a", "b"])
    frame.to_csv(tmp_path / "table.csv", index=False)
    settings = {"nu": 0.05, "approximate": True, "n_landmarks": 50, "random_state": 0}
    by_file = OneClassSVM(**settings).fit(str(tmp_path / "table.csv"))
    by_array = OneClassSVM(**settings).fit(table)
    assert (by_array.predict(table) < 0).mean() == pytest.approx(0.05, abs=1e-3)
    np.testing.assert_allclose(by_file.score_samples(frame), by_array.score_samples(table), rtol=1e-6)


def test_weights_count_for_landmarks_too():
    table, weights = table_of(2000, 2), np.ones(2000)
    weights[table[:, 0] > 0] = 9.0
    fitted = OneClassSVM(nu=0.2, approximate=True, n_landmarks=200, random_state=0).fit(table, sample_weight=weights)
    outliers = fitted.predict(table) < 0
    assert weights[outliers].sum() / weights.sum() == pytest.approx(0.2, abs=0.01)
    with pytest.raises(ValueError, match="all samples have zero or negative weights"):
        fitted.fit(table, sample_weight=np.zeros(2000))


# Explanations


def planted(n_columns, n_groups, shift, seed):
    """Return standardised rows of groups, the first 60 shifted in one column each, and these columns."""
    rng = np.random.default_rng(seed)
    centers = rng.normal(scale=5, size=(n_groups, n_columns))
    mixing = np.eye(n_columns) + 0.5 * rng.normal(size=(n_groups, n_columns, n_columns)) / np.sqrt(n_columns)
    groups = rng.integers(n_groups, size=2000)
    table = centers[groups] + np.einsum("nij,nj->ni", mixing[groups], rng.normal(size=(2000, n_columns)))
    table = (table - table.mean(axis=0)) / table.std(axis=0)
    columns = rng.integers(n_columns, size=60)
    table[np.arange(60), columns] += shift * rng.choice([-1, 1], size=60)
    return table, columns


@pytest.mark.one_case
@pytest.mark.parametrize("settings", [{}, {"gamma": 0.01}, {"approximate": True, "random_state": 0}], ids=str)
@pytest.mark.parametrize("n_groups", [4, 1])
@pytest.mark.parametrize("n_columns", [6, 3, 12])
def test_planted_column_ranks_first(n_columns, n_groups, settings):
    hits = []
    for seed in range(2):
        table, columns = planted(n_columns, n_groups, 6, seed)
        explanation = OneClassSVM(nu=0.1, **settings).fit(table).explain(table[:60])
        hits.append(explanation.column == columns)
        assert explanation.stands_out[np.arange(60), columns].mean() > 0.9
    assert np.mean(hits) >= 0.95


def test_explanation_of_rows_far_beyond_all_kernels():
    table = table_of(500, 3)
    fitted = OneClassSVM(nu=0.1).fit(table)
    explanation = fitted.explain(np.array([[1e6, 0.0, 0.0], [0.0, -1e200, 0.0], [0.0, 0.0, 1e3]]))
    assert np.array_equal(explanation.column, [0, 1, 2])
    assert np.isfinite(explanation.expected).all()
    np.testing.assert_allclose(explanation.share.sum(axis=1), 1)
    assert (np.abs(explanation.expected) < np.abs(table).max() + 1e-9).all()


def test_explanation_of_a_column_that_never_differed():
    table = np.column_stack([table_of(200, 2), np.ones(200)])
    explanation = OneClassSVM().fit(table).explain([[50.0, 0.0, 2.0]])
    assert explanation.column == [2]
    assert explanation.expected[0, 2] == pytest.approx(1)
    assert explanation.distance[0, 2] > 1e6


def test_explanation_of_rows_that_equal_all_others():
    explanation = OneClassSVM(gamma=1.0).fit(np.ones((10, 2))).explain(np.ones((1, 2)))
    assert np.array_equal(explanation.expected, [[1.0, 1.0]])
    assert np.array_equal(explanation.share, [[0.5, 0.5]])


# The frozen model


@pytest.mark.exhaustive
def test_model_comes_back_from_its_arrays():
    table, others = table_of(200, 3), table_of(50, 3, 1)
    for settings in ({}, {"kernel": "poly", "coef0": 1.0}, {"approximate": True, "random_state": 0}):
        model = OneClassSVM(nu=0.2, **settings).fit(table).model_
        again = SupportModel.from_arrays(model.arrays(), model.settings())
        assert np.array_equal(again.score_samples(others), model.score_samples(others))
        assert np.array_equal(again.explain(others).share, model.explain(others).share)
        assert (again.kernel, again.offset, again.n_features) == (model.kernel, model.offset, 3)


def damaged(**changes):
    model = OneClassSVM(nu=0.2).fit(table_of(50, 3)).model_
    arrays, settings = model.arrays(), model.settings()
    for name, change in changes.items():
        where = arrays if name in arrays else settings
        if change is None:
            del where[name]
        else:
            where[name] = change(where[name])
    return arrays, settings


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"vectors": None}, "an svm has the arrays"),
        ({"vectors": lambda a: a.astype(np.float32)}, "2 dimension"),
        ({"vectors": lambda a: a[0]}, "2 dimension"),
        ({"vectors": lambda a: a[:, :2]}, "does not go with"),
        ({"vectors": lambda a: a[:0], "coefficients": lambda a: a[:0]}, "is empty"),
        ({"coefficients": lambda a: a[1:]}, "coefficients does not go with"),
        ({"coefficients": lambda a: a * np.nan}, "not finite"),
        ({"typical": lambda a: a[:, :1]}, "typical does not go with"),
        ({"typical": lambda a: a[:0]}, "is empty"),
        ({"scale": lambda a: -a}, "negative"),
        ({"center": lambda a: a[:1]}, "center does not go with"),
        ({"gamma": None}, "an svm says"),
        ({"gamma": lambda a: -1.0}, "gamma at least 0"),
        ({"gamma": lambda a: float("inf")}, "finite numbers"),
        ({"offset": lambda a: "1"}, "finite numbers"),
        ({"coef0": lambda a: True}, "finite numbers"),
        ({"offset": lambda a: 10**400}, "finite numbers"),
        ({"kernel": lambda a: "precomputed"}, "not one of"),
        ({"kernel": lambda a: ["rbf"]}, "not one of"),
        ({"degree": lambda a: 2**31}, "degree"),
        ({"degree": lambda a: -1}, "degree"),
        ({"degree": lambda a: 1.0}, "degree"),
    ],
)
def test_damaged_models_are_refused(changes, match):
    with pytest.raises(ValueError, match=match):
        SupportModel.from_arrays(*damaged(**changes))


def test_model_of_kernel_values_cannot_be_saved_or_explained():
    fitted = OneClassSVM(kernel="precomputed").fit(np.eye(4))
    for refused in (fitted.model_.arrays, fitted.model_.settings, lambda: type(fitted.model_).from_arrays({}, {})):
        with pytest.raises(ModelFileError, match="fit one of the named kernels"):
            refused()
    with pytest.raises(DataError, match="kernel values say nothing of columns"):
        fitted.explain(np.eye(4))
    assert fitted.model_.n_features == 4
