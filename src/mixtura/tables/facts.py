"""A table, its model and its decision, as the summary says them."""

import math

from .. import words
from ..rows import TableRows
from . import deciding
from .opening import Source, label, left_out_columns
from .rules import RULES
from .scoring import Scored
from .summary import Decision, LeftOutColumn, OnLabels, TableFacts
from .table_model import TableModel

# Of a reference table: one half to train on, the other to compare with, as Bates and others (2023) do.
TRAINING_SHARE = 0.5

# Of more rows nobody has as many.
_MOST_ROWS = 10**15


def table_facts(
    source: Source, table: TableRows, model: TableModel, scored: Scored, constant: tuple[LeftOutColumn, ...] = ()
) -> TableFacts:
    """Return what the table is; beside what holds no numbers, columns may be left out that never change."""
    return TableFacts(label(source), scored.n_rows, model.columns, (*left_out_columns(table), *constant))


def few_clean_rows(model: TableModel, scored: Scored) -> tuple[str, ...]:
    """Return what to do when no row can be told from chance because too few clean rows are there to compare with."""
    rule, rate = _rule_of(model)
    if rule != "fdr" or rate is None or scored.n_anomalies or model.calibration is None:
        return ()
    n_clean = len(model.calibration)
    fewest = math.ceil(min(scored.n_rows / ((n_clean + 1) * rate), _MOST_ROWS))
    if not 2 <= fewest < _MOST_ROWS:
        return ()
    enough = math.ceil(scored.n_rows / rate / (1 - TRAINING_SHARE))
    return (
        f"beside {words.plural(n_clean, 'clean row')} no p-value is below 1/{words.count(n_clean + 1)}, and at least "
        f"{words.count(fewest)} rows would have to reach it for any to be flagged; with a reference of "
        f"{words.count(enough)} rows one is enough.",
    )


def decision_of(
    model: TableModel, scored: Scored, on_labels: OnLabels | None, *, saved: bool = False
) -> Decision | None:
    """Return which rows count as anomalies, and how that was chosen; None for a model without a threshold.

    The threshold was `saved` with the model, or chosen for this table.
    """
    if model.threshold is None:
        return None
    rule, target = _rule_of(model)
    return Decision(
        rule,
        target,
        model.provenance.trained_on,
        None if model.threshold == deciding.NOTHING else model.threshold,
        scored.n_anomalies,
        scored.n_anomalies / scored.n_rows,
        on_labels,
        saved,
    )


def _rule_of(model: TableModel) -> tuple[str | None, float | None]:
    """Return the rule that chose the threshold, and what it was to reach."""
    choice = model.provenance.threshold
    return (None, None) if choice is None or choice.rule not in RULES else (choice.rule, choice.target)
