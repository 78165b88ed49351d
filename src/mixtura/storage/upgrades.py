"""From the versions of the format that were written before to the one that is written now, one function a step."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from ..decisions.thresholds import check_rate
from ..tables.anomaly_scores import turned
from ..tables.models.provenance import FitFigures, MergedComponents, Provenance, ThresholdChoice
from .layout import Contents
from .manifest import check_entries

Upgrade = Callable[[Contents], Contents]


def _from_1(contents: Contents) -> Contents:
    """Take a table's facts, which were free, into its provenance, and turn its scores, which were high for normal rows.

    What is no fact that the command line wrote becomes a note.
    """
    manifest, arrays = contents.manifest, dict(contents.arrays)
    if manifest.get("kind") != "table":
        return contents
    check_entries(manifest, {"threshold": float | None, "rate": float | None, "trained_on": str, "info": dict})
    kept = {name: value for name, value in manifest.items() if name not in ("rate", "trained_on", "info")}
    if kept["threshold"] is not None:
        kept["threshold"] = turned(kept["threshold"])
    if "table.calibration" in arrays:
        arrays["table.calibration"] = turned(arrays["table.calibration"])
    provenance = _provenance_of_1(dict(manifest["info"]), manifest["rate"], manifest["trained_on"])
    return replace(contents, manifest=kept | {"provenance": provenance.entries()}, arrays=arrays)


def _provenance_of_1(info: dict[str, Any], rate: float | None, trained_on: Any) -> Provenance:
    """Return what the facts of a table say, of which any may be there."""
    if rate is not None:
        check_rate(rate)
    known: dict[str, Any] = {
        name: info.pop(of)
        for name, of in (("kind", "model"), ("description", "description"), ("reference", "reference"))
        if isinstance(info.get(of), str)
    }
    rule, target = info.get("rule"), info.get("target")
    if isinstance(rule, str) and isinstance(target, float) and target > 0:
        known["threshold"] = ThresholdChoice(rule, target)
        del info["rule"], info["target"]
    elif rate is not None:
        known["threshold"] = ThresholdChoice("rate", rate)
    if isinstance(info.get("fit"), dict):
        known["fit"] = _figures_of_1(info.pop("fit"))
    if "merging" in info:
        known["merging"] = _merging_of_1(info.pop("merging"))
    return Provenance(trained_on=trained_on, notes=info, **known)


def _figures_of_1(fit: Mapping[str, Any]) -> FitFigures:
    names = ("bic", "aic", "log_likelihood", "lower_bound")
    return FitFigures(**{name: value for name in names if isinstance(value := fit.get(name), float)})


def _merging_of_1(merging: Any) -> MergedComponents:
    entries = merging if isinstance(merging, dict) else {}
    return MergedComponents(entries.get("clusters", ()), entries.get("asked") is True)


def _from_2(contents: Contents) -> Contents:
    """Say of a table that nothing is known of what its columns hold."""
    if contents.manifest.get("kind") != "table":
        return contents
    return replace(contents, manifest=contents.manifest | {"kinds": None, "known": None})


_UPGRADES: dict[int, Upgrade] = {1: _from_1, 2: _from_2}
"""What makes the next version of each."""

VERSION = max(_UPGRADES) + 1
"""Version of the format. Raise it, by one more upgrade, when a file written now could not be read by what was released
before."""


def upgraded(contents: Contents) -> Contents:
    """Return what a file of this version would hold.

    Raises
    ------
    ValueError
        The manifest does not have the entries of its version.
    """
    for version in range(contents.manifest["version"], VERSION):
        following = _UPGRADES[version](contents)
        contents = replace(following, manifest=following.manifest | {"version": version + 1})
    return contents
