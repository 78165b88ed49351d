"""What a command found, as plain data; `terminal` and `as_json` turn it into text."""

import dataclasses
import json
import math
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class LeftOutColumn:
    """A column that was not used.

    Attributes
    ----------
    name : str
        Its name.
    reason : str
        Why: what it holds instead of numbers, or "constant".
    """

    name: str
    reason: str


@dataclass(frozen=True)
class TableFacts:
    """The table.

    Attributes
    ----------
    source : str
        As the user named it.
    n_rows : int
        Number of rows.
    columns : tuple of str
        Columns in use.
    left_out : tuple of LeftOutColumn
        Columns not in use that nobody asked to drop.
    """

    source: str
    n_rows: int
    columns: tuple[str, ...]
    left_out: tuple[LeftOutColumn, ...]


@dataclass(frozen=True)
class CandidateFacts:
    """One combination that the search fitted; infinite criteria mean that it could not be fitted."""

    n_components: int
    covariance_type: str
    bic: float
    log_likelihood: float
    n_parameters: int
    converged: bool


@dataclass(frozen=True)
class ModelFacts:
    """The model.

    Attributes
    ----------
    kind : str
        Always "mixture" for now.
    n_components : int
        Number of components.
    covariance_type : str
        Shape of the covariances.
    n_parameters : int
        Free parameters.
    candidates : tuple of CandidateFacts
        All that was tried, empty for a model from a file.
    """

    kind: str
    n_components: int
    covariance_type: str
    n_parameters: int
    candidates: tuple[CandidateFacts, ...]

    @property
    def ranking(self) -> list[CandidateFacts]:
        """The candidates that could be fitted, the lowest BIC first."""
        return sorted((c for c in self.candidates if math.isfinite(c.bic)), key=lambda c: c.bic)


@dataclass(frozen=True)
class Group:
    """The rows of one component.

    Attributes
    ----------
    component : int
        Its number, from 0, as in the result and in the saved model; component 0 has the largest weight.
    n_rows : int
        Rows for which it is the most probable component.
    share : float
        The same as a fraction of all rows.
    center : dict of str to float
        Its mean in every column, in the units of the table.
    contrast : dict of str to float
        How many standard deviations of the column that mean lies above the mean of all rows.
    """

    component: int
    n_rows: int
    share: float
    center: dict[str, float]
    contrast: dict[str, float]


@dataclass(frozen=True)
class Decision:
    """Which rows count as anomalies.

    Attributes
    ----------
    rate : float or None
        Share of the rows that was asked for when the model was fitted.
    threshold : float
        Rows with an anomaly score above it are anomalies.
    n_anomalies : int
        How many they are in this table.
    share : float
        The same as a fraction of all rows.
    """

    rate: float | None
    threshold: float
    n_anomalies: int
    share: float


@dataclass(frozen=True)
class Anomaly:
    """One of the most anomalous rows.

    Attributes
    ----------
    row : int
        Data row of the table, from 1.
    anomaly_score : float
        Higher is more anomalous.
    component : int
        The component it is assigned to.
    column : str
        The column that makes it anomalous.
    value : float
        What the row has there.
    expected : float
        What the other columns of the row lead to expect there.
    reason : str
        The same in a sentence.
    """

    row: int
    anomaly_score: float
    component: int
    column: str
    value: float
    expected: float
    reason: str


@dataclass(frozen=True)
class Summary:
    """All that a command found.

    Attributes
    ----------
    command : str
        "detect", "score" or "groups".
    table : TableFacts
        The table.
    model : ModelFacts
        The model.
    groups : tuple of Group
        One for each component.
    decision : Decision or None
        None where there is no threshold.
    anomalies : tuple of Anomaly
        The most anomalous rows, the most anomalous first; rows of equal score in the order of the table.
    notices : tuple of str
        Sentences about what deserves attention.
    out : str
        Where the result was written.
    new_columns : tuple of str
        The columns it has beside those of the table.
    saved : str or None
        Where the model was saved.
    seconds : float
        How long it took.
    """

    command: str
    table: TableFacts
    model: ModelFacts
    groups: tuple[Group, ...]
    decision: Decision | None
    anomalies: tuple[Anomaly, ...]
    notices: tuple[str, ...]
    out: str
    new_columns: tuple[str, ...]
    saved: str | None
    seconds: float


def as_json(summary: Summary) -> str:
    """Return a summary as JSON: the keys are the names of the attributes, and a number that is not finite is null."""
    return json.dumps(_plain(dataclasses.asdict(summary)), ensure_ascii=False, allow_nan=False, indent=2)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value
