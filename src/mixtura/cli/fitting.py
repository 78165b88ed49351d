"""From a table to a fitted model: scale, search, order the components."""

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning

from ..decisions.table_model import TableModel
from ..decisions.thresholds import threshold_by_rate
from ..distributions.mixture import Mixture
from ..engines import Engine
from ..errors import DataError, EmptyTableError
from ..mixtures.defaults import MAX_ITER, N_INIT, REG_COVAR, TOL, default_counts
from ..mixtures.search import MixtureSearch, SearchProgress
from ..rows import Block, Rows, ScaledRows, SelectedRows, TableRows, spool
from ..statistics.columns import ColumnMoments, column_moments
from . import words
from .summary import CandidateFacts, LeftOutColumn, ModelFacts

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Numbers:
    """The numbers of a table, copied to disk, and what scales them.

    Attributes
    ----------
    rows : Rows
        The columns in use, in the units of the table.
    columns : tuple of str
        Their names.
    constant : tuple of LeftOutColumn
        Columns of numbers that are not in use because they never change.
    center, scale : ndarray of shape (n_columns,)
        Mean and standard deviation of each column.
    n_rows : int
        Number of rows.
    """

    rows: Rows
    columns: tuple[str, ...]
    constant: tuple[LeftOutColumn, ...]
    center: Floats
    scale: Floats
    n_rows: int


@contextmanager
def numbers_of(table: TableRows, engine: Engine) -> Iterator[Numbers]:
    """Copy the numbers of a table to disk, find where its columns lie, and leave constant columns out.

    Raises
    ------
    EmptyTableError
        There are fewer than two rows, or every column is constant.
    DataError
        The numbers of a column are too large to add up.
    """
    assert table.columns is not None, "tables from files and queries have column names"
    with spool(table) as copied:
        if copied.n_rows < 2:
            raise EmptyTableError("the table has 1 row, and a model needs at least 2")
        with np.errstate(over="ignore", invalid="ignore"):
            moments = engine.fold(copied, column_moments, ColumnMoments.zero(copied.n_columns))
        constant = moments.constant
        if constant.all():
            raise EmptyTableError("every column of numbers is constant: there is nothing to tell rows apart by")
        used = np.flatnonzero(~constant)
        center, scale = moments.means[used], _scale(moments)[used]
        columns = tuple(table.columns[position] for position in used)
        wrong = ~(np.isfinite(center) & np.isfinite(scale))
        if wrong.any():
            raise DataError(
                f"the numbers of column {columns[int(np.flatnonzero(wrong)[0])]!r} are too large to add up: "
                "divide them by a large number, or leave the column out"
            )
        yield Numbers(
            SelectedRows(copied, used.tolist()),
            columns,
            tuple(LeftOutColumn(table.columns[position], "constant") for position in np.flatnonzero(constant)),
            center,
            scale,
            copied.n_rows,
        )


def _scale(moments: ColumnMoments) -> Floats:
    """Return the standard deviations; half the range where squares are too small or too large for a double."""
    deviations = np.sqrt(moments.variances)
    usable = np.isfinite(deviations) & (deviations > 0)
    return np.where(usable, deviations, moments.maxima / 2 - moments.minima / 2)


def counts_for(n_rows: int, asked: Sequence[int] | None) -> list[int]:
    """Return the numbers of components to try.

    Raises
    ------
    DataError
        More components are asked for than there are rows.
    """
    if asked is None:
        return default_counts(n_rows)
    if asked[-1] > n_rows:
        raise DataError(
            f"--components asks for {words.count(asked[-1])}, and the table has {words.plural(n_rows, 'row')}: "
            "ask for fewer"
        )
    return list(asked)


def search_mixture(
    numbers: Numbers,
    *,
    counts: Sequence[int],
    shapes: Sequence[str],
    seed: int,
    engine: Engine,
    on_progress: Callable[[SearchProgress], None],
) -> tuple[Mixture, ModelFacts]:
    """Fit every count with every shape to the scaled numbers, and return the mixture of lowest BIC.

    Returns
    -------
    mixture : Mixture
        Over scaled columns, its components in the order of their weights, the largest first.
    facts : ModelFacts
        What was tried.
    """
    search = MixtureSearch(
        counts,
        covariance_types=shapes,
        tol=TOL,
        reg_covar=REG_COVAR,
        max_iter=MAX_ITER,
        n_init=N_INIT,
        random_state=seed,
        engine=engine,
        on_progress=on_progress,
    )
    with warnings.catch_warnings():
        # Whether the best candidate converged is among the facts, and said in a notice.
        warnings.simplefilter("ignore", ConvergenceWarning)
        search.fit(ScaledRows(numbers.rows, numbers.center, numbers.scale))
    mixture = _ordered(search.best_estimator_.mixture_)
    candidates = tuple(
        CandidateFacts(c.n_components, c.covariance_type, c.bic, c.log_likelihood, c.n_parameters, c.converged)
        for c in search.candidates_
    )
    return mixture, ModelFacts(
        "mixture", mixture.n_components, mixture.covariance.name, mixture.n_parameters, candidates
    )


def _ordered(mixture: Mixture) -> Mixture:
    order = np.argsort(-mixture.weights, kind="stable")
    return Mixture(mixture.weights[order], mixture.means[order], mixture.covariance.repeat(order))


def with_threshold(model: TableModel, rows: Rows, rate: float, engine: Engine) -> TableModel:
    """Return a model with the threshold that flags a share of the rows, given in the units of the table."""

    def log_densities() -> Iterator[Floats]:
        for scores in engine.map(rows, partial(_scores, model)):
            yield -scores

    return replace(model, threshold=threshold_by_rate(log_densities, rate), rate=rate)


def _scores(model: TableModel, block: Block) -> Floats:
    return model.scores(block.values)


def search_notices(facts: ModelFacts, mixture: Mixture) -> tuple[str, ...]:
    """Return what deserves attention in the outcome of a search."""
    notices = []
    counts = sorted({candidate.n_components for candidate in facts.candidates})
    if len(counts) > 1 and facts.n_components == counts[-1]:
        notices.append(
            f"{counts[-1]} is the largest number of components tried, and the best: more may fit better still "
            f"(--components {counts[-1]}-{2 * counts[-1]})."
        )
    if not facts.ranking[0].converged:
        notices.append("the best fit was still improving when it was stopped after 100 iterations.")
    if (mixture.weights == 0).any():
        empty = int((mixture.weights == 0).sum())
        notices.append(f"{words.plural(empty, 'component')} lost all rows: fewer components will do.")
    return tuple(notices)
