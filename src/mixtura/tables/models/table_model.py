"""All that was learnt from a table, as one frozen value: what scoring another table needs, and nothing else."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib import import_module
from os import PathLike
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...columns.kinds.kind import Kind
from ...columns.looked.known import Known
from ...decisions.conformal import conformal_p_values
from ...decisions.reasons import Habits, Peers, reasons
from ...detectors.density.model import DensityModel
from ...detectors.explanation import Explanation
from ...detectors.model import OutlierModel
from ...detectors.segments.model import SegmentedModel
from ...distributions.mixture import Mixture
from ...distributions.nearest import nearest_component
from ...errors import ColumnError
from ...rows import ArrayRows, Block, ScaledRows
from ...rows.blocks.columns import Takes
from ...statistics.checks import row_numbers
from ...statistics.rarity import Rarity
from ...typing import Floats, Integers
from ..anomaly_scores import turned
from ..kinds.listed import stored_kind
from .possible import possible_repairs
from .provenance import Provenance

# A repair is no reason that takes less than this part off what a row has above the median score, if it leaves the row
# flagged; of a row that is not flagged, which has no few wrong cells as a rule, less than that part.
_SLIGHT, _SLIGHT_OF_ORDINARY = 0.1, 0.25
_NATS_OF_MEDIAN = float(np.log(2))


@dataclass(frozen=True, eq=False)
class TableModel:
    """A model of the scaled columns of a table, with their names, the scaling and the threshold.

    Its methods take rows in the units of the table, the columns in the order of `columns`, as float32 or float64, and
    work through them in blocks. Rows are scaled as `mixtura.rows.ScaledRows` scales them, so that scores have the same
    bits however the rows were read.

    Parameters
    ----------
    model : OutlierModel or Mixture
        What scores the scaled columns: the `model_` of a detector, or the `mixture_` of a mixture.
    columns : sequence of str
        Names of the columns, all different.
    center, scale : array_like of shape (n_columns,)
        A scaled value is (value - center) / scale.
    threshold : float, optional
        Anomaly score above which a row is an anomaly. None: the model only finds groups.
    calibration : array_like of shape (n_calibration,), optional
        Anomaly scores of rows of the reference table that the model was not fitted to; p-values compare with them.
    rarity : Rarity, optional
        How rarely rows of the fitted table, or clean ones, reach an anomaly score. Default: what the model says of
        itself, as that of the default detector does.
    provenance : Provenance, optional
        Where the model comes from; of a mixture whose components were merged, it has the clusters.
    habits : Habits, optional
        What the values of the columns are like. Reasons are written by it.
    kinds : sequence of Kind, optional
        What each column holds, by which other tables are read. Default: what is seen in them.
    known : Known, optional
        What is known of the table that it was fitted to; `mixtura score` says what is new in another one.

    Raises
    ------
    ValueError
        The parts do not fit together, or are not numbers that can be used.

    Examples
    --------
    >>> from mixtura import Full
    >>> mixture = Mixture([1.0], [[0.0, 0.0]], Full([[[1.0, 0.8], [0.8, 1.0]]], 1, 2))
    >>> model = TableModel(mixture, ["height", "mass"], center=[170, 65], scale=[10, 12], threshold=6.0)
    >>> model.is_anomaly([[172.0, 66.0], [185.0, 50.0]])
    array([False,  True])
    >>> print(*model.reasons([[185.0, 50.0]]))
    height or mass: either explains the row. height = 185; a row with mass 50 has about 160. With this value, the
    score falls from 10.8 to 2.11 (threshold 6).
    """

    model: OutlierModel
    columns: tuple[str, ...]
    center: Floats
    scale: Floats
    threshold: float | None = None
    calibration: Floats | None = None
    rarity: Rarity | None = None
    provenance: Provenance = field(default_factory=Provenance)
    habits: Habits | None = None
    kinds: tuple[Kind, ...] | None = None
    known: Known | None = None

    def __post_init__(self) -> None:
        columns = tuple(self.columns)
        if (
            isinstance(self.columns, str)
            or not all(isinstance(name, str) for name in columns)
            or len(set(columns)) < len(columns)
        ):
            raise ValueError("the names of the columns must be strings, all different")
        model = DensityModel.of(self.model) if isinstance(self.model, Mixture) else self.model
        if len(columns) != model.n_features:
            raise ValueError(f"there are {len(columns)} names of columns, and {model.n_features} in the model")
        center, scale = (_frozen(getattr(self, name), name, len(columns)) for name in ("center", "scale"))
        if not (scale > 0).all():
            raise ValueError("every scale must be positive")
        if self.habits is not None and len(self.habits.step) != len(columns):
            raise ValueError(f"there are habits of {len(self.habits.step)} columns, and {len(columns)} in the model")
        if self.threshold is not None and not np.isfinite(self.threshold):
            raise ValueError(f"the threshold must be a finite score, not {self.threshold}")
        if self.provenance.merging is not None:
            _check_clusters(self.provenance.merging.clusters, model)
        if self.kinds is not None and len(self.kinds) != len(columns):
            raise ValueError(f"there are kinds of {len(self.kinds)} columns, and {len(columns)} in the model")
        values = {
            "kinds": None if self.kinds is None else tuple(self.kinds),
            "model": model,
            "columns": columns,
            "center": center,
            "scale": scale,
            "threshold": None if self.threshold is None else float(self.threshold),
            "calibration": None if self.calibration is None else _sorted(self.calibration),
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, TableModel):
            return NotImplemented
        # What is known of the table is no part of it: an array and a file of the same numbers make the same model.
        mine, theirs = ((m.columns, m.threshold, m.provenance, m.model.kind, m.model.settings()) for m in (self, other))
        return mine == theirs and _equal(self._arrays(), other._arrays())

    __hash__ = None  # type: ignore[assignment]  # a value of arrays, as unhashable as they are

    @property
    def mixture(self) -> Mixture:
        """Distribution of the scaled columns.

        Raises
        ------
        ValueError
            The model is not a mixture. So for every method that is about components.
        """
        if not isinstance(self.model, DensityModel):
            raise ValueError(f"a model of kind {self.model.kind!r} has no components: only mixtures do")
        return self.model.mixture

    @property
    def has_components(self) -> bool:
        """Whether the model is a mixture, whose components are groups of rows."""
        return isinstance(self.model, DensityModel)

    @property
    def segmented(self) -> SegmentedModel | None:
        """The model, where it judges rows within their segments."""
        return self.model if isinstance(self.model, SegmentedModel) else None

    @property
    def by(self) -> tuple[str, ...]:
        """Names of the columns that say which segment a row is of; none where all rows are judged together."""
        places = () if self.segmented is None else self.segmented.keys.columns
        return tuple(self.columns[place] for place in places)

    @property
    def takes_missing(self) -> bool:
        """Whether rows may have missing values, NaN: they are scored by the values that are there."""
        kind = stored_kind(self.model.kind)
        return kind is not None and kind.takes_missing

    @property
    def takes(self) -> Takes:
        """Which columns it judges rows by: those of numbers, or others too."""
        return "all" if any(not kind.in_use for kind in self.kinds or ()) else "numbers"

    @property
    def coded(self) -> tuple[int, ...]:
        """Places of the columns whose numbers are codes of levels."""
        return tuple(place for place, kind in enumerate(self.kinds or ()) if kind.coding is not None)

    def told(self, column: int, value: float, text: str | None = None) -> float | str:
        """Return a value of a column as it is told: a number, or in words where the column holds none.

        Parameters
        ----------
        column : int
            Place of the column.
        value : float
            The value.
        text : str, optional
            The cell as it stands, where it is one.
        """
        kind = self.kinds[column] if self.kinds else None
        if kind is None or kind.in_use or np.isnan(value):
            return float(value)
        return kind.speak(value) if text is None else text

    @property
    def repairable(self) -> NDArray[np.bool_]:
        """Which columns have cells that can be replaced by what is expected: a form is no text, shape (n_columns,)."""
        codings = [kind.coding for kind in self.kinds or ()]
        whole = [coding is None or coding.of == "values" for coding in codings]
        return np.array(whole or [True] * len(self.columns))

    @property
    def kinds_by_name(self) -> dict[str, Kind]:
        """What each column holds, by its name, as far as that is known."""
        return dict(zip(self.columns, self.kinds or (), strict=False))

    @property
    def means(self) -> Floats:
        """Means of the components in the units of the table, NaN of levels, shape (n_components, n_columns)."""
        return self._with_levels(self.mixture.means) * self.scale + self.center

    @property
    def standard_deviations(self) -> Floats:
        """Standard deviations of the components, as `means`."""
        covariance = self.mixture.covariance
        variances = [covariance.select([place]).dense[:, 0, 0] for place in range(covariance.n_features)]
        none = np.empty((self.mixture.n_components, 0))
        return self._with_levels(np.sqrt(np.stack(variances, axis=1)) if variances else none) * self.scale

    def _with_levels(self, of_numbers: Floats) -> Floats:
        """Return what is known of the columns of numbers for all columns, NaN of levels."""
        whole = np.full((len(of_numbers), len(self.columns)), np.nan)
        whole[:, self.mixture.numbers] = of_numbers
        return whole

    def scores(self, X: ArrayLike) -> Floats:
        """Return the anomaly score of each row, shape (n_rows,): the higher, the less it belongs.

        It is minus the score of the model for the scaled values of the row.

        Parameters
        ----------
        X : array_like of shape (n_rows, n_columns)
            Rows in the units of the table.

        Raises
        ------
        DataError
            `X` is not a table of finite numbers with the columns of the model, or has missing values that the model
            does not take. So for every method that takes rows.
        """
        return turned(np.concatenate([self.model.score_samples(block.values) for block in self._scaled(X)]))

    def is_anomaly(self, X: ArrayLike) -> NDArray[np.bool_]:
        """Return whether the anomaly score of each row of `X` is above the threshold, shape (n_rows,)."""
        return self.above_threshold(self.scores(X))

    def above_threshold(self, scores: Floats) -> NDArray[np.bool_]:
        """Return whether `scores` are those of anomalies: strictly above the threshold.

        Raises
        ------
        ValueError
            The model has no threshold.
        """
        if self.threshold is None:
            raise ValueError("this model has no threshold: it was made to find groups, not anomalies")
        return np.asarray(row_numbers(scores, "scores") > self.threshold)

    def p_values(self, scores: Floats) -> Floats:
        """Return the conformal p-value of each of `scores`, shape (n_rows,); see `conformal_p_values`.

        Raises
        ------
        ValueError
            The model has no calibration scores.
        """
        if self.calibration is None:
            raise ValueError("this model has no p-values: it was not trained on a reference table")
        return conformal_p_values(turned(row_numbers(scores, "scores")), turned(self.calibration))

    @property
    def has_severities(self) -> bool:
        """Whether it is known how rare a score is."""
        return self._rarity is not None

    def tail_nats(self, scores: Floats) -> Floats:
        """Return minus the logarithm of the share of rows like those fitted that reach each of `scores`.

        Raises
        ------
        ValueError
            The model does not know how rare scores are.
        """
        return np.asarray(self._known_rarity.nats(row_numbers(scores, "scores")))

    def score_at(self, nats: float) -> float:
        """Return the anomaly score that has as many `nats` by `tail_nats`, which says what is raised."""
        return float(self._known_rarity.value_at(nats))

    @property
    def _rarity(self) -> Any:
        return getattr(self.model, "rarity", None) if self.rarity is None else self.rarity

    @property
    def _known_rarity(self) -> Any:
        if self._rarity is None:
            raise ValueError("this model has no severities: it was made to find groups, not anomalies")
        return self._rarity

    def severities(self, scores: Floats) -> Floats:
        """Return the share of rows like those fitted, in percent, that score below each of `scores`."""
        return np.asarray(-100 * np.expm1(-self.tail_nats(scores)))

    def labels(self, X: ArrayLike) -> NDArray[np.int64]:
        """Return the most probable component of each row of `X`, shape (n_rows,)."""
        return np.concatenate([self.mixture.labels(block.values) for block in self._scaled(X)])

    def responsibilities(self, X: ArrayLike) -> NDArray[Any]:
        """Return the probability of each component given each row of `X`, shape (n_rows, n_components)."""
        return np.concatenate([self.mixture.responsibilities(block.values) for block in self._scaled(X)])

    @property
    def clusters(self) -> NDArray[np.int64] | None:
        """Cluster of each component, shape (n_components,), -1 for one of weight zero; None if none were merged."""
        merging = self.provenance.merging
        return None if merging is None else np.array(merging.clusters, dtype=np.int64)

    def cluster_probabilities(self, X: ArrayLike) -> NDArray[Any]:
        """Return the probability of each cluster given each row of `X`, shape (n_rows, n_clusters).

        It is the sum of those of its components.

        Raises
        ------
        ValueError
            No components were merged.
        """
        clusters = self.clusters
        if clusters is None:
            raise ValueError("this model has no clusters: its components were not merged")
        members = clusters[:, None] == np.arange(clusters.max() + 1)
        return np.asarray(self.responsibilities(X) @ members)

    def cluster_labels(self, X: ArrayLike) -> NDArray[np.int64]:
        """Return the most probable cluster of each row of `X`, shape (n_rows,).

        Raises
        ------
        ValueError
            No components were merged.
        """
        shares = self.cluster_probabilities(X)
        assert self.clusters is not None, "it has been asked for"
        # A row so far away that no component claims it goes with the one that comes nearest to it.
        return np.where(shares.any(axis=1), shares.argmax(axis=1), self.clusters[self.labels(X)])

    def explain(self, X: ArrayLike) -> Explanation:
        """Return which cells of each row of `X` are wrong, and what was expected, in the units of the table.

        Scores are anomaly scores. A repaired row is not above the threshold, unless that takes more than a few cells.
        Repaired cells hold values as they are told, with few digits. They could stand in the table, where it is known
        what its columns are like: whole numbers where a column holds these.
        """
        at_least = None if self.threshold is None else turned(self.threshold)
        parts = [self.model.explain(block.values, at_least) for block in self._scaled(X)]
        found = Explanation.concatenate(parts).in_units(self.center, self.scale)
        repaired = np.where(found.flagged_cells, found.repaired, np.asarray(X, dtype=np.float64))
        after = turned(found.score_after)
        habits = Habits.unknown(len(self.columns)) if self.habits is None else self.habits
        # What no other column tells is told by where most rows are.
        untold = found.flagged_cells & ~found.given_others & (found.given < 0).all(axis=1, keepdims=True)
        for row, column in np.argwhere(untold).tolist():
            if not self.kinds or self.kinds[column].in_use:
                repaired[row, column] = np.clip(repaired[row, column], *habits.most(column))
        some = np.flatnonzero(found.flagged_cells.any(axis=1))
        parts_of = np.asarray(X, dtype=np.float64)[some], found.flagged_cells[some], repaired[some]
        repaired[some], after[some] = possible_repairs(self, habits, *parts_of, found.deviation[some])
        told = replace(found, repaired=repaired, score_before=turned(found.score_before), score_after=after)
        return told if self.threshold is None or not self.has_severities else self._without_slight(told, X)

    def _without_slight(self, found: Explanation, X: ArrayLike) -> Explanation:
        """Return an explanation without repairs that leave a row nearly as unusual as it was."""
        assert self.threshold is not None, "it has been asked for"
        before, after = found.score_before, found.score_after
        is_flagged = before > self.threshold
        least = np.where(is_flagged, _SLIGHT, _SLIGHT_OF_ORDINARY) * (before - self.score_at(_NATS_OF_MEDIAN))
        slight = (before - after < least) & ~(is_flagged & (after <= self.threshold))
        return replace(
            found,
            flagged_cells=found.flagged_cells & ~slight[:, None],
            other_cells=found.other_cells & ~slight[:, None],
            repaired=np.where(slight[:, None], np.asarray(X, dtype=np.float64), found.repaired),
            score_after=np.where(slight, before, after),
            given=np.where(slight[:, None], -1, found.given),
        )

    def reasons(self, X: ArrayLike) -> list[str]:
        """Return why each row of `X` is unusual: its wrong cells, what they should have been, its score then."""
        return self.in_words(X, self.explain(X), self.columns)

    def in_words(
        self,
        X: ArrayLike,
        explanation: Explanation,
        names: Sequence[str],
        peers: Peers | None = None,
        texts: Sequence[Mapping[int, str]] | None = None,
    ) -> list[str]:
        """Return an `explanation` of the rows of `X` in words, the columns called by other `names`; see `reasons`.

        Where rows to compare with are known, `peers`, they are counted; where cells as they stand are, `texts` of each
        row by columns, these are told.
        """
        return reasons(
            names,
            np.asarray(X),
            explanation,
            threshold=self.threshold,
            habits=self.habits,
            peers=peers,
            nearest=self._nearest if self.has_components and self.mixture.levels is None else None,
            kinds=self.kinds or (),
            texts=texts,
            within=None if self.segmented is None else self.segmented.judged_by(np.asarray(X)),
        )

    def _nearest(self, X: NDArray[Any]) -> tuple[Integers, Floats]:
        """Return the component nearest to each row by its Mahalanobis distance, and that distance."""
        scaled = np.concatenate([block.values for block in self._scaled(X)])
        return nearest_component(self.mixture, scaled)

    def detect(self, source: Any, **options: Any) -> Any:
        """Return what the model finds in another table: `mixtura.score`, which says what `options` there are.

        Parameters
        ----------
        source : object
            The table, of any kind that `mixtura.score` takes.
        **options : object
            Keywords of `mixtura.score`, such as ``rate=0.01`` or ``out="scored.parquet"``.

        Returns
        -------
        Found
            The summary, the flagged rows, the report.

        Raises
        ------
        MixturaError
            As `mixtura.score` does.
        """
        return _public("score")(self, source, **options)

    def groups(self, source: Any, **options: Any) -> Any:
        """Return the groups of this mixture that the rows of another table belong to: `mixtura.groups` by this model.

        Parameters
        ----------
        source : object
            The table, of any kind that `mixtura.groups` takes.
        **options : object
            Keywords of `mixtura.groups` that say what is written, such as ``out="grouped.parquet"``.

        Returns
        -------
        Found
            The summary and the report.

        Raises
        ------
        MixturaError
            As `mixtura.groups` does; the model may be no mixture.
        """
        return _public("groups")(source, model=self, **options)

    def save(self, path: str | PathLike[str]) -> None:
        """Write the model to a file, which `mixtura.load` reads: `mixtura.save`.

        Parameters
        ----------
        path : str or path-like
            Where the file goes; one that is there is replaced.

        Raises
        ------
        MixturaError
            As `mixtura.save` does.
        """
        _public("save")(self, path)

    def _arrays(self) -> dict[str, NDArray[Any]]:
        calibration = {} if self.calibration is None else {"calibration": self.calibration}
        rarity = {} if self.rarity is None else self.rarity.arrays("rarity")
        habits = {} if self.habits is None else self.habits.arrays()
        known = calibration | rarity | habits
        return {**self.model.arrays(), "table center": self.center, "table scale": self.scale, **known}

    def _scaled(self, X: ArrayLike) -> Iterator[Block]:
        rows = ArrayRows(X, missing="allow" if self.takes_missing else "error")
        if rows.n_columns != len(self.columns):
            raise ColumnError(f"the rows have {rows.n_columns} columns, and the model {len(self.columns)}")
        return ScaledRows(rows, self.center, self.scale).blocks()


def _public(name: str) -> Any:
    """Return a public function that stands on this layer, by its public name, when it is called."""
    return getattr(import_module("mixtura"), name)


def _equal(one: Mapping[str, NDArray[Any]], other: Mapping[str, NDArray[Any]]) -> bool:
    return one.keys() == other.keys() and all(
        np.array_equal(array, other[name], equal_nan=True) for name, array in one.items()
    )


def _check_clusters(clusters: Sequence[int], model: OutlierModel) -> None:
    weights = model.mixture.weights if isinstance(model, DensityModel) else np.zeros(0)
    if [cluster < 0 for cluster in clusters] != (weights == 0).tolist():
        raise ValueError(
            f"the clusters must be one number for each of {len(weights)} components, and -1 for each of weight zero, "
            f"not {list(clusters)}"
        )


def _sorted(scores: ArrayLike) -> Floats:
    wanted = "the calibration scores must be numbers, at least one, in an array of one dimension"
    try:
        array = np.sort(row_numbers(scores, "they"))
    except ValueError as error:
        raise ValueError(f"{wanted}: {error}") from error
    if not len(array):
        raise ValueError(wanted)
    array.setflags(write=False)
    return array


def _frozen(values: ArrayLike, name: str, n_columns: int) -> Floats:
    array = np.array(values, dtype=np.float64)
    if array.shape != (n_columns,) or not np.isfinite(array).all():
        raise ValueError(f"{name} must be {n_columns} finite numbers, one for each column")
    array.setflags(write=False)
    return array
