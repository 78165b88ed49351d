"""Codes of levels: how a column of texts becomes numbers, one for each level, and how a number is told as a level."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np

from ...optional import need
from ...typing import Floats
from ..seen.cells import as_one_array, is_text
from ..seen.column_seen import ColumnSeen
from ..seen.examples import spelled
from ..seen.marks import are_missing, plain_numbers, trimmed
from ..seen.text_shapes import LONGEST, shapes_in, tally_of_shapes
from .kind import NO_STRAYS, Decoded

if TYPE_CHECKING:
    import pyarrow as pa

Of = Literal["values", "shapes", "patterns"]

# Levels of a column that have codes, the most frequent ones, and characters of all.
_MOST_LEVELS, _MOST_CHARACTERS = 10_000, 2**18

# Texts whose shapes are looked at, and how often a shape occurs on average, where shapes tell anything.
_MOST_TEXTS, _ROWS_OF_SHAPE = 4096, 5

# The share of the texts that may be longer than what a shape is of: where more are, they are prose.
_MOST_LONG = 0.1


@dataclass(frozen=True)
class LevelCodes:
    """The levels of a column in the order of their codes, which are 0, 1, …; a missing value is NaN.

    Any other level has the code that follows those of all levels.

    Attributes
    ----------
    levels : tuple of str
        The levels, the most frequent one first.
    of : {"values", "shapes", "patterns"}
        What of a cell is its level: the cell; its shape, such as "AA-9999"; or its shape with runs of one sort of
        characters as one, such as "A+-9+".
    missing : tuple of str
        Marks of missing values, besides those that are always taken for such.
    counts : tuple of int
        How many cells have each level, and at last how many have any other; empty where nobody counted. Of shapes, an
        estimate where there are very many texts.

    Examples
    --------
    >>> import pyarrow as pa
    >>> codes = LevelCodes(("Oslo", "Bergen"))
    >>> codes.decode(pa.array(["Bergen", "Oslo", None, "Olso"])).values
    array([ 1.,  0., nan,  2.])
    >>> codes.speak(1.0)
    'Bergen'
    """

    levels: tuple[str, ...]
    of: Of = "values"
    missing: tuple[str, ...] = ()
    counts: tuple[int, ...] = ()

    @classmethod
    def of_values(cls, seen: ColumnSeen, missing: tuple[str, ...] = ()) -> Self:
        """Return the codes of the different cells of a column, each of them a level."""
        digits = seen.texts.longest if seen.texts.n_padded and seen.texts.shortest == seen.texts.longest else 0
        counts = {spelled(value).zfill(digits): n for value, n in seen.levels.counts.items()} | seen.words.counts
        return cls._of(_present(counts, missing), "values", missing)

    @classmethod
    def of_shapes(cls, seen: ColumnSeen, missing: tuple[str, ...] = ()) -> Self | None:
        """Return the codes of the shapes of the texts of a column; None where these do not repeat, or are all alike."""
        numbers = {spelled(value): n for value, n in seen.levels.some(_MOST_TEXTS).items()}
        counts = _present(numbers | seen.words.some(_MOST_TEXTS), missing)
        n_long = sum(n for text, n in counts.items() if len(text) > LONGEST)
        if n_long > _MOST_LONG * sum(counts.values()):
            return None
        kinds: tuple[Of, ...] = ("shapes", "patterns")
        for of in kinds:
            tally = tally_of_shapes(counts, runs=of == "patterns")
            if len(tally) < 2:
                return None
            if _ROWS_OF_SHAPE * len(tally) <= sum(tally.values()):
                return cls._of(tally, of, missing)
        return None

    @classmethod
    def _of(cls, counts: Mapping[str, int], of: Of, missing: tuple[str, ...]) -> Self:
        levels = _frequent(counts)
        own = [counts[level] for level in levels]
        return cls(levels, of, missing, (*own, sum(counts.values()) - sum(own)))

    def share(self, value: float) -> tuple[int, int] | None:
        """Return how many cells have the level of a code, and how many have any; None where nobody counted."""
        code = round(value)
        return (self.counts[code], sum(self.counts)) if 0 <= code < len(self.counts) else None

    def decode(self, cells: "pa.ChunkedArray | pa.Array") -> Decoded:
        """Return the codes of cells."""
        pa, compute = need("pyarrow", "reading tables"), need("pyarrow.compute", "reading tables")
        encoded = compute.dictionary_encode(as_one_array(cells))
        different = encoded.dictionary
        if not is_text(different.type):
            different = pa.array([spelled(value) for value in different.to_pylist()], pa.string())
        codes = np.append(self._codes(different), np.nan)
        places = compute.fill_null(encoded.indices, len(different)).to_numpy(zero_copy_only=False)
        return Decoded(codes[places], NO_STRAYS)

    def _codes(self, texts: "pa.Array") -> Floats:
        """Return the codes of different texts."""
        pa, compute = need("pyarrow", "reading tables"), need("pyarrow.compute", "reading tables")
        bare = trimmed(texts)
        missing = are_missing(bare)
        if self.missing:
            marks = pa.array([mark.strip().lower() for mark in self.missing], texts.type)
            missing = compute.or_(missing, compute.is_in(compute.utf8_lower(bare), value_set=marks))
        levels = pa.array(self.levels, texts.type)
        if self.of == "values":
            found = compute.index_in(texts, value_set=levels)
            if found.null_count:
                # A number is the same level however it is written.
                numbers = plain_numbers(bare).to_pylist()
                plain = pa.array([None if one is None else spelled(one) for one in numbers], texts.type)
                found = compute.coalesce(found, compute.index_in(plain, value_set=levels, skip_nulls=True))
        else:
            found = compute.index_in(shapes_in(texts, runs=self.of == "patterns"), value_set=levels)
        codes: Floats = compute.fill_null(found, len(self.levels)).to_numpy(zero_copy_only=False).astype(np.float64)
        codes[missing.to_numpy(zero_copy_only=False).astype(bool)] = np.nan
        return codes

    def speak(self, value: float) -> str:
        """Return the level of a code; nothing for NaN, nor for the code of any other level."""
        code = len(self.levels) if np.isnan(value) else round(value)
        return self.levels[code] if 0 <= code < len(self.levels) else ""

    def settings(self) -> dict[str, Any]:
        """Return what `from_settings` makes the same of; JSON can hold it."""
        return {"levels": list(self.levels), "of": self.of, "missing": list(self.missing), "counts": [*self.counts]}

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> Self:
        """Return what has these settings, or raise `ValueError` where no table has such levels."""
        levels, of, missing, counts = (settings[name] for name in ("levels", "of", "missing", "counts"))
        if of not in ("values", "shapes", "patterns"):
            raise ValueError(f"levels are of values, shapes or patterns, not of {of!r}")
        if not all(isinstance(text, str) for text in (*levels, *missing)) or len(set(levels)) < len(levels):
            raise ValueError("the levels of a column are different texts")
        if not all(type(n) is int and n >= 0 for n in counts) or len(counts) not in (0, len(levels) + 1):
            raise ValueError("the counts of levels are whole numbers, one for each level and one for all others")
        return cls(tuple(levels), of, tuple(missing), tuple(counts))


def coding_in(settings: Mapping[str, Any]) -> LevelCodes | None:
    """Return the codes of levels among the settings of a kind, where it has some."""
    coding = settings.get("coding")
    return None if coding is None else LevelCodes.from_settings(coding)


def settings_of(coding: LevelCodes | None) -> dict[str, Any]:
    """Return what the settings of a kind say of its codes of levels: nothing where it has none."""
    return {} if coding is None else {"coding": coding.settings()}


def _present(counts: Mapping[str, int], missing: tuple[str, ...]) -> dict[str, int]:
    marks = {mark.strip().lower() for mark in missing}
    return {text: n for text, n in counts.items() if text.strip().lower() not in marks}


def _frequent(counts: Mapping[str, int]) -> tuple[str, ...]:
    """Return the most frequent texts, as many as have codes."""
    ranked = sorted(counts, key=lambda text: (-counts[text], text))[:_MOST_LEVELS]
    within = int(np.searchsorted(np.cumsum([len(text) for text in ranked]), _MOST_CHARACTERS, "right"))
    return tuple(ranked[:within])
