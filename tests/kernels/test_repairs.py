"""The kernels that explain rows under a mixture, against brute force in NumPy and SciPy, and laws."""

import itertools
from math import factorial

import numpy as np
import pytest
from scipy.special import gammaln, logsumexp
from scipy.stats import multivariate_normal, multivariate_t

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
