"""A model as what its file holds, and back."""

from dataclasses import fields
from typing import Any

import numpy as np

from ..columns.deciding.deciding import as_json, from_json
from ..columns.looked.known import Known
from ..decisions.reasons import Habits
from ..detectors.density.model import DensityModel
from ..detectors.model import OutlierModel
from ..distributions.mixture import Mixture
from ..inference.posterior import Posterior
from ..statistics.rarity import Rarity
from ..tables.kinds import KINDS
from ..tables.kinds.listed import stored_kind
from ..tables.models.provenance import Provenance
from ..tables.models.table_model import TableModel
from .layout import Arrays, Contents
from .upgrades import VERSION

Model = Mixture | OutlierModel | TableModel | Posterior

_POSTERIOR = "posterior"
_TABLE_ARRAYS = {"table.center", "table.scale"}
_CALIBRATION = "table.calibration"
_RARITY = {"table.rarity_places", "table.rarity_tail"}
_HABITS = {f"table.habits_{field.name}" for field in fields(Habits)}


def contents_of(model: Model) -> Contents:
    """Return what the file of a model holds, or raise `TypeError` if it can have none."""
    if isinstance(model, Posterior):
        manifest = {"format": "mixtura", "version": VERSION, "kind": _POSTERIOR, "model": _POSTERIOR}
        arrays = {f"model.{name}": array for name, array in model.arrays().items()}
        return Contents(manifest | {"settings": model.settings()}, arrays)
    held: Any = model.model if isinstance(model, TableModel) else model
    if isinstance(held, Mixture):
        held = DensityModel.of(held)
    if stored_kind(getattr(held, "kind", "")) is None:
        raise TypeError(
            "a Mixture, a TableModel, a Posterior or the model_ of a detector can be saved, not a "
            f"{type(model).__name__}"
        )
    manifest = {"format": "mixtura", "version": VERSION, "model": held.kind, "settings": held.settings()}
    arrays = {f"model.{name}": array for name, array in held.arrays().items()}
    if not isinstance(model, TableModel):
        return Contents(manifest | {"kind": "mixture" if isinstance(model, Mixture) else "detector"}, arrays)
    manifest |= {"kind": "table", "columns": model.columns, "threshold": model.threshold}
    manifest |= {"provenance": model.provenance.entries()}
    manifest |= {"kinds": None if model.kinds is None else [as_json(kind) for kind in model.kinds]}
    manifest |= {"known": None if model.known is None else model.known.to_json()}
    arrays |= {"table.center": model.center, "table.scale": model.scale}
    if model.calibration is not None:
        arrays |= {_CALIBRATION: model.calibration}
    if model.rarity is not None:
        arrays |= model.rarity.arrays("table.rarity")
    if model.habits is not None:
        arrays |= {f"table.habits_{name}": array for name, array in model.habits.arrays().items()}
    return Contents(manifest, arrays)


def model_of(contents: Contents) -> Model:
    """Return the model in a file of this version, its manifest known to have the entries of one.

    Raises
    ------
    ValueError, TypeError, OverflowError
        It is not sound; the error says why.
    """
    manifest, arrays = contents.manifest, contents.arrays
    _check_arrays(arrays, of_table=manifest["kind"] == "table")
    of_model = {name.removeprefix("model."): arrays[name] for name in arrays if name.startswith("model.")}
    if manifest["kind"] == _POSTERIOR:
        return Posterior.from_arrays(of_model, manifest["settings"])
    held = _held(manifest, of_model)
    if manifest["kind"] == "mixture":
        return _plain_mixture(held)
    if manifest["kind"] == "detector":
        return held
    return TableModel(
        held,
        manifest["columns"],
        arrays["table.center"],
        arrays["table.scale"],
        manifest["threshold"],
        arrays.get(_CALIBRATION),
        Rarity.from_arrays(arrays, "table.rarity") if set(arrays) >= _RARITY else None,
        Provenance.from_entries(manifest["provenance"]),
        _habits(arrays),
        None if manifest["kinds"] is None else tuple(map(from_json, manifest["kinds"])),
        None if manifest["known"] is None else Known.from_json(manifest["known"]),
    )


def _habits(arrays: Arrays) -> Habits | None:
    if not set(arrays) >= _HABITS:
        return None
    return Habits.from_arrays({name.removeprefix("table.habits_"): arrays[name] for name in _HABITS})


def _held(manifest: dict[str, Any], arrays: Arrays) -> OutlierModel:
    kind = stored_kind(manifest["model"])
    if kind is None:
        known = ", ".join(dict.fromkeys(kind.stored_as for kind in KINDS))
        raise ValueError(f"its model is of the kind {manifest['model']!r}, which is none of {known}")
    with np.errstate(all="ignore"):
        return kind.read(arrays, manifest["settings"])


def _plain_mixture(model: OutlierModel) -> Mixture:
    if not isinstance(model, DensityModel):
        raise ValueError(f"its manifest says mixture, but it holds a model of kind {model.kind!r}")
    if model != DensityModel.of(model.mixture):
        raise ValueError("its manifest says mixture, but its columns are scaled like those of a detector")
    return model.mixture


def _check_arrays(arrays: Arrays, *, of_table: bool) -> None:
    """Raise `ValueError` unless the arrays have the names and the types of those of a model."""
    others = {name for name in arrays if not name.startswith("model.")}
    needed = _TABLE_ARRAYS if of_table else set()
    known = needed | _RARITY | _HABITS | {_CALIBRATION} if needed else set()
    whole = all(some & others in (set(), some) for some in (_RARITY, _HABITS))
    if not needed <= others <= known or not whole:
        raise ValueError(f"its arrays are {', '.join(sorted(arrays)) or 'none'}, which are not those of one model")
    narrow = [name for name in sorted(others) if arrays[name].dtype != np.float64]
    if narrow:
        raise ValueError(f"its {narrow[0]} must be doubles, not {arrays[narrow[0]].dtype}")
