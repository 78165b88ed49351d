"""Which entries a manifest has, and of which types."""

from collections.abc import Mapping
from typing import Any

_MODEL: dict[str, Any] = {"format": str, "version": int, "kind": str, "model": str, "settings": dict}
_TABLE: dict[str, Any] = {
    "columns": list,
    "threshold": float | None,
    "provenance": dict,
    "kinds": list | None,
    "known": dict | None,
}
_KINDS = {"mixture": _MODEL, "detector": _MODEL, "posterior": _MODEL, "table": _MODEL | _TABLE}


def version_of(manifest: Mapping[str, Any]) -> int:
    """Return the version of the format that a manifest says, or raise `ValueError` where it says none."""
    version = manifest.get("version")
    if type(version) is not int or version < 1:
        raise ValueError("its manifest has no version")
    return version


def check_manifest(manifest: Mapping[str, Any]) -> None:
    """Raise `ValueError` unless the entries are those of a mixture, a detector, a posterior or a table model."""
    kind = manifest.get("kind")
    types = _KINDS.get(kind) if isinstance(kind, str) else None
    if types is None or set(manifest) != set(types):
        raise ValueError(_OTHER_ENTRIES)
    check_entries(manifest, types)


def check_entries(manifest: Mapping[str, Any], types: Mapping[str, Any]) -> None:
    """Raise `ValueError` unless a manifest has entries of these types."""
    if not all(name in manifest and isinstance(manifest[name], kind) for name, kind in types.items()):
        raise ValueError(_OTHER_ENTRIES)


_OTHER_ENTRIES = "its manifest does not have the entries of a mixture, a detector, a posterior or a table model"
