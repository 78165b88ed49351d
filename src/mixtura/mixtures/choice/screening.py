"""Candidates of a search that a sample of the rows rules out, so that few are fitted to a large table."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ...distributions.mixture import Mixture
from ...engines import ThreadEngine
from ...errors import SingularCovarianceError
from ...intake.sample import take_sample
from ...intake.table import Table
from ...typing import Floats
from ..em.expectation import passes_for
from ..em.loop import Fit, run_em
from .criteria import LOSSES, SUMMED, Candidate, measure, singular
from .trials import Key, Trials

# Tables of no more rows are searched whole: the sample and what follows would take as long.
SCREENED_ABOVE = 100_000

# The first sample has so many rows, each further one so many times more, and at most such a part of the table.
_FIRST_ROWS = 2**15
_GROWTH = 8
_LARGEST_PART = 0.125

# So few candidates are fitted to all rows without a further sample.
_FEW = 3

# A candidate is dropped when its criterion is worse by more than so many standard errors of the difference.
_STANDARD_ERRORS = 2.0


@dataclass
class Screening:
    """The candidates of a search, and what samples of growing size said of them.

    A candidate that is fitted to n of N rows with p parameters has a likelihood of all rows that is p / (2n) lower a
    row than that of the n, in the mean (Akaike 1974). The difference between two candidates is that of their log
    densities, row by row, and its error follows from how that varies: it is far smaller than that of either likelihood.

    Attributes
    ----------
    trials_of : callable
        Returns the trials over the rows of a table.
    table : Table
        All rows.
    criterion : str
        One of `SUMMED`.
    n_rows : float
        Weight of all rows.
    """

    trials_of: Callable[[Table], Trials]
    table: Table
    criterion: str
    n_rows: float
    fits: dict[Key, Fit[Mixture]] = field(default_factory=dict)
    # Of the candidates of each sample, the mean log density of a row of the table.
    means: list[dict[Key, float]] = field(default_factory=list)
    faults: dict[Key, str] = field(default_factory=dict)

    def run(
        self, random_state: np.random.RandomState, tell: Callable[[Candidate], None]
    ) -> dict[Key, tuple[Candidate, Fit[Mixture] | None]]:
        """Return every candidate, with its fit where it was fitted to all rows; `tell` is told each fit to a sample."""
        trials, size = self._sampled(random_state, _FIRST_ROWS)
        keys: list[Key] = []  # in the order tried
        for count, shape, fit in trials.sweep():
            if (count, shape) not in keys:
                keys.append((count, shape))
            if fit is None:
                candidate = singular(count, shape)
            else:
                self.fits[count, shape] = fit
                candidate = trials.candidate(fit)
            tell(candidate)
        left = self._left(trials, list(self.fits))
        while len(left) > _FEW and size * _GROWTH <= _LARGEST_PART * self.n_rows:
            trials, size = self._sampled(random_state, size * _GROWTH)
            left = self._left(trials, [key for key in left if self._go_on(trials, key)])
        whole = self.trials_of(self.table)
        left = [key for key in left if self._go_on(whole, key)]
        found = {key: (replace(whole.candidate(self.fits[key]), estimated=False), self.fits[key]) for key in left}
        if not found:
            raise SingularCovarianceError("every candidate that a sample left is singular on all rows")
        best = min(found, key=lambda key: (bool(found[key][0].left_out), LOSSES[self.criterion](found[key][0])))
        return {key: found.get(key) or (self._estimated(key, best, found[best][0]), None) for key in keys}

    def _sampled(self, random_state: np.random.RandomState, n_rows: int) -> tuple[Trials, int]:
        sample = take_sample(self.table, random_state, n_components=1, max_rows=n_rows)
        return self.trials_of(Table(sample.rows, ThreadEngine())), n_rows

    def _go_on(self, trials: Trials, key: Key) -> bool:
        """Fit a candidate to the rows of some trials, from where it is, and return whether that is possible."""
        template = trials.template
        try:
            self.fits[key] = run_em(
                trials.expect,
                Fit(self.fits[key].model),
                trials.updates[key],
                tol=template.tol,
                max_iter=template.max_iter,
            )
        except SingularCovarianceError:
            del self.fits[key]
        return key in self.fits

    def _left(self, trials: Trials, keys: list[Key]) -> list[Key]:
        """Return the candidates that can win, given their fits to a sample; all are sound, unless none is."""
        densities = {key: _log_densities(self.fits[key].model, trials.table) for key in keys}
        weights = np.concatenate([_weights(block) for block in trials.table.rows.blocks()])
        weight, shares = float(weights.sum()), weights / weights.sum()
        n_seen = weight**2 / float((weights**2).sum())
        means, losses = {}, {}
        for key in keys:
            model = self.fits[key].model
            means[key] = float(shares @ densities[key]) - model.n_parameters / (2 * n_seen)
            candidate = measure(self.fits[key], self.n_rows * means[key], float("-inf"), self.n_rows)
            losses[key] = LOSSES[self.criterion](candidate)
            self.faults[key] = trials.fault(candidate, model, self.n_rows)
        self.means.append(means)
        sound = [key for key in keys if not self.faults[key]] or keys
        best = min(sound, key=losses.__getitem__)

        def can_win(key: Key) -> bool:
            difference = densities[key] - densities[best]
            variance = float(shares @ (difference - shares @ difference) ** 2)
            error = SUMMED[self.criterion] * self.n_rows * float(np.sqrt(variance / n_seen))
            return losses[key] - losses[best] <= _STANDARD_ERRORS * error

        return [key for key in sound if can_win(key)]

    def _estimated(self, key: Key, best: Key, of_best: Candidate) -> Candidate:
        """Return a candidate as the last sample that it was fitted to tells of it, beside the best on all rows."""
        if key not in self.fits:
            return singular(*key)
        means = next(means for means in reversed(self.means) if key in means)
        log_likelihood = of_best.log_likelihood + self.n_rows * (means[key] - means[best])
        assigned = (of_best.icl - of_best.bic) / -2
        candidate = measure(self.fits[key], log_likelihood, assigned, self.n_rows)
        if not self.faults[key]:  # within its error an estimate may be that of a better candidate
            excess = LOSSES[self.criterion](of_best) - LOSSES[self.criterion](candidate)
            log_likelihood -= max(excess, 0.0) / SUMMED[self.criterion]
            candidate = measure(self.fits[key], log_likelihood, assigned, self.n_rows)
        return replace(candidate, left_out=self.faults[key], estimated=True)


def _weights(block: Any) -> Floats:
    return np.ones(len(block.values)) if block.weights is None else np.asarray(block.weights)


def _log_densities(mixture: Mixture, table: Table) -> Floats:
    passes = passes_for(mixture.components, table.rows)
    return np.concatenate(list(table.engine.map(table.rows, passes.log_density))).astype(np.float64)
