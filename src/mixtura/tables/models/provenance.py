"""Where a model comes from: what it was fitted to and how, how its threshold was chosen, and what made it."""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal, Self, get_args

import numpy as np

from ... import __version__, kernels

TrainedOn = Literal["table", "reference"]


@dataclass(frozen=True)
class FitFigures:
    """How well a mixture fits the rows that it was fitted to, in the units of the table.

    Attributes
    ----------
    bic, aic, log_likelihood : float or None
        Of a mixture of maximum likelihood.
    lower_bound : float or None
        Lower bound of the log evidence, of a Bayesian mixture.

    Raises
    ------
    ValueError
        One of them is not a finite number.
    """

    bic: float | None = None
    aic: float | None = None
    log_likelihood: float | None = None
    lower_bound: float | None = None

    def __post_init__(self) -> None:
        for one in fields(self):
            value = getattr(self, one.name)
            if value is not None and not (isinstance(value, float) and math.isfinite(value)):
                raise ValueError(f"the {one.name} of a fit must be a finite float, not {value!r}")


@dataclass(frozen=True)
class ThresholdChoice:
    """How a threshold was chosen.

    Attributes
    ----------
    rule : str
        Name of the rule, such as "rate".
    target : float
        The number that goes with it, above 0.

    Raises
    ------
    ValueError
        The rule has no name, or the target is not such a number.
    """

    rule: str
    target: float

    def __post_init__(self) -> None:
        if not isinstance(self.rule, str) or not self.rule:
            raise ValueError(f"a rule must have a name, not {self.rule!r}")
        if not isinstance(self.target, float) or not 0 < self.target < math.inf:
            raise ValueError(f"the target of a rule must be a float above 0, not {self.target!r}")


@dataclass(frozen=True)
class MergedComponents:
    """The clusters that the components of a mixture were merged into.

    Attributes
    ----------
    clusters : tuple of int
        Cluster of each component, from 0 on without gaps; -1 for a component of weight zero.
    asked : bool, default=False
        Whether their number was asked for, and not found.

    Raises
    ------
    ValueError
        The clusters are not numbered so.
    """

    clusters: tuple[int, ...]
    asked: bool = False

    def __post_init__(self) -> None:
        known = isinstance(self.clusters, (tuple, list)) and all(type(cluster) is int for cluster in self.clusters)
        found = set(self.clusters) if known else set()
        if not known or max(found, default=-1) < 0 or {*found, -1} != {*range(-1, max(found) + 1)}:
            raise ValueError(
                "the clusters must be one number for each component, from 0 on without gaps, and -1 for each of "
                f"weight zero, not {self.clusters!r}"
            )
        if not isinstance(self.asked, bool):
            raise ValueError(f"whether the number of clusters was asked for must be true or false, not {self.asked!r}")
        object.__setattr__(self, "clusters", tuple(self.clusters))


@dataclass(frozen=True)
class Versions:
    """What made a model.

    Attributes
    ----------
    mixtura, numpy : str
        Versions of the libraries.
    kernels : str
        Instruction-set level of the compiled passes.

    Raises
    ------
    ValueError
        One of them is not text.
    """

    mixtura: str
    numpy: str
    kernels: str

    def __post_init__(self) -> None:
        for one in fields(self):
            _check_text(getattr(self, one.name), f"the version of {one.name}")

    @classmethod
    def here(cls) -> Self:
        """Return the versions in use."""
        return cls(__version__, np.__version__, kernels.level)


@dataclass(frozen=True)
class Provenance:
    """Where a model comes from.

    A model file holds it, and what is said of a saved model comes from it. The types of its parts are in
    `mixtura.tables.models.provenance`.

    Parameters
    ----------
    kind : str, optional
        Kind of model that was asked for, such as "auto".
    description : str, optional
        What the model is, in words.
    fit : FitFigures, optional
        How well a mixture fits the rows that it was fitted to.
    threshold : ThresholdChoice, optional
        How the threshold was chosen.
    trained_on : {'table', 'reference'}, default='table'
        What the model was fitted to: a table that may hold anomalies (outlier detection), or a reference table that is
        known to hold none (novelty detection).
    reference : str, optional
        The reference table, as the user named it.
    merging : MergedComponents, optional
        The clusters that components were merged into.
    seed : int, optional
        Seed of the random starts.
    versions : Versions, optional
        What made the model.
    notes : mapping, optional
        Facts of your own to keep with the model, of the types that JSON has.

    Raises
    ------
    ValueError
        A part is of another type, or outside its range.

    Examples
    --------
    >>> made = Provenance("mixture", threshold=ThresholdChoice("rate", 0.04), notes={"table": "orders"})
    >>> Provenance.from_entries(made.entries()) == made
    True
    """

    kind: str | None = None
    description: str | None = None
    fit: FitFigures = field(default_factory=FitFigures)
    threshold: ThresholdChoice | None = None
    trained_on: TrainedOn = "table"
    reference: str | None = None
    merging: MergedComponents | None = None
    seed: int | None = None
    versions: Versions | None = None
    notes: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("kind", "description", "reference"):
            if getattr(self, name) is not None:
                _check_text(getattr(self, name), f"the {name} of a model")
        if self.trained_on not in get_args(TrainedOn):
            raise ValueError(f"trained_on must be 'table' or 'reference', not {self.trained_on!r}")
        if self.seed is not None and type(self.seed) is not int:
            raise ValueError(f"the seed of a model must be an integer, not {self.seed!r}")
        try:
            notes = json.loads(json.dumps(dict(self.notes), allow_nan=False))
        except (TypeError, ValueError, RecursionError) as error:
            raise ValueError(f"the notes must be of the types that JSON has: {error}") from error
        object.__setattr__(self, "notes", notes)

    __hash__ = None  # type: ignore[assignment]  # the notes are not hashable

    def entries(self) -> dict[str, Any]:
        """Return what a file holds, of the types that JSON has."""
        return asdict(self)

    @classmethod
    def from_entries(cls, entries: Any) -> Self:
        """Return the provenance that `entries` made.

        Parameters
        ----------
        entries : dict
            Of the types that JSON has; nothing about them is trusted.

        Raises
        ------
        ValueError
            They are not those of a provenance.
        """
        given = _checked(cls, entries, "provenance")
        parts = {
            name: kind(**_checked(kind, given[name], name))
            for name, kind in _PARTS.items()
            if name == "fit" or given[name] is not None
        }
        return cls(**given | parts)


_PARTS: dict[str, type[Any]] = {
    "fit": FitFigures,
    "threshold": ThresholdChoice,
    "merging": MergedComponents,
    "versions": Versions,
}


def _checked(kind: type[Any], entries: Any, called: str) -> dict[str, Any]:
    """Return entries that are named as the attributes of a class."""
    names = [one.name for one in fields(kind)]
    if not isinstance(entries, dict) or set(entries) != set(names):
        raise ValueError(f"its {called} must have the entries {', '.join(names)}, and no others")
    return entries


def _check_text(value: Any, called: str) -> None:
    if not isinstance(value, str):
        raise ValueError(f"{called} must be text, not {value!r}")
