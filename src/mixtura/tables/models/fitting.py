"""From a table to a fitted model: scale, search, order the components."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ... import words
from ...detectors.density.contours import Contours
from ...detectors.density.far_rows import FarRows, clumps, small_far_groups
from ...distributions.mixture import Mixture
from ...engines import Engine, OnProgress
from ...errors import DataError, EmptyTableError
from ...intake.counted import counted_rows
from ...intake.sample import take_sample
from ...intake.scaling import Scaled, Scaling, sampled_scaling
from ...intake.table import Table
from ...mixtures.choice.criteria import Candidate
from ...mixtures.choice.defaults import default_counts
from ...mixtures.clusters.merging import merge_components
from ...rows import Rows, ScaledRows, SelectedRows, TableRows, spool
from ...rows.blocks.block import levels_of
from ...statistics.columns import ColumnMoments, column_moments
from ...typing import Floats
from ..asking.run import Run
from ..asking.spelling import Spell
from ..told.model import ModelFacts
from ..told.table import LeftOutColumn
from .provenance import MergedComponents
from .table_model import TableModel

# Columns that a notice names, or clumps of rows.
_NAMED = 5

# Rows that tell what the values of columns are like, and how many values these may be.
_MOST_ROWS, _MOST_VALUES = 2**14, 2**22

# Rows that lie together in fewer are told as part of all far rows: a table of a million has many such.
_WORTH_NAMING = 5


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
        Columns of numbers that are not in use because they never change, or have no values.
    center, scale : ndarray of shape (n_columns,)
        Mean and standard deviation of each column; `by_quartiles`, what stands for them where there are outliers.
    n_rows : int
        Number of rows.
    missing : dict of str to int
        In how many rows each column has no value, where there are such rows.
    """

    rows: Rows
    columns: tuple[str, ...]
    constant: tuple[LeftOutColumn, ...]
    center: Floats
    scale: Floats
    n_rows: int
    missing: dict[str, int]

    @property
    def coded(self) -> tuple[int, ...]:
        """Places of the columns whose numbers are codes of levels."""
        return tuple(place for place, levels in enumerate(levels_of(self.rows)) if levels is not None)

    @property
    def notices(self) -> tuple[str, ...]:
        """What deserves attention about them."""
        if not self.missing:
            return ()
        places = [f"{name} ({words.plural(n, 'row')})" for name, n in self.missing.items()]
        return (
            f"values are missing in {words.listing(places, _NAMED)}: each row is judged by the values that it has.",
        )


@contextmanager
def numbers_of(
    table: TableRows,
    engine: Engine,
    *,
    called: str = "the table",
    keep_constant: bool = False,
    on_rows: Callable[[int], None] | None = None,
) -> Iterator[Numbers]:
    """Copy the numbers of a table to disk, find where its columns lie, and leave constant columns out or keep them.

    The table is `called` so in errors, and `on_rows` told how many of its rows have been copied.

    Raises
    ------
    EmptyTableError
        There are fewer than two rows, or every column is constant.
    DataError
        The numbers of a column are too large to add up.
    """
    assert table.columns is not None, "tables from files and queries have column names"
    with spool(table, on_rows=on_rows) as copied:
        if copied.n_rows < 2:
            raise EmptyTableError(f"{called} has 1 row, and a model needs at least 2")
        with np.errstate(over="ignore", invalid="ignore"):
            moments = engine.fold(copied, column_moments, ColumnMoments.zero(copied.n_columns))
        constant = moments.constant
        if constant.all():
            raise EmptyTableError("every column of numbers is constant: no column tells rows apart")
        # Of a column without values, the largest is minus infinity.
        empty = moments.minima > moments.maxima
        left_out = empty | (constant & (not keep_constant))
        used = np.flatnonzero(~left_out)
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
            tuple(
                LeftOutColumn(table.columns[position], "empty" if empty[position] else "constant")
                for position in np.flatnonzero(left_out)
            ),
            center,
            scale,
            copied.n_rows,
            {name: int(n) for name, n in zip(columns, copied.n_rows - moments.weights[used], strict=True) if n > 0},
        )


def _scale(moments: ColumnMoments) -> Floats:
    """Return the standard deviations; half the range where squares are too small or too large for a double."""
    deviations = np.sqrt(moments.variances)
    usable = np.isfinite(deviations) & (deviations > 0)
    ranges = moments.maxima / 2 - moments.minima / 2
    return np.where(usable, deviations, np.where(moments.constant, 1.0, ranges))


