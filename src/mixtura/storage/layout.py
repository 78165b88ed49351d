"""The bytes of a model file: a manifest in JSON and arrays, as safetensors lays them out."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, deserialize, safe_open
from safetensors.numpy import save as to_bytes

from .checksum import has_checksum, with_checksum

Arrays = dict[str, NDArray[Any]]

_MANIFEST = "mixtura"

_NUMBERS = {
    f"{letter}{8 * n_bytes}": np.dtype(f"<{letter.lower()}{n_bytes}")
    for letter, sizes in (("F", (8, 4)), ("I", (8, 4, 2, 1)), ("U", (8, 4, 2, 1)))
    for n_bytes in sizes
}


@dataclass(frozen=True, eq=False)
class Contents:
    """What is in a model file.

    Attributes
    ----------
    manifest : dict
        Of the types that JSON has.
    arrays : dict of str to ndarray
        The arrays by their names.
    has_checksum : bool
        Whether the file has one.
    """

    manifest: dict[str, Any]
    arrays: Arrays
    has_checksum: bool = True


def packed(contents: Contents) -> bytes:
    """Return the bytes of a file."""
    text = json.dumps(contents.manifest, sort_keys=True, allow_nan=False)
    arrays = {name: np.ascontiguousarray(array) for name, array in contents.arrays.items()}
    return with_checksum(to_bytes(arrays, metadata={_MANIFEST: text}))


def unpacked(data: bytes) -> Contents:
    """Return what is in the bytes of a file.

    Nothing is allocated before the sizes that the file declares are known to be those it has.

    Raises
    ------
    ValueError
        They are not those of a model file; the error says why.
    """
    checked = has_checksum(data)
    try:
        # Checks that the sizes it declares fill the file.
        tensors = dict(deserialize(data))  # type: ignore[no-untyped-call]  # safetensors has no types there
    except SafetensorError as error:
        raise ValueError(str(error).splitlines()[0]) from None
    header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    return Contents(_manifest(header.get("__metadata__")), _arrays(tensors), checked)


def is_model(file: Path) -> bool:
    """Tell whether a file says of itself that `save` wrote it; it may be of another version."""
    try:
        with safe_open(file, framework="numpy") as opened:
            return _MANIFEST in (opened.metadata() or {})
    except (SafetensorError, OSError):
        return False


def _manifest(metadata: Mapping[str, str] | None) -> dict[str, Any]:
    text = (metadata or {}).get(_MANIFEST)
    if text is None:
        raise ValueError("it has no manifest, so another program wrote it")
    try:
        manifest = json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError("its manifest is not JSON") from None
    if not isinstance(manifest, dict) or manifest.get("format") != "mixtura":
        raise ValueError("its manifest does not say that it is one")
    return manifest


def _arrays(tensors: Mapping[str, Any]) -> Arrays:
    strange = [name for name in sorted(tensors) if tensors[name]["dtype"] not in _NUMBERS]
    if strange:
        raise ValueError(f"its {strange[0]} holds no numbers of a known type")
    return {
        name: np.frombuffer(tensor["data"], _NUMBERS[tensor["dtype"]]).reshape(tensor["shape"])
        for name, tensor in sorted(tensors.items())
    }
