"""From scores to a threshold, by the rule that was asked for."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property, partial

import numpy as np
from numpy.typing import NDArray

from .. import words
from ..decisions.conformal import threshold_by_false_discovery_rate
from ..decisions.curve import PrecisionRecallCurve
from ..decisions.tail import fit_tail
from ..detectors.ensemble.estimator import FEWEST_ROWS
from ..engines import Engine
from ..errors import DataError
from ..rows import Block, Rows, SelectedRows, TableRows
from ..rows.columns import positions_of
from ..rows.labels import read_labels
from ..statistics.lowest import LowestValues
from ..statistics.rarity import Rarity
from ..statistics.shares import cut_at_share, cut_of
from ..statistics.sketch import QuantileSketch
from .anomaly_scores import turned
from .provenance import ThresholdChoice
from .rules import TARGETS, Rule
from .spelling import Spell
from .summary import OnLabels
from .table_model import TableModel

Floats = NDArray[np.float64]

# The threshold that no anomaly score is above.
NOTHING = float(np.finfo(np.float64).max)

# With more labelled rows than these, 160 megabytes of scores and labels, the curve is made from sketches.
_MOST_LABELLED = 10_000_000


def scores_of(model: TableModel, rows: Rows, engine: Engine) -> Floats:
    """Return the anomaly scores of rows in the units of the table, as one array."""
    return np.concatenate(list(engine.map(rows, partial(_anomaly_scores, model))))


def check_labels(table: TableRows, name: str) -> None:
    """Raise as `read_labels` does where the first rows have no labels, before a long fit is done in vain."""
    next(read_labels(table, name))


@dataclass(frozen=True)
class Decided:
    """A model with its threshold.

    Attributes
    ----------
    model : TableModel
        The model.
    on_labels : OnLabels or None
        What the threshold achieves on labelled rows, where there are any.
    notices : tuple of str
        What deserves attention.
    """

    model: TableModel
    on_labels: OnLabels | None
    notices: tuple[str, ...]


def decide(model: TableModel, rule: Rule, table: TableRows, engine: Engine, spell: Spell) -> Decided:
    """Return the model with the threshold that a rule asks for.

    Raises
    ------
    DataError
        The scores do not allow what was asked for.
    """
    assert table.columns is not None, "tables from files and queries have column names"
    rows = SelectedRows(table, positions_of(model.columns, table.columns))
    on_labels, notices = None, tuple[str, ...]()
    try:
        found = _Scores(model, rows, engine)
        model = with_rarity(model, found)
        if rule.kind in TARGETS:
            assert rule.labels is not None, "targets go with labels"
            labels = read_labels(table, rule.labels)
            curve = _curve(zip(engine.map(rows, partial(_scores, model)), labels, strict=True))
            threshold = curve.threshold_for(**{rule.kind: rule.value})
            on_labels = _on_labels(curve, threshold, chosen_on_them=True)
        else:
            threshold, notices = _THRESHOLDS[rule.kind](model, found, rule.value, spell)
    except DataError:
        raise
    except ValueError as error:
        raise DataError(str(error)) from error
    made = replace(model.provenance, threshold=ThresholdChoice(rule.kind, rule.value))
    model = replace(model, threshold=min(turned(threshold), NOTHING), provenance=made)
    return Decided(model, on_labels, notices)


# A model without probabilities of its own is told how rare its scores are by so many of them, evenly spaced in rank.
_RANKS = 20_000


def with_rarity(model: TableModel, scores: "_Scores") -> TableModel:
    """Return the model with how rare its scores are: by clean rows where it has those, else by all of a table."""
    if model.has_severities:
        return model
    known = turned(scores.sketch.spaced(_RANKS)) if model.calibration is None else model.calibration
    return replace(model, rarity=Rarity.of(known))


@dataclass(frozen=True)
class _Scores:
    """The scores of a table, low for anomalies, as many times as they are asked for."""

    model: TableModel
    rows: Rows
    engine: Engine

    def __call__(self) -> Iterator[Floats]:
        return self.engine.map(self.rows, partial(_scores, self.model))

    @cached_property
    def clean(self) -> Floats | None:
        """Those of the clean rows that the model was not fitted to, where there are any."""
        return None if self.model.calibration is None else turned(self.model.calibration)

    @cached_property
    def sketch(self) -> QuantileSketch:
        """The scores as a sketch, read once."""
        sketch = QuantileSketch.zero()
        for part in self():
            sketch = sketch.including(part)
        return sketch


Threshold = tuple[float, tuple[str, ...]]


def _by_rate(model: TableModel, scores: _Scores, rate: float, spell: Spell) -> Threshold:
    clean = scores.clean
    if clean is not None:
        cut, what = cut_of(clean, rate), "clean rows"
    else:
        # The sketch was made where the table itself said how rare its scores are.
        known = model.rarity is not None and scores.sketch.is_exact(rate)
        cut, what = cut_at_share(scores.sketch if known else scores, rate), "rows"
    notice = cut.notice(what)
    return cut.threshold, () if notice is None else (f"{notice}.",)


def _by_tail(model: TableModel, scores: _Scores, rate: float, spell: Spell) -> Threshold:
    clean = scores.clean
    lowest = LowestValues.zero()
    for part in scores() if clean is None else [clean]:
        lowest = lowest.including(part)
    tail = fit_tail(lowest)
    fits = tail.pareto.anderson_darling <= tail.pareto.critical_distance
    return tail.threshold_for(rate), () if fits else (_no_tail(spell),)


def _no_tail(spell: Spell) -> str:
    # A few anomalies among the rows make a heavy tail that no anomaly is far out in.
    return (
        "the highest scores do not follow the tail of a distribution, as when anomalies are among them: the threshold "
        f"may be far too high or too low ({spell('reference')} gives clean rows to find it on)."
    )


# Of fewer rows little is known of how rare one is; of fewer than the detector's number, nothing.
_FEW_ROWS = 200


def _by_false_discovery_rate(model: TableModel, scores: _Scores, rate: float, spell: Spell) -> Threshold:
    sketch, n_rows = scores.sketch, scores.sketch.count
    if scores.clean is not None:
        return threshold_by_false_discovery_rate(sketch, scores.clean, rate), ()
    if n_rows < FEWEST_ROWS:
        return -math.inf, (
            f"{words.plural(n_rows, 'row')} say nothing about how rare a row is, and none is flagged: at least "
            f"{FEWEST_ROWS} are needed, or a share to flag ({spell('rate', 0.04)}).",
        )
    notices: tuple[str, ...] = ()
    if n_rows < _FEW_ROWS:
        notices = (
            f"{words.plural(n_rows, 'row')} say little about how rare a row is: only rows far from all others are "
            f"flagged, and some may be by chance ({spell('rate')} flags a share).",
        )
    threshold = threshold_by_false_discovery_rate(sketch, lambda found: np.exp(-model.tail_nats(turned(found))), rate)
    # Where no row is flagged, one of another table is that would have been so alone in this one.
    return max(threshold, min(turned(model.score_at(math.log(n_rows / rate))), sketch.quantile(0.0))), notices


_THRESHOLDS: dict[str, Callable[[TableModel, _Scores, float, Spell], Threshold]] = {
    "rate": _by_rate,
    "tail": _by_tail,
    "fdr": _by_false_discovery_rate,
}


def _curve(parts: Iterator[tuple[Floats, Floats]]) -> PrecisionRecallCurve:
    held: list[tuple[Floats, Floats]] = []
    sketches: tuple[QuantileSketch, QuantileSketch] | None = None
    n_held = 0
    for scores, labels in parts:
        known = ~np.isnan(labels)
        part = scores[known], labels[known]
        if sketches is None and n_held + len(part[0]) <= _MOST_LABELLED:
            held.append(part)
            n_held += len(part[0])
            continue
        if sketches is None:
            sketches = (QuantileSketch.zero(), QuantileSketch.zero())
            for before in held:
                sketches = _including(sketches, before)
            held = []
        sketches = _including(sketches, part)
    if sketches is not None:
        return PrecisionRecallCurve.from_sketches(*sketches)
    return PrecisionRecallCurve.from_scores(
        np.concatenate([scores for scores, _ in held]), np.concatenate([labels for _, labels in held])
    )


def _including(
    sketches: tuple[QuantileSketch, QuantileSketch], part: tuple[Floats, Floats]
) -> tuple[QuantileSketch, QuantileSketch]:
    anomalous, normal = sketches
    scores, labels = part
    return anomalous.including(scores[labels == 1]), normal.including(scores[labels == 0])


def on_labels_of(model: TableModel, classes: tuple[QuantileSketch, QuantileSketch]) -> OnLabels | None:
    """Return what the threshold of a saved model achieves on rows with labels.

    Parameters
    ----------
    model : TableModel
        The model.
    classes : tuple of QuantileSketch
        Its scores, low for anomalies, of the anomalies and of the rows that belong.

    Returns
    -------
    OnLabels or None
        None where the model has no threshold, no row is known to be an anomaly, or nothing is flagged.
    """
    if model.threshold is None or not classes[0].count:
        return None
    curve = PrecisionRecallCurve.from_sketches(*classes)
    threshold = turned(model.threshold)
    return None if curve.scores[0] >= threshold else _on_labels(curve, threshold, chosen_on_them=False)


def _on_labels(curve: PrecisionRecallCurve, threshold: float, *, chosen_on_them: bool) -> OnLabels:
    found = curve.at(threshold)
    # For a threshold that was chosen from this curve, the limits have to hold for all thresholds together.
    band = curve.band(simultaneous=chosen_on_them)
    place = int(np.searchsorted(curve.scores, threshold)) - 1
    (low, high), (least, most) = (
        tuple(float(limit[place]) for limit in pair) for pair in (band.precision, band.recall)
    )
    return OnLabels(
        round(curve.n_anomalies + curve.n_normal),
        round(curve.n_anomalies),
        found.precision,
        found.recall,
        (low, high),
        (least, most),
        curve.average_precision,
    )


def _anomaly_scores(model: TableModel, block: Block) -> Floats:
    return model.scores(block.values)


def _scores(model: TableModel, block: Block) -> Floats:
    return turned(model.scores(block.values))
