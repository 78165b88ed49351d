"""Laws of written numbers: what is written is read again, any text is answered, and no order of cells matters."""

import json
import math

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from mixtura.columns.written.around import Around
from mixtura.columns.written.numerals import Numerals
from mixtura.columns.written.writing import Writing, writing_of

SEPARATORS = {".": ["", ",", " ", "\xa0", "\u2009", "'", "’", "_"], ",": ["", ".", " ", "\xa0", "\u202f", "'"]}
SIGNS = [("-", "", ""), ("−", "", ""), ("", "-", ""), ("(", "", ")"), ("", "(", ")"), ("", "", "-")]
UNITS = [
    " kg",
    "kg",
    "%",
    " %",
    "°C",
    " km/h",
    " m²",
    " m2",
    " sq. ft.",
    " years",
    "x",
    " €",
    " USD",
    "'",
    '"',
    "s",
    " e",
]
MULTIPLES = [
    (),
    (("M", 1e6), ("k", 1e3)),
    (("B", 1e9), ("M", 1e6)),
    ((" Mio.", 1e6),),
    ((" crore", 1e7), (" lakh", 1e5)),
]
MEASURES = [((" GB", 1e9), (" MB", 1e6)), (("kg", 1e3), ("g", 1.0), ("mg", 1e-3))]


@st.composite
def numerals(draw):
    decimal = draw(st.sampled_from(".,"))
    group = draw(st.sampled_from(SEPARATORS[decimal]))
    decimals = draw(st.sets(st.integers(0, 12), min_size=1).map(lambda counts: tuple(sorted(counts))))
    return Numerals(decimal, group, group == "," and draw(st.booleans()), decimals)


@st.composite
def surroundings(draw):
    kind = draw(st.sampled_from(["currency", "unit", "multiples", "measures", "bare"]))
    plus = draw(st.booleans())
    fields = {
        "about": draw(st.sampled_from(["", "~"])),
        "prefix": draw(st.sampled_from(["$", "€ ", "US$", "CHF ", "Rs.", "₹ "])) if kind == "currency" else "",
        "suffix": draw(st.sampled_from(UNITS)) if kind == "unit" else "",
        "one": " year" if kind == "unit" and draw(st.booleans()) else "",
        "multiples": draw(st.sampled_from(MEASURES if kind == "measures" else MULTIPLES)) if kind[0] in "mc" else (),
        "bare": kind != "measures",
        "plus": plus,
        "plus_written": plus and draw(st.booleans()),
        "negative": draw(st.sampled_from(SIGNS)),
    }
    return Around(**fields)


VALUES = st.floats(-1e18, 1e18, allow_subnormal=False) | st.integers(-(10**6), 10**6).map(float)


@given(numerals(), surroundings(), VALUES)
def test_what_is_written_is_read_as_near_as_the_decimals_tell(digits, around, value):
    found = Writing(digits, around)
    text = found.written(value)
    read, fits = found.parse(pa.array([text]))
    assert fits.all(), text
    factors = [factor for _, factor in around.multiples if factor <= abs(value)]
    factor = max(factors, default=1.0 if around.bare else min((f for _, f in around.multiples), default=1.0))
    half = 0.5 * 10.0 ** -digits.decimals[-1] * factor
    # What the column's decimals would write as 0 has two digits, and very long numbers have six.
    assert math.isclose(read[0], value, rel_tol=0.06 if abs(value) < half else 6e-6, abs_tol=1.01 * half), text


@given(numerals(), surroundings())
def test_any_writing_goes_through_json(digits, around):
    found = Writing(digits, around)
    assert Writing.from_settings(json.loads(json.dumps(found.settings()))) == found


@given(numerals(), surroundings(), st.lists(st.none() | st.text()))
def test_any_text_is_answered(digits, around, cells):
    values, fits = Writing(digits, around).parse(pa.array(cells, pa.string()))
    assert len(values) == len(fits) == len(cells)
    assert np.isfinite(values[fits]).all()
    assert np.isnan(values[~fits]).all()


NEARLY_NUMBERS = st.text("0123456789.,'- −+()$€%kMKmg/~:eE\xa0\n", max_size=12)
ANY = st.text() | st.text(st.characters(categories=["Cs"]), max_size=2)
FORMS = st.sampled_from(["{}", "{}", "{:,}", "-{}", "({})", "{}+", "{}k", "{}M", "1{}st", "{:.2f}", "{:e}", "~{}"])


@st.composite
def columns(draw):
    """Mostly numbers in one form or a few, with one prefix and suffix, and other texts among them."""
    prefix, suffix = (
        draw(st.sampled_from(["", "", "$", "USD ", "Rs."])),
        draw(st.sampled_from(["", "", " kg", "%", " €"])),
    )
    forms = draw(st.lists(FORMS, min_size=1, max_size=2))
    numbers = draw(st.lists(st.integers(0, 10**7) | st.floats(0, 1e12), min_size=1, max_size=30))
    texts = [prefix + draw(st.sampled_from(forms)).format(number) + suffix for number in numbers]
    return dict.fromkeys(texts, 10) | draw(st.dictionaries(NEARLY_NUMBERS | ANY, st.integers(1, 9), max_size=3))


@given(columns() | st.dictionaries(NEARLY_NUMBERS | ANY, st.integers(1, 1000), max_size=20))
def test_a_writing_reads_nine_cells_in_ten(examples):
    found = writing_of(examples)
    if found is None:
        return
    values, fits = found.parse(pa.array([text.encode("utf-8", "replace").decode() for text in examples]))
    assert sum(n for n, fit in zip(examples.values(), fits, strict=True) if fit) >= 0.9 * sum(examples.values())
    assert found.told
    for value in values[fits]:
        again, read = found.parse(pa.array([found.written(value)]))
        assert read.all(), found.written(value)
        factors = [factor for _, factor in found.around.multiples if factor <= abs(value)]
        half = 0.5 * 10.0 ** -found.numerals.decimals[-1] * max(factors, default=1.0)
        near = 0.06 if abs(value) < half else 6e-6
        assert math.isclose(again[0], value, rel_tol=near, abs_tol=1.01 * half), (value, found.written(value))


@given(
    st.lists(
        st.sampled_from(["$5", "$1,234.50", "5 kg", "12", "1.234", "3M", "2k", "7 years", "(4)", "x"]), unique=True
    )
)
def test_the_order_of_cells_does_not_matter(cells):
    assert writing_of(dict.fromkeys(cells, 1)) == writing_of(dict.fromkeys(reversed(cells), 1))


AMOUNTS = st.lists(st.integers(-(10**9), 10**9), min_size=3, max_size=30, unique=True).filter(
    lambda cents: sum(abs(n) >= 100_000 for n in cents) > 1
)


@given(
    AMOUNTS, st.sampled_from(["{}", "${}", "{} €", "{} kg", "CHF {}", "{}%"]), st.sampled_from([",.", ".,", " ,", "'."])
)
def test_amounts_in_any_format_are_read(cents, template, marks):
    cells = [
        ("-" if n < 0 else "") + template.format(f"{abs(n) / 100:,.2f}".translate(str.maketrans(",.", marks)))
        for n in cents
    ]
    values, fits = writing_of(dict.fromkeys(cells, 1)).parse(pa.array(cells))
    assert fits.all()
    np.testing.assert_allclose(values, np.array(cents) / 100)
