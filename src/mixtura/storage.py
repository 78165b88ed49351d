"""Models on disk: one safetensors file, arrays and a manifest in JSON; nothing in it is ever run.

The arrays are doubles, little-endian, named as the attributes of the model. The manifest is the one entry of the
file's metadata, under the name ``mixtura``. Its keys: ``format``, always "mixtura"; ``version``, of this format;
``kind``, "mixture" or "table"; ``shape``, of the covariances. For a table, also ``columns``, ``threshold``, ``rate``
and ``info``. Version 2 adds what a file has only when the model does: ``degrees_of_freedom``, an array, of Student's t
components; ``noise``, in the manifest, the weight of a uniform component, and the arrays ``lower`` and ``upper``, the
corners of its box. The file format is described at https://huggingface.co/docs/safetensors.
"""

import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save as to_bytes

from .decisions.table_model import TableModel
from .distributions.mixture import Mixture
from .distributions.noise import Noise
from .distributions.shapes import SHAPES
from .errors import ModelFileError, SingularCovarianceError, SourceError

VERSION = 2
"""Newest version of the format. Raise it when a file written now could not be read by what was released before.

A file has the lowest version that holds its model, so that older programs read what they can.
"""

_MANIFEST = "mixtura"
_MIXTURE_TYPES = {"format": str, "version": int, "kind": str, "shape": str}
_TABLE_TYPES = {"columns": list, "threshold": float | None, "rate": float | None, "info": dict}
_TYPES: dict[str, dict[str, Any]] = {"mixture": _MIXTURE_TYPES, "table": _MIXTURE_TYPES | _TABLE_TYPES}

Arrays = dict[str, NDArray[np.float64]]


