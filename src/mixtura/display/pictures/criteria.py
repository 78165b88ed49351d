"""The criteria that a `SelectionDisplay` can draw: of a search, and of mixtures that were fitted one by one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sklearn.utils.validation import check_is_fitted

Better = Literal["lower", "higher"]


@dataclass(frozen=True)
class Criterion:
    """How a criterion of a search is named, where a candidate holds it, and which others share its scale."""

    name: str
    attribute: str
    scale: str
    better: Better = "lower"


CRITERIA = {
    "bic": Criterion("BIC", "bic", "−2 log-likelihood + penalty"),
    "aic": Criterion("AIC", "aic", "−2 log-likelihood + penalty"),
    "icl": Criterion("ICL", "icl", "−2 log-likelihood + penalty"),
    "mml": Criterion("message length in nats", "mml", "nats"),
    "cv": Criterion("mean log density of rows left out", "cv_log_likelihood", "log density", "higher"),
    "elbo": Criterion("evidence lower bound", "elbo", "evidence", "higher"),
}


def check_criteria(criteria: str | Sequence[str]) -> list[str]:
    """Return the names of the criteria, which must share a scale, since they are drawn on one axis."""
    names = [criteria] if isinstance(criteria, str) else list(dict.fromkeys(criteria))
    if not names or not set(names) <= set(CRITERIA):
        raise ValueError(f"criteria must be some of {list(CRITERIA)}, not {criteria!r}")
    if len({CRITERIA[name].scale for name in names}) > 1:
        raise ValueError(f"{' and '.join(names)} share no scale: draw each into axes of its own")
    return names


def searched(candidates: Sequence[Any], name: str) -> dict[tuple[int, str], float]:
    """Return a criterion of the candidates of a search, by number of components and shape."""
    attribute = CRITERIA[name].attribute
    if any(getattr(candidate, attribute, None) is None for candidate in candidates):
        raise ValueError(f"the search did not work out {name!r}: choose another criterion, or search again by it")
    return {(c.n_components, c.covariance_type): float(getattr(c, attribute)) for c in candidates}


def compared(mixtures: Sequence[Any], X: Any, names: list[str]) -> dict[str, dict[tuple[int, str], float]]:
    """Return criteria of fitted mixtures on a table, each by number of components and shape."""
    if not mixtures:
        raise ValueError("there is no mixture to compare: give one at least")
    if X is None:
        raise ValueError("mixtures are compared on a table: give X")
    found: dict[str, dict[tuple[int, str], float]] = {name: {} for name in names}
    for mixture in mixtures:
        check_is_fitted(mixture)
        key = (int(mixture.n_components), str(mixture.covariance_type))
        for name in names:
            if name not in ("bic", "aic") or not hasattr(mixture, name):
                raise ValueError(f"{type(mixture).__name__} has no {name}: compare mixtures by 'bic' and 'aic'")
            if key in found[name]:
                raise ValueError(f"two mixtures have {key[0]} components and covariance_type={key[1]!r}: give one")
            found[name][key] = float(getattr(mixture, name)(X))
    return found
