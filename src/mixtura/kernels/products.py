"""Nearest neighbours by products of all pairs: Euclidean distance, many columns."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ..typing import Floats, Integers
from . import native
from .chunks import CHUNK, OnRows, in_chunks

# Panels and half norms of the reference, scaled values and half norms of the queries.
_Prepared = tuple[NDArray[Any], NDArray[Any], NDArray[Any], Floats]

# Share of the pairs above which measuring again what products in single precision leave open costs more than products
# in double precision.
_LEFT_OPEN = 0.25

# Scaled queries farther than this from the reference would overflow in single precision; all their pairs are measured.
_FAR = 2.0**50


@dataclass(frozen=True, eq=False)
class Products:
    """The search by products of ``native/product_search.hpp``.

    Values are centred and multiplied by a power of two that makes them smaller than one.
    """

    reference: Floats
    center: Floats
    scale: float

    @classmethod
    def of(cls, values: Floats) -> Self:
        """Return the search among rows."""
        center = values.mean(axis=0)
        reach = max(float((values.max(axis=0) - center).max()), float((center - values.min(axis=0)).max()))
        return cls(values, center, float(np.ldexp(1.0, min(-int(np.frexp(reach)[1]), 1022))))

    @property
    def places(self) -> Integers:
        """The rows in their order."""
        return np.arange(len(self.reference))

    def run(
        self,
        queries: Floats,
        excluded: Integers | None,
        places: Integers,
        sums: Floats,
        rows: Integers,
        n_threads: int,
        on_rows: OnRows | None = None,
    ) -> None:
        """Write what the columns add up to, and row numbers, of the nearest rows to the queries at some places."""
        with np.errstate(over="ignore"):
            scaled = (queries - self.center) * self.scale
        far = np.abs(scaled).max(axis=1) > _FAR
        scaled[far] = 0.0

        def prepared(dtype: type) -> _Prepared:
            norms = _half_norms(scaled, dtype)
            norms[far] = -np.inf
            return (*self._panels(dtype), scaled.astype(dtype, copy=False), norms)

        def search(chunk: Integers, given: _Prepared) -> int:
            panels, panel_norms, values, norms = given
            measured_again: int = native.search_products(
                panels,
                panel_norms,
                self.reference,
                self.scale,
                queries,
                values,
                norms,
                chunk,
                excluded,
                sums,
                rows,
            )
            return measured_again

        first, rest = places[:CHUNK], places[CHUNK:]
        given = prepared(np.float32)
        if search(first, given) > _LEFT_OPEN * len(first) * len(self.reference):
            given = prepared(np.float64)
        in_chunks(lambda chunk: search(chunk, given), rest, n_threads, on_rows, len(first))

    def _panels(self, dtype: type) -> tuple[NDArray[Any], NDArray[Any]]:
        return self._single if dtype is np.float32 else self._double

    @cached_property
    def _single(self) -> tuple[NDArray[Any], NDArray[Any]]:
        return self._pack(np.float32, native.panel_rows_float32)

    @cached_property
    def _double(self) -> tuple[NDArray[Any], NDArray[Any]]:
        return self._pack(np.float64, native.panel_rows_float64)

    def _pack(self, dtype: type, panel_rows: int) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return the scaled rows column-wise in panels, and half their squared norms less the margin."""
        n_rows, n_columns = self.reference.shape
        scaled = (self.reference - self.center) * self.scale
        n_panels = -(-n_rows // panel_rows)
        filled = np.zeros((n_panels * panel_rows, n_columns), dtype)
        filled[:n_rows] = scaled
        norms: NDArray[Any] = np.full(len(filled), np.inf, dtype)
        norms[:n_rows] = _half_norms(scaled, dtype)
        panels = filled.reshape(n_panels, panel_rows, n_columns).transpose(0, 2, 1)
        return np.ascontiguousarray(panels), norms


def _half_norms(scaled: Floats, dtype: type) -> Floats:
    """Return |x|^2 (1/2 - m), with m the largest error of a half-squared distance relative to both squared norms.

    A sum of d products has a relative error of at most 2 d roundings of the sum of their sizes, which is at most half
    the sum of the squared norms (Higham, "Accuracy and Stability of Numerical Algorithms", section 3.1); the numbers
    that go into it are rounded too. Products that underflow are lost by the smallest numbers there are.
    """
    rounding, n_columns = np.finfo(dtype).eps / 2, scaled.shape[1]
    margin = (2 * n_columns + 16) * rounding
    norms = np.einsum("ij,ij->i", scaled, scaled)
    return np.asarray(norms * (0.5 - margin) - 2.0 * n_columns * float(np.finfo(dtype).tiny))
