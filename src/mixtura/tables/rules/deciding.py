"""From scores to a threshold, by the rule that was asked for."""

from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from ...engines import Engine
from ...errors import DataError
from ...rows import Rows, TableRows
from ...rows.labels import read_labels
from ...rows.reviewed import Reviewed
from ...typing import Floats
from ..anomaly_scores import turned
from ..asking.spelling import Spell
from ..models.provenance import ThresholdChoice
from ..models.table_model import TableModel
from ..moved.score_drift import known_scores
from ..thresholds.kept_scores import KeptScores, scores_of_block
from ..thresholds.table_scores import TableScores
from ..told.decision import OnLabels
from . import Rule

# The threshold that no anomaly score is above.
NOTHING = float(np.finfo(np.float64).max)


def scores_of(model: TableModel, rows: Rows, engine: Engine) -> Floats:
    """Return the anomaly scores of rows in the units of the table, as one array."""
    return np.concatenate(list(engine.map(rows, partial(scores_of_block, model))))


def check_labels(table: TableRows, name: str | Reviewed) -> None:
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


def decide(model: TableModel, rule: Rule, table: TableRows, kept: KeptScores, spell: Spell, *, fitted: bool) -> Decided:
    """Return the model with the threshold that a rule asks for, by the scores of a table.

    Parameters
    ----------
    model : TableModel
        The model.
    rule : Rule
        How the threshold is to be chosen.
    table : TableRows
        The table.
    kept : KeptScores
        Its anomaly scores.
    spell : callable
        Writes what can be asked for in a sentence.
    fitted : bool
        Whether the model was fitted for this table, and is to know its scores or those of the reference.

    Raises
    ------
    DataError
        The scores do not allow what was asked for.
    """
    chooses = rule.chooses
    try:
        scores = TableScores(model, table, kept, rule.labels)
        rated, chosen = scores.rated, chooses.choose(scores, spell)
    except DataError:
        raise
    except ValueError as error:
        raise DataError(str(error)) from error
    made = replace(model.provenance, threshold=ThresholdChoice(chooses.name, chooses.target))
    threshold, known = min(turned(chosen.threshold), NOTHING), rated.known
    if fitted and known is not None:
        known = replace(known, scores=known_scores(scores.of_fit, threshold))
    model = replace(rated, threshold=threshold, provenance=made, known=known)
    return Decided(model, chosen.on_labels, chosen.notices)
