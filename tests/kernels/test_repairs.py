"""The kernels that explain rows under a mixture, against brute force in NumPy and SciPy, and laws."""

import itertools
from importlib import import_module
from math import factorial

import numpy as np
import pytest
from scipy.special import gammaln, logsumexp
from scipy.stats import multivariate_normal, multivariate_t

from mixtura.kernels import available, repairs
from mixtura.kernels.repairs import cheapest_repairs, shapley

MANY = 12


class Case:
    """A mixture in the forms that the kernels take, and rows from it, some of whose cells are wrong."""

    def __init__(self, d, count, *, student=False, n_rows=7, wrong=6.0, seed=0):
        rng = np.random.default_rng([d, count, seed])
        self.means = rng.normal(size=(count, d)) * 3
        roots = rng.normal(size=(count, d, d)) / np.sqrt(d)
        self.covariances = roots @ roots.transpose(0, 2, 1) + 0.2 * np.eye(d)
        self.precisions = np.linalg.inv(self.covariances)
        self.precisions = (self.precisions + self.precisions.transpose(0, 2, 1)) / 2
        self.log_weights = np.log(rng.dirichlet(np.full(count, 5.0)))
        self.degrees = rng.uniform(2, 30, size=count) if student else None
        self.log_constants = self.log_weights + np.linalg.slogdet(self.precisions)[1] / 2
        if student:
            nu = self.degrees
            self.log_constants += gammaln((nu + d) / 2) - gammaln(nu / 2) - d / 2 * np.log(nu * np.pi)
        labels = rng.integers(count, size=n_rows)
        self.X = self.means[labels] + np.einsum("nij,nj->ni", roots[labels], rng.normal(size=(n_rows, d)))
        self.X[np.arange(n_rows), rng.integers(d, size=n_rows)] += wrong
        self.X[np.arange(n_rows), rng.integers(d, size=n_rows)] -= wrong

    def repairs(self, most_cells=3, kept=5, exhaustive_columns=MANY, X=None, **options):
        rows = self.X if X is None else X
        mixture = self.log_constants, self.means, self.precisions, self.degrees
        return cheapest_repairs(rows, *mixture, most_cells, kept, exhaustive_columns, **options)

    def shapley(self, orders=None, X=None, **options):
        rows = self.X if X is None else X
        return shapley(rows, self.log_weights, self.means, self.covariances, self.degrees, orders, **options)

    def radial(self, k, distance):
        """The log density of a component at a squared distance."""
        if self.degrees is None:
            return self.log_constants[k] - distance / 2
        nu = self.degrees[k]
        return self.log_constants[k] - (nu + self.means.shape[1]) / 2 * np.log1p(distance / nu)

    def repaired(self, row, cells):
        """The highest log density with cells replaced, and by what: regression on the other columns, by covariances."""
        others = np.setdiff1d(np.arange(len(row)), cells)
        answers = []
        for k, (mean, covariance) in enumerate(zip(self.means, self.covariances, strict=True)):
            centred = row[others] - mean[others]
            solved = np.linalg.solve(covariance[np.ix_(others, others)], centred) if len(others) else centred
            predicted = mean[cells] + covariance[np.ix_(cells, others)] @ solved
            answers.append((self.radial(k, centred @ solved), predicted))
        return max(answers, key=lambda answer: answer[0])

    def log_density(self, columns, X):
        parts = []
        for k, log_weight in enumerate(self.log_weights):
            mean, matrix = self.means[k, columns], self.covariances[k][np.ix_(columns, columns)]
            one = multivariate_normal(mean, matrix) if self.degrees is None else None
            one = multivariate_t(mean, matrix, df=self.degrees[k]) if one is None else one
            parts.append(log_weight + one.logpdf(X[:, columns]).reshape(len(X)))
        return logsumexp(parts, axis=0)

    def surprises(self):
        """Minus the log density of the rows in each subset of the columns."""
        columns = range(self.means.shape[1])
        subsets = itertools.chain.from_iterable(itertools.combinations(columns, s) for s in range(len(columns) + 1))
        return {frozenset(s): -self.log_density(list(s), self.X) if s else np.zeros(len(self.X)) for s in subsets}

    def shapley_by_definition(self):
        d, v = self.means.shape[1], self.surprises()
        values = np.zeros(self.X.shape)
        for subset, surprise in v.items():
            weight = factorial(len(subset)) * factorial(d - len(subset) - 1) / factorial(d) if len(subset) < d else 0
            for j in set(range(d)) - subset:
                values[:, j] += weight * (v[subset | {j}] - surprise)
        return values


