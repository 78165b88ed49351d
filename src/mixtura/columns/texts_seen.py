"""What the texts of a column are like: which are numbers, their shapes, their lengths."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..optional import need

if TYPE_CHECKING:
    import pyarrow as pa

# Shapes that are counted, and characters of one.
_MOST_SHAPES = 1024
_LONGEST = 64

# Different texts of a block whose shapes are looked at.
_MOST_TEXTS = 4096


@dataclass(frozen=True, eq=False)
class TextsSeen:
    """Texts that passed; those of separate cells add up.

    Attributes
    ----------
    count : int
        How many.
    shapes : dict of str to int
        How often shapes were seen, "AA-9999" for two capital letters, a hyphen and four digits; not all cells are
        looked at where nearly all differ.
    shortest, longest : int
        Characters.
    n_padded : int
        Whole numbers that begin with a zero, such as ZIP codes.
    """

    count: int = 0
    shapes: dict[str, int] = field(default_factory=dict)
    shortest: int = 2**31
    longest: int = 0
    n_padded: int = 0

    def including(self, texts: "pa.Array") -> "TextsSeen":
        """Return what was seen of these and more texts, none of them null."""
        if not len(texts):
            return self
        compute = need("pyarrow.compute", "reading text")
        lengths = compute.min_max(compute.utf8_length(texts)).as_py()
        padded = compute.sum(compute.match_substring_regex(texts, pattern=r"^[+-]?0[0-9]+$")).as_py() or 0
        some = texts.slice(0, _MOST_TEXTS)
        return self + TextsSeen(len(texts), shapes_of(some), lengths["min"], lengths["max"], padded)

    def __add__(self, other: "TextsSeen") -> "TextsSeen":
        shapes = dict(self.shapes)
        for shape, n in other.shapes.items():
            if shape in shapes or len(shapes) < _MOST_SHAPES:
                shapes[shape] = shapes.get(shape, 0) + n
        return TextsSeen(
            self.count + other.count,
            shapes,
            min(self.shortest, other.shortest),
            max(self.longest, other.longest),
            self.n_padded + other.n_padded,
        )


def shapes_of(texts: "pa.Array") -> dict[str, int]:
    """Return how often each shape occurs among texts.

    Examples
    --------
    >>> import pyarrow as pa
    >>> shapes_of(pa.array(["AB-12", "XY-77", "Ab 1"]))
    {'AA-99': 2, 'Aa 9': 1}
    """
    compute = need("pyarrow.compute", "reading text")
    for pattern, letter in ((r"\p{Nd}", "9"), (r"\p{Lu}", "A"), (r"[\p{Ll}\p{Lo}]", "a")):
        texts = compute.replace_substring_regex(texts, pattern=pattern, replacement=letter)
    found = compute.value_counts(compute.utf8_slice_codeunits(texts, 0, _LONGEST))
    return dict(zip(found.field("values").to_pylist(), found.field("counts").to_pylist(), strict=True))
