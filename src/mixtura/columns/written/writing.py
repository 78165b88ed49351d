"""Numbers as people write them: "$1,234.50", "1.234,5 kg", "12%", "8.7M", "(5.00)", "10,000+", "3rd"."""

import math
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from ...optional import need
from ...typing import Bools, Floats
from ...words import joined
from .around import Around, Cells, around_of, open_ended
from .numerals import CORE, SPACE, SPACES, Numerals, numerals_of, shape_of
from .units import MINUS, MINUSES, ORDINAL, ends_of, right_ordinal

if TYPE_CHECKING:
    import pyarrow as pa

_LEAST_SHARE = 0.9  # of the cells are read by the writing of a column
_LONGEST_CELL = 64
_MOST_ENDS = 1000  # more of them, and each is in too few cells to be a unit
_CELL = re.compile(
    rf"([^0-9]{{0,16}}?)({CORE})([^0-9]{{0,28}}|{SPACE}*(?:[mcdk]?m|ft|in|yd|mi)\^?[23]{SPACE}*)", re.IGNORECASE
)
_PLAIN = re.compile(rf"{SPACE}*[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?{SPACE}*")
_PURPOSE = "reading written numbers"


@dataclass(frozen=True)
class Writing:
    """How the numbers of a column are written.

    Attributes
    ----------
    numerals : Numerals
        How their digits are written.
    around : Around
        What stands around their digits.
    """

    numerals: Numerals = field(default_factory=Numerals)
    around: Around = field(default_factory=Around)

    def parse(self, texts: "pa.Array") -> tuple[Floats, Bools]:
        """Read texts as numbers.

        Parameters
        ----------
        texts : pyarrow.Array of strings
            Null where a cell is missing.

        Returns
        -------
        values : ndarray of shape (n_cells,), float64
            NaN where a cell is missing, or does not fit.
        fits : ndarray of shape (n_cells,), bool
            Whether a number was read.
        """
        pa = need("pyarrow", _PURPOSE)
        compute = need("pyarrow.compute", _PURPOSE)
        below, above = self._signed(self.around.behind)
        negative = compute.fill_null(compute.match_substring_regex(texts, below), False)
        fitting = compute.or_(negative, compute.fill_null(compute.match_substring_regex(texts, above), False))
        texts = compute.if_else(fitting, texts, pa.scalar(None, texts.type))
        values = compute.cast(self.numerals.plain(self._digits(texts)), pa.float64())
        values = values.fill_null(math.nan).to_numpy(zero_copy_only=False).copy()
        for factor in {*self.around.read_multiples.values()} - {1.0}:
            values[self._multiplied(texts, factor)] *= factor
        values[negative.to_numpy(zero_copy_only=False)] *= -1.0
        values[np.isinf(values)] = math.nan
        return values, ~np.isnan(values)

    def _signed(self, behind: str) -> tuple[str, str]:
        """Return regular expressions of numbers below 0, and of others."""
        before, digits = self.around.before, self.numerals.pattern
        start, minus = rf"\A{SPACE}*[~≈]?{SPACE}*", f"[{MINUS}]{SPACE}*"
        number = f"{digits}{behind}"
        zero = rf"{digits}\." if self.around.bare else f"0+(?:{re.escape(self.numerals.decimal)}0*)?"
        below = [
            f"{minus}{before}{number}",
            f"{before}{minus}{number}",
            rf"\({SPACE}*{before}{number}{SPACE}*\)",
            rf"{before}\({SPACE}*{number}{SPACE}*\)",
            f"{before}{number}{SPACE}*[-−]",
        ]
        above = rf"{start}(?:\+{SPACE}*{before}|{before}\+?{SPACE}*)(?:{number}|{zero}){SPACE}*\z"
        return f"{start}(?:{'|'.join(below)}){SPACE}*\\z", above

    def _digits(self, texts: Any) -> Any:
        """Return the digits of texts that fit, and the marks between them."""
        compute = need("pyarrow.compute", _PURPOSE)
        around = self.around
        prefix = around.prefix.strip(SPACES)
        if "." in prefix:
            texts = compute.replace_substring(texts, prefix, "")
        if re.search("[0-9]", around.suffix):
            texts = compute.replace_substring_regex(texts, rf"{around.behind}[{MINUS})]?{SPACE}*\z", "")
        texts = compute.utf8_ltrim(texts, characters=f"{SPACES}~≈+({MINUSES}{prefix}")
        letters = "".join({*around.suffix, *around.one, *"".join(around.read_multiples)} - set("0123456789"))
        letters += letters.upper() + letters.lower() + ("stndrhSTNDRH" if around.ordinal else "sS")
        return compute.utf8_rtrim(texts, characters=f"{SPACES}+)-−–—.,{letters}")

    def _multiplied(self, texts: Any, factor: float) -> Bools:
        """Whether texts that fit have a multiple of this factor."""
        compute = need("pyarrow.compute", _PURPOSE)
        words = [re.escape(word) for word, value in self.around.read_multiples.items() if value == factor]
        behind = f"[0-9.,]{SPACE}*(?:{'|'.join(words)})" + self.around.behind_multiple("")
        found = compute.match_substring_regex(texts, rf"{behind}{SPACE}*[)\-−]?{SPACE}*\z")
        return np.asarray(compute.fill_null(found, False).to_numpy(zero_copy_only=False))

    def written(self, value: float) -> str:
        """Return a number as a cell of the column would be written, with no more decimals than the column has.

        Examples
        --------
        >>> writing_of({"$1,200.50": 1, "$14.25": 1}).written(-98765.4321)
        '-$98,765.43'
        """
        if not math.isfinite(value):
            return str(value)
        around, size = self.around, abs(value)
        if around.ordinal:
            digits = f"{size:.0f}"
            number = digits + next(ending for ending in ("th", "st", "nd", "rd") if right_ordinal(digits, ending))
        else:
            word, factor = self._multiple(size)
            digits = self.numerals.write(size / factor)
            unit = around.one if digits == "1" and not word and around.one else around.suffix
            plus = "+" * around.plus_written
            number = digits + word + (plus + unit if unit[:1] in {*SPACES} else unit + plus)
        first, second, last = around.negative if value < 0 and re.search("[1-9]", digits) else ("", "", "")
        return f"{around.about}{first}{around.prefix}{second}{number}{last}"

    def _multiple(self, size: float) -> tuple[str, float]:
        """Return the multiple that a number is written in."""
        fitting = [multiple for multiple in self.around.multiples if multiple[1] <= size]
        if fitting or not self.around.multiples:
            return fitting[0] if fitting else ("", 1.0)
        return ("", 1.0) if self.around.bare else self.around.multiples[-1]

    @property
    def told(self) -> str:
        """What a person is told of the column: "currency ($)", "numbers with the unit kg"."""
        around = self.around
        words = {factor: word.strip(SPACES) for word, factor in reversed(around.multiples)}
        multiples = joined([*words.values()][::-1])
        suffix = around.suffix.strip(SPACES)
        if around.currency:
            return f"currency ({around.currency})" + (f" in {multiples}" if multiples else "")
        if multiples:
            return f"sizes in {multiples}"
        if around.ordinal:
            return "ordinal numbers"
        if suffix == "%":
            return "percent"
        if suffix:
            return f"numbers with the unit {suffix.removeprefix('-')}"
        return f"numbers with {joined(self._marks)}"

    @property
    def _marks(self) -> list[str]:
        marks = {
            "thousands separators": bool(self.numerals.group),
            "decimal commas": self.numerals.decimal == "," and self.numerals.decimals != (0,),
            "a + behind": self.around.plus_written,
            "parentheses for minus": "(" in self.around.negative,
            "the minus behind": self.around.negative[2] in ("-", "−"),
        }
        return [mark for mark, there in marks.items() if there] or ["signs"]

    def settings(self) -> dict[str, Any]:
        """Return what `from_settings` makes the same writing of; JSON can hold it."""
        return asdict(self)

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> "Writing":
        """Return the writing that has these settings."""
        numerals, around = dict(settings["numerals"]), dict(settings["around"])
        numerals["decimals"] = tuple(numerals["decimals"])
        around["multiples"] = tuple((str(word), float(factor)) for word, factor in around["multiples"])
        around["negative"] = tuple(around["negative"])
        return cls(Numerals(**numerals), Around(**around))