def pairs_of_orders(d, pairs, seed=0):
    rng = np.random.default_rng(seed)
    one = np.stack([rng.permutation(d) for _ in range(pairs)])
    return np.stack([one, one[:, ::-1]], axis=1).reshape(-1, d).astype(np.int32)


CASES = [(d, count, student) for d, count in [(1, 1), (2, 3), (5, 1), (6, 4), (9, 2)] for student in (False, True)]


@pytest.mark.parametrize(("d", "count", "student"), CASES)
def test_all_sets_are_looked_at(d, count, student):
    case = Case(d, count, student=student)
    sets, values, log_densities = case.repairs(most_cells=3, kept=4)
    for row, of_row, by, reached in zip(case.X, sets, values, log_densities, strict=True):
        for size in (1, 2, 3):
            expected = [(*case.repaired(row, list(cells)), cells) for cells in itertools.combinations(range(d), size)]
            expected.sort(key=lambda one: -one[0])
            for place, (log_density, replaced, cells) in enumerate(expected[:4]):
                assert of_row[size - 1, place].tolist() == [*cells, *[-1] * (3 - size)]
                np.testing.assert_allclose(by[size - 1, place, :size], replaced, rtol=1e-8, atol=1e-8)
                assert reached[size - 1, place] == pytest.approx(log_density, rel=1e-9, abs=1e-9)
            for place in range(len(expected), 4):
                assert (of_row[size - 1, place] == -1).all()
                assert reached[size - 1, place] == -np.inf


@pytest.mark.parametrize(("d", "count", "student"), CASES)
def test_exact_shapley_values_are_those_of_the_definition(d, count, student):
    case = Case(d, count, student=student, n_rows=3)
    values, errors = case.shapley()
    np.testing.assert_allclose(values, case.shapley_by_definition(), rtol=1e-9, atol=1e-9)
    assert not errors.any()


