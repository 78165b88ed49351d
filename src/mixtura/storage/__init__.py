"""Models on disk: one safetensors file, arrays and a manifest in JSON; nothing in it is ever run.

The manifest is one entry of the file's metadata, under the name ``mixtura``. Its keys: ``format``, always "mixtura";
``version``, of this format; ``kind``, "mixture", "detector", "posterior" or "table"; ``model``, which model it is, and
``settings``, what it says of itself. A table also has ``columns``, ``threshold`` and ``provenance``, the entries of a
`Provenance`. The arrays of the model are named ``model.NAME``, those of a table ``table.center``, ``table.scale`` and,
where it was trained on a reference, ``table.calibration``, where it says how rare its scores are,
``table.rarity_places`` and ``table.rarity_tail``, and where it says what values are like, ``table.habits_NAME``; all
little-endian. The threshold and the calibration are anomaly scores. The file format is described at
https://huggingface.co/docs/safetensors.

The first entry of the metadata is ``sha256``, the SHA-256 of all bytes of the file but its own 64 digits.

`layout` knows the bytes, `checksum` the digits, `upgrades` the former versions, `contents` the models, and `files`
the disk.
"""

from .files import content, is_model, load, save
from .upgrades import VERSION

__all__ = ["VERSION", "content", "is_model", "load", "save"]
