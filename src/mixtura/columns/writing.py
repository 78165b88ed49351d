"""How the numbers of a column are written."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..typing import Floats

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Writing:
    """How the numbers of a column are written."""

    told: str = "number"

    def parse(self, texts: "pa.Array") -> tuple[Floats, NDArray[np.bool_]]:
        """Return texts as numbers, and which of them are some."""
        raise NotImplementedError

    def written(self, value: float) -> str:
        """Return a number as a cell of the column."""
        raise NotImplementedError

    def settings(self) -> dict[str, Any]:
        """Return what `from_settings` makes the same of."""
        return {}

    @classmethod
    def from_settings(cls, settings: dict[str, Any]) -> "Writing":
        """Return the writing that has these settings."""
        return cls(**settings)


def writing_of(examples: Mapping[str, int]) -> Writing | None:
    """Return how the numbers of a column are written, None where they are none."""
    return None