@pytest.mark.parametrize(("d", "count", "student"), CASES)
def test_orders_give_the_mean_of_marginal_contributions(d, count, student):
    case = Case(d, count, student=student, n_rows=6)
    orders, v = pairs_of_orders(d, 5), case.surprises()
    added = np.empty((len(orders), *case.X.shape))
    for p, order in enumerate(orders.tolist()):
        for place, j in enumerate(order):
            added[p, :, j] = v[frozenset(order[: place + 1])] - v[frozenset(order[:place])]
    of_pairs = (added[::2] + added[1::2]) / 2
    values, errors = case.shapley(orders)
    np.testing.assert_allclose(values, of_pairs.mean(axis=0), rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(errors, of_pairs.std(axis=0, ddof=1) / np.sqrt(5), rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("student", [False, True])
@pytest.mark.parametrize("wrong", [(1e7, 1e3), (1e12, 1e9), (1e12, 1e6), (1e100, 1e50), (1e100, 1e100)])
def test_far_values_leave_no_trace_where_they_are_replaced(wrong, student):
    """The sets with both wrong cells come first, in the order and with the log densities of exact arithmetic."""
    case = Case(7, 3, student=student, wrong=0)
    case.X[:, 1], case.X[:, 4] = wrong
    sets, values, log_densities = case.repairs(most_cells=3, kept=5)
    for row, of_row, by, reached in zip(case.X, sets, values, log_densities, strict=True):
        assert of_row[1, 0, :2].tolist() == [1, 4]
        both = [cells for cells in itertools.combinations(range(7), 3) if {1, 4} <= set(cells)]
        expected = sorted([(*case.repaired(row, list(cells)), cells) for cells in both], key=lambda one: -one[0])
        assert [tuple(cells) for cells in of_row[2]] == [cells for _, _, cells in expected]
        np.testing.assert_allclose(reached[2], [log_density for log_density, _, _ in expected], rtol=1e-8)
        np.testing.assert_allclose(by[2], [replaced for _, replaced, _ in expected], rtol=1e-8, atol=1e-8)


def test_equal_sets_come_in_the_order_of_their_columns():
    """Columns in pairs of equal values: any of these sets is as good as its mirror image."""
    case = Case(6, 1)
    case.means, correlation = np.zeros((1, 6)), np.full((6, 6), 0.3) + 0.7 * np.eye(6)
    case.precisions = np.linalg.inv(correlation)[None]
    case.X = np.tile([3.0, -2.0, 3.0, -2.0, 3.0, -2.0], (1, 1))
    for exhaustive in (6, 0):
        sets, _, log_densities = case.repairs(most_cells=2, kept=3, exhaustive_columns=exhaustive)
        assert sets[0, 0, :, 0].tolist() == [0, 2, 4]
        assert sets[0, 1].tolist() == [[0, 2], [0, 4], [2, 4]]
        np.testing.assert_allclose(np.diff(log_densities), 0, atol=1e-12)


@pytest.mark.parametrize(("d", "student"), [(9, False), (14, True), (30, False)])
def test_search_ends_where_no_exchange_is_better(d, student):
    case = Case(d, 4, student=student, n_rows=12)
    sets, _, log_densities = case.repairs(most_cells=3, kept=4, exhaustive_columns=0)
    for row, of_row, reached in zip(case.X, sets, log_densities, strict=True):
        assert (np.diff(reached) <= 1e-9).all()
        for size in (1, 2, 3):
            kept = {tuple(cells[:size]) for cells in of_row[size - 1].tolist()}
            assert len(kept) == 4
            for cells, log_density in zip(of_row[size - 1, :, :size].tolist(), reached[size - 1], strict=True):
                assert log_density == pytest.approx(case.repaired(row, cells)[0], rel=1e-9, abs=1e-9)
                for out, into in itertools.product(cells, set(range(d)) - set(cells)):
                    exchanged = sorted({*cells, into} - {out})
                    better = case.repaired(row, exchanged)[0] > reached[size - 1, -1] + 1e-8
                    assert not better or tuple(exchanged) in kept


def test_search_finds_two_wrong_cells_that_hide_each_other():
    """Two cells wrong by as much, in columns that hardly differ: they agree, and to replace one alone hardly helps."""
    d = 40
    case = Case(d, 1)
    correlation = np.eye(d)
    correlation[0, 1] = correlation[1, 0] = 0.98
    case.means, case.precisions, case.X = np.zeros((1, d)), np.linalg.inv(correlation)[None], np.zeros((1, d))
    case.X[0, :2] = 12.0
    case.X[0, 2] = 7.0
    sets, values, _ = case.repairs(most_cells=3, kept=2)
    assert sets[0, 1, 0, :2].tolist() == [0, 1]
    assert sets[0, 2, 0].tolist() == [0, 1, 2]
    np.testing.assert_allclose(values[0, 2, 0], 0, atol=1e-9)


@pytest.mark.parametrize("student", [False, True])
@pytest.mark.parametrize(("d", "count"), [(10, 3), (25, 16)])
def test_shares_add_up_to_the_surprise_at_the_row(d, count, student):
    case = Case(d, count, student=student, n_rows=20)
    surprise = -case.log_density(list(range(d)), case.X)
    for orders in [None, pairs_of_orders(d, 2)] if d == 10 else [pairs_of_orders(d, 2)]:
        np.testing.assert_allclose(case.shapley(orders)[0].sum(axis=1), surprise, rtol=1e-10)


def test_columns_that_cannot_be_told_apart_have_equal_shares():
    case = Case(5, 2)
    case.means[:, 3], case.X[:, 3] = case.means[:, 1], case.X[:, 1]
    case.covariances[:, 3] = case.covariances[:, 1]
    case.covariances[:, :, 3] = case.covariances[:, :, 1]
    case.covariances[:, [1, 3], [1, 3]] += 1.0
    values, _ = case.shapley()
    np.testing.assert_allclose(values[:, 1], values[:, 3], rtol=1e-10)


@pytest.mark.parametrize("orders", [None, pairs_of_orders(5, 2)])
def test_a_column_independent_of_the_others_has_its_own_surprise(orders):
    """It is -log p of the value alone, whatever the others: with its value at the mean that is the log of sd √(2π)."""
    case = Case(5, 3)
    case.covariances[:, 2], case.covariances[:, :, 2], case.means[:, 2] = 0, 0, 1.5
    case.covariances[:, 2, 2] = 4.0
    case.X[0, 2] = 1.5
    values, errors = case.shapley(orders)
    np.testing.assert_allclose(values[:, 2], np.log(2 * np.sqrt(2 * np.pi)) + (case.X[:, 2] - 1.5) ** 2 / 8, rtol=1e-10)
    np.testing.assert_allclose(errors[:, 2], 0, atol=1e-12)


def test_two_columns_share_their_mutual_surprise_equally():
    """One component in closed form: half of x_j² / var_j and half of what the squared distance grows by column j."""
    case = Case(2, 1)
    case.means = np.zeros((1, 2))
    covariance = case.covariances[0]
    distance = np.einsum("ni,ij,nj->n", case.X, np.linalg.inv(covariance), case.X)
    alone = case.X**2 / np.diag(covariance)
    squares = (alone - alone[:, ::-1] + distance[:, None]) / 2
    variances = np.log(np.diag(covariance))
    constants = (variances - variances[::-1] + np.linalg.slogdet(covariance)[1] + 2 * np.log(2 * np.pi)) / 2
    np.testing.assert_allclose(case.shapley()[0], (squares + constants) / 2, rtol=1e-10)


@pytest.mark.parametrize("student", [False, True])
def test_estimates_are_as_far_from_exact_values_as_their_errors_say(student):
    case = Case(8, 3, student=student, n_rows=50)
    exact, _ = case.shapley()
    scores = []
    for seed in range(8):
        values, errors = case.shapley(pairs_of_orders(8, 60, seed))
        scores.append((values - exact) / errors)
    assert np.abs(scores).max() < 6
    assert 0.8 < np.sqrt(np.mean(np.square(scores))) < 1.25


@pytest.mark.parametrize("student", [False, True])
@pytest.mark.parametrize(("d", "exhaustive"), [(5, MANY), (13, MANY)])
def test_rows_do_not_depend_on_threads_or_neighbours(d, exhaustive, student):
    case = Case(d, 3, student=student, n_rows=1000)
    orders = pairs_of_orders(d, 3)
    alone = case.X[[617]]
    for explain in (
        lambda X, n_threads: case.repairs(exhaustive_columns=exhaustive, X=X, n_threads=n_threads),
        lambda X, n_threads: case.shapley(orders, X, n_threads=n_threads),
        lambda X, n_threads: case.shapley(None, X, n_threads=n_threads),
    ):
        one, two, only = explain(case.X, 1), explain(case.X, 2), explain(alone, 1)
        for a, b, c in zip(one, two, only, strict=True):
            assert np.array_equal(a, b)
            assert np.array_equal(a[[617]], c)


@pytest.mark.parametrize("level", available())
def test_all_levels_find_the_same(level, monkeypatch):
    case = Case(14, 3, n_rows=30)
    orders = pairs_of_orders(14, 3)
    mine = [case.repairs(), case.repairs(exhaustive_columns=14), case.shapley(orders), case.shapley()]
    monkeypatch.setattr(repairs, "native", import_module(f"mixtura.kernels._{level}"))
    for answer, other in zip(
        mine, [case.repairs(), case.repairs(exhaustive_columns=14), case.shapley(orders), case.shapley()], strict=True
    ):
        for a, b in zip(answer, other, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("student", [False, True])
@pytest.mark.parametrize("extreme", [1e308, -1e308, np.inf, 5e-324])
def test_extreme_values_are_answered_with_numbers(extreme, student):
    case = Case(6, 3, student=student)
    case.X[:, 1] = extreme
    case.X[3] = extreme
    for exhaustive in (MANY, 0):
        sets, values, log_densities = case.repairs(exhaustive_columns=exhaustive)
        assert np.isfinite(values).all()
        assert np.isfinite(log_densities).all()
        if abs(extreme) > 1:
            assert (sets[:3, 0, 0, 0] == 1).all()
    for orders in (None, pairs_of_orders(6, 3)):
        values, errors = case.shapley(orders)
        assert np.isfinite(values).all()
        assert np.isfinite(errors).all()
        if abs(extreme) > 1:
            assert (values[:3].argmax(axis=1) == 1).all()


@pytest.mark.parametrize("student", [False, True])
@pytest.mark.parametrize("power", [-500, 450])
def test_units_change_values_alone(power, student):
    """Powers of two round nothing: the same sets, values in other units, and densities shifted by logs of the unit."""
    case, other, unit = Case(6, 3, student=student), Case(6, 3, student=student), 2.0**power
    other.X, other.means = other.X * unit, other.means * unit
    other.covariances, other.precisions = other.covariances * unit**2, other.precisions / unit**2
    mine, scaled = case.repairs(), other.repairs()
    assert np.array_equal(mine[0], scaled[0])
    assert np.array_equal(mine[1] * unit, scaled[1])
    assert np.array_equal(mine[2], scaled[2])
    for orders in (None, pairs_of_orders(6, 3)):
        shares, errors = case.shapley(orders)
        other_shares, other_errors = other.shapley(orders)
        np.testing.assert_allclose(other_shares - power * np.log(2), shares, atol=1e-11)
        np.testing.assert_allclose(other_errors, errors, atol=1e-11)


def test_no_rows():
    case = Case(4, 2)
    none = np.empty((0, 4))
    assert [a.shape for a in case.repairs(X=none)] == [(0, 3, 5, 3), (0, 3, 5, 3), (0, 3, 5)]
    assert [a.shape for a in case.shapley(X=none)] == [(0, 4), (0, 4)]
    assert [a.shape for a in case.shapley(pairs_of_orders(4, 2), X=none)] == [(0, 4), (0, 4)]


def test_exact_values_of_many_columns_are_refused():
    with pytest.raises(ValueError, match="17 columns"):
        Case(17, 1).shapley()


@pytest.mark.parametrize(
    ("orders", "message"),
    [
        (np.zeros((4, 3), np.int32), "every column once"),
        (np.full((4, 3), [0, 1, 3], np.int32), "every column once"),
        (pairs_of_orders(3, 1), "two pairs"),
        (pairs_of_orders(3, 3)[:5], "two pairs"),
        (pairs_of_orders(4, 2), "orders must have the columns"),
    ],
)
def test_orders_are_checked(orders, message):
    with pytest.raises(ValueError, match=message):
        Case(3, 2).shapley(orders)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"means": np.zeros((2, 4))}, "means must have"),
        ({"precisions": np.ones((2, 3, 4)), "covariances": np.ones((2, 3, 4))}, "matrix"),
        ({"precisions": np.zeros((2, 3, 3)), "covariances": np.zeros((2, 3, 3))}, "positive diagonal"),
        ({"log_constants": np.zeros(3), "log_weights": np.zeros(3)}, "log_constants must have"),
        ({"means": np.zeros((0, 3))}, "needs components"),
    ],
)
def test_mixtures_are_checked(change, message):
    case = Case(3, 2)
    for name, value in change.items():
        setattr(case, name, value)
    for explain in (case.repairs, case.shapley, lambda: case.shapley(pairs_of_orders(3, 2))):
        with pytest.raises(ValueError, match=message):
            explain()


@pytest.mark.parametrize(("degrees", "message"), [(np.ones(3), "must have"), (np.zeros(2), "must be positive")])
def test_degrees_are_checked(degrees, message):
    case = Case(3, 2)
    case.degrees = degrees
    with pytest.raises(ValueError, match=f"degrees {message}"):
        case.repairs()


@pytest.mark.parametrize(("most_cells", "kept"), [(0, 1), (1, 0)])
def test_something_has_to_be_asked_for(most_cells, kept):
    with pytest.raises(ValueError, match="at least 1"):
        Case(3, 2).repairs(most_cells, kept)
