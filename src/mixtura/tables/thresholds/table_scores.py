"""The scores of a table as rules read them: in the sense of `score_samples`, the lower, the less a row belongs."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ...decisions.curve import PrecisionRecallCurve
from ...rows import TableRows
from ...rows.labels import read_labels
from ...rows.reviewed import Reviewed
from ...statistics.rarity import Rarity
from ...statistics.sketch import QuantileSketch
from ...typing import Floats
from ..anomaly_scores import turned
from ..models.table_model import TableModel
from .kept_scores import KeptScores

Classes = tuple[QuantileSketch, QuantileSketch]

# A model without probabilities of its own is told how rare its scores are by so many of them, evenly spaced in rank.
_RANKS = 20_000

# With more labelled rows than these, 160 megabytes of scores and labels, the curve is made from sketches.
_MOST_LABELLED = 10_000_000


@dataclass(frozen=True)
class TableScores:
    """The scores of a table by a model, as many times as they are asked for.

    Attributes
    ----------
    model : TableModel
        The model.
    table : TableRows
        The table.
    kept : KeptScores
        Its anomaly scores.
    labels : str, Reviewed or None
        The column of labels, or what was marked by hand.
    """

    model: TableModel
    table: TableRows
    kept: KeptScores
    labels: str | Reviewed | None = None

    def __call__(self) -> Iterator[Floats]:
        """Read the scores, part by part."""
        return map(turned, self.kept())

    @cached_property
    def sketch(self) -> QuantileSketch:
        """The scores as a sketch, read once."""
        sketch = QuantileSketch.zero()
        for part in self():
            sketch = sketch.including(part)
        return sketch

    @cached_property
    def clean(self) -> Floats | None:
        """The scores of clean rows that the model was not fitted to, where there are any."""
        return None if self.model.calibration is None else turned(self.model.calibration)

    @property
    def of_fit(self) -> QuantileSketch:
        """The scores of rows like those fitted: of clean rows where there are any, else of the table."""
        return self.sketch if self.clean is None else QuantileSketch.zero().including(self.clean)

    @cached_property
    def rated(self) -> TableModel:
        """The model with how rare its scores are: by clean rows where it has those, else by all of the table."""
        if self.model.has_severities:
            return self.model
        clean = self.model.calibration
        known = turned(self.sketch.spaced(_RANKS)) if clean is None else clean
        return replace(self.model, rarity=Rarity.of(known))

    def shares_as_low(self, scores: Floats) -> Floats:
        """Return the share of rows like those fitted that score as low as each of `scores`."""
        return np.exp(-self.rated.tail_nats(turned(scores)))

    def score_at(self, nats: float) -> float:
        """Return the score that so rare a share of the rows reach: minus its logarithm is `nats`."""
        return turned(self.rated.score_at(nats))

    def curve(self) -> PrecisionRecallCurve:
        """Return the precision and recall of every threshold of the rows that have a label."""
        assert self.labels is not None, "rules that need labels are asked for with them"
        held: list[tuple[Floats, Floats]] = []
        sketches: Classes | None = None
        n_held = 0
        for scores, labels in zip(self(), read_labels(self.table, self.labels), strict=True):
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


def _including(sketches: Classes, part: tuple[Floats, Floats]) -> Classes:
    anomalous, normal = sketches
    scores, labels = part
    return anomalous.including(scores[labels == 1]), normal.including(scores[labels == 0])