def some_rows(numbers: Numbers, engine: Engine, seed: int) -> NDArray[Any]:
    """Return a bounded sample of rows in the units of the table, NaN where a value is missing."""
    most = min(_MOST_ROWS, max(1, _MOST_VALUES // len(numbers.columns)))
    return take_sample(Table(numbers.rows, engine), np.random.RandomState(seed), 1, most).observed


def n_counted(numbers: Numbers, engine: Engine) -> int:
    """Return how many rows of a table count: those that have a value."""
    if len(numbers.missing) < len(numbers.columns):
        return numbers.n_rows
    return counted_rows(Table(numbers.rows, engine)).n_rows


def counts_for(n_rows: int, asked: Sequence[int] | None, spell: Spell) -> list[int]:
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
            f"{spell('components')} asks for {words.count(asked[-1])}, but the model is fitted to "
            f"{words.plural(n_rows, 'row')}: ask for fewer"
        )
    return list(asked)


def scaled_table(numbers: Numbers, engine: Engine, on_progress: OnProgress | None = None) -> Table:
    """Return the table of the scaled rows."""
    return Table(numbers.rows, engine, on_progress).through(Scaled(Scaling(numbers.center, numbers.scale)))


def by_quartiles(numbers: Numbers, engine: Engine, seed: int) -> Numbers:
    """Return numbers that are scaled by what outliers do not set, as `MixtureDetector` scales them."""
    scaling = sampled_scaling(Table(numbers.rows, engine), numbers.columns, seed)
    coded = np.isin(np.arange(len(numbers.columns)), numbers.coded)
    return replace(numbers, center=np.where(coded, 0.0, scaling.center), scale=np.where(coded, 1.0, scaling.scale))


def log_volume(numbers: Numbers, observed: Floats) -> float:
    """Return by how much the log likelihood of scaled rows exceeds that in the units of the table.

    A density in the units of the table is that of the scaled values over the scale of each column that has a value.
    """
    return float(observed @ np.log(numbers.scale))


def merged(model: TableModel, numbers: Numbers, n_clusters: int | None, run: Run) -> TableModel:
    """Return the model of a mixture with the cluster of each component, by the rows of the table that it was fitted to.

    Raises
    ------
    DataError
        There are fewer components than clusters are asked for.
    """
    mixture = model.mixture
    most = int((mixture.weights > 0).sum())
    if n_clusters is not None and n_clusters > most:
        raise DataError(
            f"{run.spell('clusters')} asks for {n_clusters}, but the model has {words.plural(most, 'component')} to "
            f"merge: ask for fewer, or for more {run.spell('components')}"
        )
    rows = ScaledRows(numbers.rows, model.center, model.scale)
    cut = merge_components(mixture, rows, n_clusters=n_clusters, engine=run.engine).cut()
    sizes = np.bincount(cut[cut >= 0], mixture.weights[cut >= 0])
    place = np.argsort(np.argsort(-sizes, kind="stable"))
    clusters = np.where(cut >= 0, place[cut], -1).tolist()
    merging = MergedComponents(tuple(clusters), asked=n_clusters is not None)
    return replace(model, provenance=replace(model.provenance, merging=merging))


def far_notices(far: FarRows, contours: Contours, spell: Spell, *, are_left_out: bool) -> tuple[str, ...]:
    """Return what deserves attention about the rows far from every group."""
    n_rows = round(far.weight)
    if not n_rows:
        return ()
    places = [
        f"{'all' if round(clump.weight) == n_rows else words.count(round(clump.weight))} lie together, "
        f"{words.number(clump.distance, 2)} sd from group {clump.component}"
        for clump in clumps(far, contours)
        if clump.weight >= _WORTH_NAMING
    ]
    one = n_rows == 1
    said = f"{words.plural(n_rows, 'row')} ({words.percent(n_rows / contours.weight)}) {'lies' if one else 'lie'}"
    said += " far from every group"
    if are_left_out:
        said += f" and {'was' if one else 'were'} left out of the fit"
    if places:
        said += f": {words.listing(places, _NAMED)}"
    elif not one:
        said += " and affect none"
    still = "It is" if one else "Each is"
    scores = f"detect with {spell('model', 'mixture')} scores {'it' if one else 'them'}"
    return (f"{said}. {still} still assigned to the nearest group; {scores}.",)


def small_group_notices(contours: Contours) -> tuple[str, ...]:
    """Return what deserves attention about small groups far from all others."""
    told = [
        f"group {group.component} is small and far away: {words.plural(round(group.weight), 'row')} "
        f"({words.percent(group.weight / contours.weight)}), {words.number(group.distance, 2)} sd from the rest"
        for group in small_far_groups(contours)
    ]
    if not told:
        return ()
    return (f"{'; '.join(told)}. {'It may be an error' if len(told) == 1 else 'They may be errors'}.",)


def passed_over_notices(candidate: Candidate | None) -> tuple[str, ...]:
    """Return why the candidate of lowest BIC was left out, if it was."""
    if candidate is None:
        return ()
    count = words.plural(candidate.n_components, "component")
    return (
        f"{count} ({candidate.covariance_type}) would have the lowest BIC, but are left out: {candidate.left_out}.",
    )


def search_notices(facts: ModelFacts, mixture: Mixture, spell: Spell) -> tuple[str, ...]:
    """Return what deserves attention in the outcome of a search."""
    notices = []
    counts = sorted({candidate.n_components for candidate in facts.candidates})
    if len(counts) > 1 and facts.n_components == counts[-1]:
        notices.append(
            f"{counts[-1]} components, the most tried, have the lowest BIC: more may fit better "
            f"({spell('components', f'{counts[-1]}-{2 * counts[-1]}')})."
        )
    if not facts.ranking[0].converged:
        notices.append("the best fit was still improving when it was stopped after 100 iterations.")
    if (mixture.weights == 0).any():
        empty = int((mixture.weights == 0).sum())
        notices.append(f"{words.plural(empty, 'component')} lost all rows: fewer components will do.")
    return tuple(notices)
