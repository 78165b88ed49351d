"""Models on disk: one safetensors file, arrays and a manifest in JSON; nothing in it is ever run.

The manifest is the one entry of the file's metadata, under the name ``mixtura``. Its keys: ``format``, always
"mixtura"; ``version``, of this format; ``kind``, "mixture", "detector" or "table"; ``model``, which model it is, and
``settings``, what it says of itself. A table also has ``columns``, ``threshold``, ``rate``, ``trained_on``, ``info``.
The arrays of the model are named ``model.NAME``, those of a table ``table.center``, ``table.scale`` and, where it was
trained on a reference, ``table.calibration``, where it says how rare its scores are, ``table.rarity_places`` and
``table.rarity_tail``; all little-endian. The file format is described at
https://huggingface.co/docs/safetensors.

The first entry of the metadata is ``sha256``, the SHA-256 of all bytes of the file but its own 64 digits.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, deserialize, safe_open
from safetensors.numpy import save as to_bytes

from .detectors.density.model import DensityModel
from .detectors.model import OutlierModel
from .distributions.mixture import Mixture
from .errors import ModelFileError, warn
from .rows.whole import WholeFile, replace_all
from .statistics.rarity import Rarity
from .tables.table_model import TableModel

VERSION = 1
"""Version of the format. Raise it when a file written now could not be read by what was released before."""

# The models there are, by their kind; read when a file asks for one.
_MODELS = {
    "mixture": ("density.model", "DensityModel"),
    "elliptic": ("elliptic.model", "Elliptic"),
    "ensemble": ("ensemble.model", "EnsembleModel"),
    "forest": ("forest.model", "ForestModel"),
    "lof": ("neighbors.model", "LofModel"),
    "svm": ("svm.model", "SupportModel"),
}

_MANIFEST = "mixtura"

# How the header of a file begins, after eight bytes with its length. Between the two lines are the digits of the
# checksum; the spaces keep the arrays at multiples of eight.
_METADATA = b'{"__metadata__":{'
_BEFORE_DIGITS = _METADATA + b'"sha256":"'
_AFTER_DIGITS = b'",    '
_N_DIGITS = 64
_TYPES = {"format": str, "version": int, "kind": str, "model": str, "settings": dict}
_TABLE_TYPES: dict[str, Any] = {
    "columns": list,
    "threshold": float | None,
    "rate": float | None,
    "trained_on": str,
    "info": dict,
}
_TABLE_ARRAYS = {"table.center", "table.scale"}
_CALIBRATION = "table.calibration"
_RARITY = {"table.rarity_places", "table.rarity_tail"}

_NUMBERS = {
    f"{letter}{8 * n_bytes}": np.dtype(f"<{letter.lower()}{n_bytes}")
    for letter, sizes in (("F", (8, 4)), ("I", (8, 4, 2, 1)), ("U", (8, 4, 2, 1)))
    for n_bytes in sizes
}

Arrays = dict[str, NDArray[Any]]


def save(model: Mixture | OutlierModel | TableModel, path: str | os.PathLike[str]) -> None:
    """Write a model to a file, which appears whole or not at all.

    Equal models make equal files, byte for byte, and a model read back is equal to the one saved, bit for bit.

    Parameters
    ----------
    model : Mixture, TableModel, or the `model_` of a fitted detector
        The model.
    path : str or path-like
        Where the file goes; one that is there is replaced. No ending is asked for; ``.safetensors`` says what it is.

    Raises
    ------
    TypeError
        `model` is none of these.
    SingularCovarianceError
        A covariance has no inverse, so that the model could not be used.
    SourceError
        The file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> from mixtura import Spherical
    >>> mixture = Mixture([1.0], [[0.0, 0.0]], Spherical([2.0], 1, 2))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(mixture, f"{folder}/model.safetensors")
    ...     load(f"{folder}/model.safetensors") == mixture
    True
    """
    file = WholeFile(path)
    file.write(content(model))
    replace_all([file])


def content(model: Mixture | OutlierModel | TableModel) -> bytes:
    """Return what is in the file of a model; errors as of `save`."""
    held = model.model if isinstance(model, TableModel) else model
    if isinstance(held, Mixture):
        held = DensityModel.of(held)
    if getattr(held, "kind", None) not in _MODELS:
        raise TypeError(
            f"a Mixture, a TableModel or the model_ of a detector can be saved, not a {type(model).__name__}"
        )
    manifest: dict[str, Any] = {
        "format": "mixtura",
        "version": VERSION,
        "model": held.kind,
        "settings": held.settings(),
    }
    arrays = {f"model.{name}": array for name, array in held.arrays().items()}
    if isinstance(model, TableModel):
        manifest |= {"kind": "table", "columns": model.columns, "threshold": model.threshold, "rate": model.rate}
        manifest |= {"trained_on": model.trained_on, "info": model.info}
        arrays |= {"table.center": model.center, "table.scale": model.scale}
        if model.calibration is not None:
            arrays |= {_CALIBRATION: model.calibration}
        if model.rarity is not None:
            arrays |= model.rarity.arrays("table.rarity")
    else:
        manifest |= {"kind": "mixture" if isinstance(model, Mixture) else "detector"}
    text = json.dumps(manifest, sort_keys=True, allow_nan=False)
    contiguous = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    return _with_checksum(to_bytes(contiguous, metadata={_MANIFEST: text}))


def load(path: str | os.PathLike[str]) -> Mixture | OutlierModel | TableModel:
    """Read a model that `save` wrote.

    Parameters
    ----------
    path : str or path-like
        The file.

    Returns
    -------
    Mixture, TableModel or OutlierModel
        What was saved.

    Raises
    ------
    ModelFileError
        There is no such file, or it is not a whole, sound model of this format; a newer version of the format is
        refused too. Nothing is allocated before the sizes that the file declares are known to be those it has.

    Examples
    --------
    >>> load("nowhere.model")
    Traceback (most recent call last):
        ...
    mixtura.errors.ModelFileError: there is no model file nowhere.model
    """
    file = Path(path)
    if not file.is_file():
        raise ModelFileError(
            f"{file} is not a file: name the file of a model" if file.exists() else f"there is no model file {file}"
        )
    try:
        data = file.read_bytes()
        has_checksum = _has_checksum(file, data)
        # Checks that the sizes it declares fill the file.
        tensors = dict(deserialize(data))  # type: ignore[no-untyped-call]  # safetensors has no types there
    except (SafetensorError, OSError) as error:
        _refuse(file, str(error).splitlines()[0])
    header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    manifest = _manifest(file, header.get("__metadata__"))
    model = _model(file, manifest, _arrays(file, tensors, manifest))
    if not has_checksum:
        warn(f"{file} has no checksum, as files of earlier versions: damage to it may not show; save the model again")
    return model


def _with_checksum(data: bytes) -> bytes:
    """Return the content of a file with its checksum in it, at a place that never changes."""
    added = len(_BEFORE_DIGITS) - len(_METADATA) + _N_DIGITS + len(_AFTER_DIGITS)
    length = int.from_bytes(data[:8], "little") + added
    before = length.to_bytes(8, "little") + _BEFORE_DIGITS
    after = _AFTER_DIGITS + data[8 + len(_METADATA) :]
    return before + hashlib.sha256(before + after).hexdigest().encode() + after


def _has_checksum(file: Path, data: bytes) -> bool:
    """Tell whether a file has a checksum, as all but those of earlier versions; refuse it if it is a wrong one."""
    start = 8 + len(_BEFORE_DIGITS)
    if data[8:start] != _BEFORE_DIGITS:
        return False
    stop = start + _N_DIGITS
    if hashlib.sha256(data[:start] + data[stop:]).hexdigest().encode() != data[start:stop]:
        _refuse(file, "its checksum is not that of its content, so it is damaged; copy it anew, or save it again")
    return True


def _refuse(file: Path, reason: str) -> NoReturn:
    raise ModelFileError(f"{file} is not a model that mixtura can read: {reason}") from None


def _manifest(file: Path, metadata: Mapping[str, str] | None) -> dict[str, Any]:
    """Return the manifest, its keys and its version known to be those of this format."""
    text = (metadata or {}).get(_MANIFEST)
    if text is None:
        _refuse(file, "it has no manifest, so another program wrote it")
    try:
        manifest = json.loads(text)
    except (ValueError, RecursionError):
        _refuse(file, "its manifest is not JSON")
    if not isinstance(manifest, dict) or manifest.get("format") != "mixtura":
        _refuse(file, "its manifest does not say that it is one")
    version = manifest.get("version")
    if type(version) is not int or version < 1:
        _refuse(file, "its manifest has no version")
    if version > VERSION:
        raise ModelFileError(
            f"{file} has version {version} of the model format, and this mixtura reads up to version {VERSION}: "
            "install a newer mixtura"
        )
    types = _TYPES | (_TABLE_TYPES if manifest.get("kind") == "table" else {})
    known = manifest.get("kind") in ("mixture", "detector", "table") and set(manifest) == set(types)
    if not known or not all(isinstance(manifest[key], types[key]) for key in types):
        _refuse(file, "its manifest does not have the entries of a mixture, a detector or a table model")
    if manifest["model"] not in _MODELS:
        _refuse(file, f"its model is said to be {manifest['model']!r}, which is none of {', '.join(_MODELS)}")
    return manifest


def _arrays(file: Path, tensors: Mapping[str, Any], manifest: dict[str, Any]) -> Arrays:
    """Return the arrays, after their names and types are known to be those of a model."""
    others = {name for name in tensors if not name.startswith("model.")}
    needed = _TABLE_ARRAYS if manifest["kind"] == "table" else set()
    known = needed | _RARITY | {_CALIBRATION} if needed else set()
    if not needed <= others <= known or _RARITY & others not in (set(), _RARITY):
        _refuse(file, f"its arrays are {', '.join(sorted(tensors)) or 'none'}, which are not those of one model")
    strange = [name for name in sorted(tensors) if tensors[name]["dtype"] not in _NUMBERS]
    if strange:
        _refuse(file, f"its {strange[0]} holds no numbers of a known type")
    arrays: Arrays = {
        name: np.frombuffer(tensor["data"], _NUMBERS[tensor["dtype"]]).reshape(tensor["shape"])
        for name, tensor in sorted(tensors.items())
    }
    narrow = [name for name in sorted(others) if arrays[name].dtype != np.float64]
    if narrow:
        _refuse(file, f"its {narrow[0]} must be doubles, not {arrays[narrow[0]].dtype}")
    return arrays


def _model(file: Path, manifest: dict[str, Any], arrays: Arrays) -> Mixture | OutlierModel | TableModel:
    module, name = _MODELS[manifest["model"]]
    own = {key.removeprefix("model."): array for key, array in arrays.items() if key.startswith("model.")}
    try:
        read = getattr(import_module(f".detectors.{module}", __package__), name).from_arrays
        with np.errstate(all="ignore"):
            model: OutlierModel = read(own, manifest["settings"])
        if manifest["kind"] == "mixture":
            if not isinstance(model, DensityModel):
                raise ValueError(f"it is said to be a mixture, and holds a model of kind {model.kind!r}")
            if model != DensityModel.of(model.mixture):
                raise ValueError("it is said to be a mixture, and its columns are scaled, as those of a detector")
            return model.mixture
        if manifest["kind"] == "detector":
            return model
        return TableModel(
            model,
            manifest["columns"],
            arrays["table.center"],
            arrays["table.scale"],
            manifest["threshold"],
            manifest["rate"],
            manifest["trained_on"],
            arrays.get(_CALIBRATION),
            manifest["info"],
            Rarity.from_arrays(arrays, "table.rarity") if set(arrays) >= _RARITY else None,
        )
    except (ValueError, TypeError, OverflowError) as error:
        _refuse(file, " ".join(str(error).split()))  # numbers in it may have come on several lines


def is_model(file: Path) -> bool:
    """Tell whether a file says of itself that `save` wrote it; it may be of another version."""
    try:
        with safe_open(file, framework="numpy") as opened:
            return _MANIFEST in (opened.metadata() or {})
    except (SafetensorError, OSError):
        return False
