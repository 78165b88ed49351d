"""A table, its model and its decision, as the summary says them."""

from ..rows import TableRows
from .models.table_model import TableModel
from .opened.opening import Source, label, left_out_columns
from .rules import ThresholdRule, deciding, rule_named
from .scored.scoring import Scored
from .told.decision import Decision, OnLabels
from .told.table import LeftOutColumn, TableFacts


def table_facts(
    source: Source, table: TableRows, model: TableModel, scored: Scored, constant: tuple[LeftOutColumn, ...] = ()
) -> TableFacts:
    """Return what the table is; beside what holds no numbers, columns may be left out that never change."""
    return TableFacts(label(source), scored.n_rows, model.columns, (*left_out_columns(table), *constant))


def few_clean_rows(model: TableModel, scored: Scored) -> tuple[str, ...]:
    """Return what to do when no row can be told from chance because too few clean rows are there to compare with."""
    rule = _rule_of(model)
    if rule is None or scored.n_anomalies or model.calibration is None:
        return ()
    return rule.few_clean_rows(scored.n_rows, len(model.calibration))


def decision_of(
    model: TableModel, scored: Scored, on_labels: OnLabels | None, *, saved: bool = False
) -> Decision | None:
    """Return which rows count as anomalies, and how that was chosen; None for a model without a threshold.

    The threshold was `saved` with the model, or chosen for this table.
    """
    if model.threshold is None:
        return None
    rule = _rule_of(model)
    return Decision(
        None if rule is None else rule.name,
        None if rule is None else rule.target,
        model.provenance.trained_on,
        None if model.threshold == deciding.NOTHING else model.threshold,
        scored.n_anomalies,
        scored.n_anomalies / scored.n_rows,
        on_labels,
        saved,
        scored.n_by_strays,
        scored.n_like_fine,
    )


def _rule_of(model: TableModel) -> ThresholdRule | None:
    """Return the rule that chose the threshold, where it is one of those there are."""
    choice = model.provenance.threshold
    return None if choice is None else rule_named(choice.rule, choice.target)
