"""Mixtures in the forms that the kernels for explanations take, with rows, and the answers by brute force."""

import itertools
from math import factorial

import numpy as np
from scipy.special import gammaln, logsumexp
from scipy.stats import multivariate_normal, multivariate_t

from mixtura.kernels.repairs import Shapley, cheapest_repairs

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
        return Shapley(self.log_weights, self.means, self.covariances, self.degrees, orders)(rows, **options)

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