def save(model: Mixture | TableModel, path: str | os.PathLike[str]) -> None:
    """Write a model to a file, which appears whole or not at all.

    Equal models make equal files, byte for byte, and a model read back is equal to the one saved, bit for bit.

    Parameters
    ----------
    model : Mixture or TableModel
        The model.
    path : str or path-like
        Where the file goes; one that is there is replaced. No ending is asked for; ``.safetensors`` says what it is.

    Raises
    ------
    TypeError
        `model` is neither of the two.
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
    manifest: dict[str, Any] = {"format": "mixtura", "version": 1}
    if isinstance(model, TableModel):
        mixture = model.mixture
        manifest |= {"kind": "table", "columns": model.columns, "threshold": model.threshold, "rate": model.rate}
        manifest |= {"info": model.info}
        arrays = {"center": model.center, "scale": model.scale}
    elif isinstance(model, Mixture):
        mixture = model
        manifest |= {"kind": "mixture"}
        arrays = {}
    else:
        raise TypeError(f"a Mixture or a TableModel can be saved, not a {type(model).__name__}")
    _ = mixture.covariance.precision_cholesky  # raises where there is no inverse
    manifest |= {"shape": mixture.covariance.name}
    arrays |= {"weights": mixture.weights, "means": mixture.means, "covariances": mixture.covariances}
    if mixture.degrees_of_freedom is not None:
        manifest |= {"version": 2}
        arrays |= {"degrees_of_freedom": mixture.degrees_of_freedom}
    if mixture.noise is not None:
        manifest |= {"version": 2, "noise": mixture.noise.weight}
        arrays |= {"lower": mixture.noise.lower, "upper": mixture.noise.upper}
    text = json.dumps(manifest, sort_keys=True, allow_nan=False)
    contiguous = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    _write(Path(path), to_bytes(contiguous, metadata={_MANIFEST: text}))


def load(path: str | os.PathLike[str]) -> Mixture | TableModel:
    """Read a model that `save` wrote.

    Parameters
    ----------
    path : str or path-like
        The file.

    Returns
    -------
    Mixture or TableModel
        What was saved.

    Raises
    ------
    ModelFileError
        There is no such file, or it is not a whole, sound model of this format; a newer version of the format is
        refused too. Nothing is allocated before the sizes that the file declares are known to be those it has.
    """
    file = Path(path)
    if not file.is_file():
        raise ModelFileError(
            f"{file} is not a file: name the file of a model" if file.exists() else f"there is no model file {file}"
        )
    try:
        with safe_open(file, framework="numpy") as opened:  # checks that the sizes it declares fill the file
            manifest = _manifest(file, opened.metadata())
            arrays = _arrays(file, opened, manifest)
    except (SafetensorError, OSError) as error:
        _refuse(file, str(error).splitlines()[0])
    return _model(file, manifest, arrays)


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
    types = _TYPES.get(str(manifest.get("kind")), {})
    if version >= 2 and "noise" in manifest:
        types = types | {"noise": float}
    if set(manifest) != set(types) or not all(isinstance(manifest[key], types[key]) for key in types):
        _refuse(file, "its manifest does not have the entries of a mixture or of a table model")
    if manifest["shape"] not in SHAPES:
        _refuse(file, f"its covariances are said to be {manifest['shape']!r}, which is none of {', '.join(SHAPES)}")
    return manifest


def _arrays(file: Path, opened: Any, manifest: dict[str, Any]) -> Arrays:
    """Return the arrays, after their names, types and shapes are known to fit together."""
    names = {"weights", "means", "covariances"}
    names |= {"center", "scale"} if manifest["kind"] == "table" else set()
    names |= {"degrees_of_freedom"} & set(opened.keys()) if manifest["version"] >= 2 else set()
    names |= {"lower", "upper"} if "noise" in manifest else set()
    if set(opened.keys()) != names:
        _refuse(file, f"it should hold the arrays {', '.join(sorted(names))}, and not others")
    slices = {name: opened.get_slice(name) for name in sorted(names)}
    shapes = {name: tuple(piece.get_shape()) for name, piece in slices.items()}
    if len(shapes["means"]) != 2 or 0 in shapes["means"]:
        _refuse(file, f"its means have the shape {shapes['means']}, not (components, columns)")
    n_components, n_columns = shapes["means"]
    expected = {
        "weights": (n_components,),
        "means": (n_components, n_columns),
        "covariances": SHAPES[manifest["shape"]].shape(n_components, n_columns),
        "degrees_of_freedom": (n_components,),
        **dict.fromkeys(("center", "scale", "lower", "upper"), (n_columns,)),
    }
    for name, shape in shapes.items():
        if shape != expected[name] or slices[name].get_dtype() != "F64":
            _refuse(file, f"its {name} should be doubles of shape {expected[name]}")
    arrays: Arrays = {name: opened.get_tensor(name) for name in slices}
    for name, array in arrays.items():
        if not np.isfinite(array).all():
            _refuse(file, f"its {name} are not all finite")
    return arrays


def _model(file: Path, manifest: dict[str, Any], arrays: Arrays) -> Mixture | TableModel:
    shape = SHAPES[manifest["shape"]]
    covariances = arrays["covariances"]
    holds_matrices = shape.shape(2, 3)[-2:] == (3, 3)
    if holds_matrices and not np.allclose(covariances, covariances.swapaxes(-1, -2)):
        _refuse(file, "its covariances are not symmetric")
    try:
        mixture = Mixture(
            arrays["weights"],
            arrays["means"],
            shape(covariances, *arrays["means"].shape),
            arrays.get("degrees_of_freedom"),
            Noise(manifest["noise"], arrays["lower"], arrays["upper"]) if "noise" in manifest else None,
        )
        with np.errstate(all="ignore"):
            _ = mixture.covariance.precision_cholesky  # raises where there is no inverse
        if manifest["kind"] == "mixture":
            return mixture
        return TableModel(
            mixture,
            manifest["columns"],
            arrays["center"],
            arrays["scale"],
            manifest["threshold"],
            manifest["rate"],
            manifest["info"],
        )
    except SingularCovarianceError:
        _refuse(file, "its covariances are not positive definite")
    except (ValueError, TypeError, OverflowError) as error:
        _refuse(file, str(error))


def _write(file: Path, content: bytes) -> None:
    """Write a file beside its place, and rename it when it is whole and on the disk."""
    temporary = file.with_name(f".{file.name}.{secrets.token_hex(4)}.tmp")
    try:
        try:
            with open(temporary, "xb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            os.replace(temporary, file)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise SourceError(
            f"cannot write {file} ({error.strerror or error}): free some space or choose another place"
        ) from error