def writing_of(examples: Mapping[str, int]) -> Writing | None:
    """Return how the numbers of a column are written.

    Parameters
    ----------
    examples : mapping
        Distinct cells of the column that are there, and how often each occurs.

    Returns
    -------
    writing : Writing or None
        None where no writing fits 90 % of the cells, and where all that are numbers are plain ones.

    Examples
    --------
    >>> writing_of({"12 kg": 3, "7.5 kg": 1}).told, writing_of({"Room 12": 3, "Room 14": 1}), writing_of({"12": 1})
    ('numbers with the unit kg', None, None)
    """
    needed = _LEAST_SHARE * sum(examples.values())
    found = Counter[tuple[str, str, str]]()
    for text, n in examples.items():
        split = _CELL.fullmatch(text) if len(text) <= _LONGEST_CELL else None
        if split is not None:
            tail = split[3].strip(SPACES)
            found[split[1], ORDINAL if tail and right_ordinal(split[2], tail) else split[3], shape_of(split[2])] += n
    around, cells = around_of(_with_common_ends(found))
    if not cells or sum(n for _, _, n in cells) < needed or open_ended(cells):
        return None
    shapes = Counter[str]()
    for _, shape, n in cells:
        shapes[shape] += n
    numerals = numerals_of(shapes, bool(around.currency), around.united)
    if numerals is None:
        return None
    writing = Writing(numerals, around)
    return writing if _serves(writing, examples, needed) else None


def _with_common_ends(found: Mapping[tuple[str, str, str], int]) -> Cells:
    """Return the cells whose ends are of the commonest, and may be those of numbers."""
    pairs = Counter[tuple[str, str]]()
    for (head, tail, _), n in found.items():
        pairs[head, tail] += n
    known = {pair: ends_of(*pair) for pair, _ in pairs.most_common(_MOST_ENDS)}
    return [(ends, shape, n) for (head, tail, shape), n in found.items() if (ends := known.get((head, tail)))]


def _serves(writing: Writing, examples: Mapping[str, int], needed: float) -> bool:
    """Whether a writing reads as many cells as are needed, and some that are not plain."""
    known = [text.encode("utf-8", "replace").decode() for text in examples]  # halves of surrogate pairs are no UTF-8
    _, fits = writing.parse(need("pyarrow", _PURPOSE).array(known))
    read = [text for text, fit in zip(examples, fits, strict=True) if fit]
    return sum(examples[text] for text in read) >= needed and any(not _PLAIN.fullmatch(text) for text in read)
