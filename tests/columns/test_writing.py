"""Numbers as people write them are read, told and written again."""

import json
import math

import numpy as np
import pyarrow as pa
import pytest

from mixtura.columns.written.writing import Writing, writing_of

NUMBERS = "numbers with "
THOUSANDS = NUMBERS + "thousands separators"
COMMAS = NUMBERS + "decimal commas"

# Cells, their numbers, what is told of the column, a further number and how it is written.
COLUMNS = [
    # money
    (["$1,234.50", "$5.00", "$0.99"], [1234.5, 5, 0.99], "currency ($)", 98765.4321, "$98,765.43"),
    (["1 234,50 €", "2,50 €"], [1234.5, 2.5], "currency (€)", 98765.4321, "98 765,43 €"),
    (["1\xa0234,50\xa0€", "2,50\xa0€"], [1234.5, 2.5], "currency (€)", 98765.4, "98\xa0765,40\xa0€"),
    (["1\u202f234,50 €", "2,50 €"], [1234.5, 2.5], "currency (€)", 98765.4, "98\u202f765,40 €"),
    (["1\u2009234,50 €", "2,50 €"], [1234.5, 2.5], "currency (€)", 98765.4, "98\u2009765,40 €"),
    (["1.234,56 €", "99,00 €"], [1234.56, 99], "currency (€)", 2e6, "2.000.000,00 €"),
    (["1.234 €", "950 €", "12.500 €"], [1234, 950, 12500], "currency (€)", 7654.3, "7.654 €"),
    (["€1.459", "€1.379"], [1.459, 1.379], "currency (€)", 1.5, "€1.500"),
    (["-$5", "$7", "$12"], [-5, 7, 12], "currency ($)", -3, "-$3"),
    (["$-5", "$7", "$12"], [-5, 7, 12], "currency ($)", -3, "$-3"),
    (["($1,200)", "$800", "$50"], [-1200, 800, 50], "currency ($)", -4321, "($4,321)"),
    (["$(1,200)", "$800", "$50"], [-1200, 800, 50], "currency ($)", -4321, "$(4,321)"),
    (["USD 5", "USD 7"], [5, 7], "currency (USD)", 6, "USD 6"),
    (["5 USD", "7 USD"], [5, 7], "currency (USD)", 6, "6 USD"),
    (["US$ 5", "US$ 7"], [5, 7], "currency (US$)", 6, "US$ 6"),
    (["R$ 1.234,56", "R$ 5,00"], [1234.56, 5], "currency (R$)", 6, "R$ 6,00"),
    (["£5", "£6.50"], [5, 6.5], "currency (£)", 7.5, "£7.50"),
    (["₹ 1,00,000", "₹ 20,000", "₹ 500"], [100000, 20000, 500], "currency (₹)", 12345678, "₹ 1,23,45,678"),
    (["¥1,000", "¥250"], [1000, 250], "currency (¥)", 5000, "¥5,000"),
    (["CHF 1'234.50", "CHF 20.00"], [1234.5, 20], "currency (CHF)", -2000, "CHF -2'000.00"),
    (["Rs.500", "Rs.1,200"], [500, 1200], "currency (Rs.)", 600, "Rs.600"),
    (["0", "0", "0", "0", "$4.99", "$0.99"], [0, 0, 0, 0, 4.99, 0.99], "currency ($)", 2.5, "$2.50"),
    (["$56.7M", "$537K", "$1.13M"], [56.7e6, 537e3, 1.13e6], "currency ($) in M and K", 2.5e6, "$2.5M"),
    (["$1.2bn", "$3bn"], [1.2e9, 3e9], "currency ($) in bn", 2e9, "$2bn"),
    (["£3m", "£12m"], [3e6, 12e6], "currency (£) in m", 5e6, "£5m"),
    (["5 Mio. €", "7,5 Mio. €"], [5e6, 7.5e6], "currency (€) in Mio.", 6e6, "6 Mio. €"),
    (["$3 million", "$1.5 billion"], [3e6, 1.5e9], "currency ($) in billion and million", 2e6, "$2 million"),
    (["₹45 Lakh", "₹1.2 Cr"], [45e5, 1.2e7], "currency (₹) in Cr and Lakh", 5e5, "₹5 Lakh"),
    (["Fr. 5.-", "Fr. 1'200.50"], [5, 1200.5], "currency (Fr.)", 60, "Fr. 60"),
    (["5,- €", "7,50 €"], [5, 7.5], "currency (€)", 6.5, "6,50 €"),
    (["$5/hr", "$15.50/hr"], [5, 15.5], "currency ($)", 7.5, "$7.50/hr"),
    (["$1.2M USD", "$300K USD"], [1.2e6, 300e3], "currency ($) in M and K", 2e6, "$2M USD"),
    # separators and signs alone
    (["1.234,50", "2,00"], [1234.5, 2], NUMBERS + "thousands separators and decimal commas", 9876.5, "9.876,50"),
    (["1'234.50", "5.00"], [1234.5, 5], THOUSANDS, 9876.5, "9'876.50"),
    (["1’234", "950"], [1234, 950], THOUSANDS, 9876, "9’876"),
    (["1,234", "950", "12,345,678"], [1234, 950, 12345678], THOUSANDS, 9876.5, "9,876"),
    (["1 234", "950", "12 345 678"], [1234, 950, 12345678], THOUSANDS, 9876, "9 876"),
    (["1.234.567", "12.500", "950"], [1234567, 12500, 950], THOUSANDS, 9876, "9.876"),
    (["1,234", "5,678"], [1234, 5678], THOUSANDS, 9876, "9,876"),
    (["1,234", "0,123", "5,678"], [1.234, 0.123, 5.678], COMMAS, 9.876, "9,876"),
    (["1,23", "4,5", "7"], [1.23, 4.5, 7], COMMAS, 9.876, "9,88"),
    (["1,00,000", "50,000", "12,34,567"], [100000, 50000, 1234567], THOUSANDS, 7654321, "76,54,321"),
    (["(5.00)", "7.25", "1.00"], [-5, 7.25, 1], NUMBERS + "parentheses for minus", -2.5, "(2.50)"),
    (["5-", "7", "12"], [-5, 7, 12], NUMBERS + "the minus behind", -3, "3-"),
    (["−5", "7", "12"], [-5, 7, 12], NUMBERS + "signs", -3, "−3"),
    (["~5", "~70"], [5, 70], NUMBERS + "signs", 6, "~6"),
    (["10,000+", "500+", "0"], [10000, 500, 0], NUMBERS + "thousands separators and a + behind", 5000, "5,000+"),
    (["0", "1", "2", "3+"], [0, 1, 2, 3], NUMBERS + "signs", 2, "2"),
    # percent
    (["12%", "3.5%"], [12, 3.5], "percent", 7.25, "7.2%"),
    (["12 %", "3,5 %"], [12, 3.5], "percent", 7.2, "7,2 %"),
    (["+12.5%", "-3.0%", "0.1%"], [12.5, -3, 0.1], "percent", -1, "-1.0%"),
    (["(12.5%)", "3.0%"], [-12.5, 3], "percent", -1, "(1.0%)"),
    # units
    (["12 kg", "7.5 kg"], [12, 7.5], NUMBERS + "the unit kg", 8, "8 kg"),
    (["12kg", "7kg", "8 KG"], [12, 7, 8], NUMBERS + "the unit kg", 9, "9kg"),
    (["5.2 ft", "6.0 ft"], [5.2, 6], NUMBERS + "the unit ft", 5.75, "5.8 ft"),
    (["30°C", "-4°C"], [30, -4], NUMBERS + "the unit °C", 12, "12°C"),
    (["98.6 °F", "99.1 °F"], [98.6, 99.1], NUMBERS + "the unit °F", 100, "100.0 °F"),
    (["100 km/h", "90 km/h"], [100, 90], NUMBERS + "the unit km/h", 95, "95 km/h"),
    (["1.5e3 kg", "2 kg"], [1500, 2], NUMBERS + "the unit kg", 7, "7 kg"),
    (["7 years", "1 year", "12 years"], [7, 1, 12], NUMBERS + "the unit years", 1, "1 year"),
    (["3 children", "1 child", "2 children"], [3, 1, 2], NUMBERS + "the unit children", 4, "4 children"),
    (["5 stars", "4 stars"], [5, 4], NUMBERS + "the unit stars", 3, "3 stars"),
    (["90 min", "120 min"], [90, 120], NUMBERS + "the unit min", 100, "100 min"),
    (["5m", "12m"], [5, 12], NUMBERS + "the unit m", 7, "7m"),
    (["120 m²", "85 m²"], [120, 85], NUMBERS + "the unit m²", 90, "90 m²"),
    (["120 m2", "85 m2"], [120, 85], NUMBERS + "the unit m2", 90, "90 m2"),
    (["1,200 sq. ft.", "950 sq. ft."], [1200, 950], NUMBERS + "the unit sq. ft.", 1000, "1,000 sq. ft."),
    (['12"', '7.5"'], [12, 7.5], NUMBERS + 'the unit "', 8, '8"'),
    (["12 mg/dL", "7 mg/dL"], [12, 7], NUMBERS + "the unit mg/dL", 8, "8 mg/dL"),
    (["2.5x", "3x"], [2.5, 3], NUMBERS + "the unit x", 4, "4x"),
    (["5 people", "1 person"], [5, 1], NUMBERS + "the unit people", 3, "3 people"),
    (["5 €/kg", "7,5 €/kg"], [5, 7.5], NUMBERS + "the unit €/kg", 8, "8 €/kg"),
    (["30-day", "60-day"], [30, 60], NUMBERS + "the unit day", 90, "90-day"),
    (["10+ years", "3 years", "1 year"], [10, 3, 1], NUMBERS + "the unit years", 4, "4 years"),
    (["10,000+ installs", "500+ installs"], [10000, 500], NUMBERS + "the unit installs", 1000, "1,000+ installs"),
    # multiples
    (["19M", "8.7M", "201k"], [19e6, 8.7e6, 201e3], "sizes in M and k", 3.25e6, "3.2M"),
    (["1.2B", "3.4B"], [1.2e9, 3.4e9], "sizes in B", 2e9, "2.0B"),
    (["950", "1.2k", "33k"], [950, 1200, 33000], "sizes in k", 4000, "4k"),
    (["5m", "3k", "12m"], [5e6, 3e3, 12e6], "sizes in m and k", 7e6, "7m"),
    (["10K+", "1M+", "500+"], [1e4, 1e6, 500], "sizes in M and K", 2e6, "2M+"),
    (["500 MB", "1.5 GB"], [5e8, 1.5e9], "sizes in GB and MB", 2e9, "2 GB"),
    (["512 KiB", "2 MiB"], [2.0**19, 2.0**21], "sizes in MiB and KiB", 2.0**20, "1 MiB"),
    (["800 m", "1.5 km"], [800, 1500], "sizes in km and m", 2000, "2 km"),
    (["300 g", "1.2 kg"], [300, 1200], "sizes in kg and g", 50, "50 g"),
    (["3 million", "250 thousand"], [3e6, 250e3], "sizes in million and thousand", 2e6, "2 million"),
    (["2 millions", "1 million", "500 millions"], [2e6, 1e6, 5e8], "sizes in millions", 3e6, "3 millions"),
    (["5M", "3m", "20k", "7M"], [5e6, 3e6, 2e4, 7e6], "sizes in M and k", 2e6, "2M"),
    (["500 MB", "0", "1.5 GB"], [5e8, 0, 1.5e9], "sizes in GB and MB", 2e9, "2 GB"),
    # ordinal numbers
    (["1st", "2nd", "3rd", "4th", "11th", "112th"], [1, 2, 3, 4, 11, 112], "ordinal numbers", 21.6, "22nd"),
]

NO_NUMBERS = {
    "dates": ["2024-01-05", "2024-02-07"],
    "dates with dots": ["01.02.2024", "15.12.2023"],
    "dates in words": ["Jan 5, 2018", "Feb 7, 2018"],
    "days": ["5 May", "12 May"],
    "times": ["12:30", "13:45"],
    "times of day": ["5 pm", "7 pm"],
    "versions": ["1.2.3", "1.2.4", "2.0.1"],
    "versions and up": ["4.0.3 and up", "2.3 and up"],
    "telephone numbers": ["555-1234", "555-9876"],
    "telephone numbers in groups": ["555 123 456", "612 345 678", "699 000 111"],
    "international telephone numbers": ["+49 555 123 456", "+49 555 123 457"],
    "French telephone numbers": ["01 23 45 67 89", "01 98 76 54 32"],
    "American telephone numbers": ["(555) 123-4567", "(555) 987-6543"],
    "ZIP codes": ["12345-6789", "12345-1111"],
    "addresses in networks": ["192.168.0.1", "10.0.0.1"],
    "long addresses in networks": ["192.168.100.200", "192.168.100.201"],
    "ranges": ["5-10", "11-20"],
    "ranges in words": ["5 to 10", "11 to 20"],
    "open ranges": ["1935-", "1940-"],
    "open ranges and more": ["18-", "25+", "25+"],
    "fractions": ["1/2", "3/4"],
    "points": ["7/10", "9/10"],
    "ids": ["AB-12", "AB-13"],
    "ids without dash": ["A12", "A13"],
    "ids after a currency-like word": ["rs10907175", "rs3813199"],
    "quarters": ["Q1", "Q2"],
    "rooms": ["Room 12", "Room 14"],
    "grades": ["Grade 5", "Grade 6"],
    "samples": ["Sample 7", "Sample 8"],
    "bounds": ["<5", ">6"],
    "ranks": ["#1", "#2"],
    "house numbers": ["12A", "14B", "7C"],
    "house numbers, most without letter": ["12", "14B", "7", "9A", "8", "20"],
    "durations": ["2h 30min", "1h 5min"],
    "different units": ["5 kg", "7 lb"],
    "different currencies": ["$5", "€7"],
    "minutes and seasons": ["90 min", "2 Seasons", "1 Season", "100 min"],
    "measures": ["5'11\"", "6'2\""],
    "sizes": ["3x4", "5x6"],
    "years in parentheses": ["(1999)", "(2004)"],
    "streets": ["12 Main Street", "7 Oak Avenue"],
    "coordinates": ["12.5, 13.5", "1.5, 3.5"],
    "lists": ["1,2,3", "4,5,6"],
    "vulgar fractions": ["3½", "4½"],
    "powers": ["5²", "6²"],
    "numbered points": ["1)", "2)"],
    "words": ["yes", "no"],
    "no text": ["", " "],
    "digits too many": ["1" * 400 + " kg", "2" * 400 + " kg"],
    "plain numbers": ["1", "2.5", "-3e5", "+4", ".5"],
    "one in ten too few": ["$5", "$6", "$7", "word", "other"],
    "no cells": [],
}


def writing(cells):
    return writing_of(dict.fromkeys(cells, 1))


@pytest.mark.parametrize(("cells", "values", "told", "value", "text"), COLUMNS, ids=[repr(c[0][:2]) for c in COLUMNS])
def test_columns_are_read_told_and_written(cells, values, told, value, text):
    found = writing(cells)
    assert found.told == told
    read, fits = found.parse(pa.array(cells))
    np.testing.assert_allclose(read, values, rtol=1e-15)
    assert fits.all()
    assert found.written(value) == text


@pytest.mark.parametrize("cells", NO_NUMBERS.values(), ids=NO_NUMBERS)
def test_what_is_no_number_has_no_writing(cells):
    assert writing(cells) is None


@pytest.mark.parametrize("cells", [column[0] for column in COLUMNS], ids=[repr(c[0][:2]) for c in COLUMNS])
def test_settings_go_through_json(cells):
    found = writing(cells)
    assert Writing.from_settings(json.loads(json.dumps(found.settings()))) == found


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()])
def test_what_is_missing_and_what_is_no_number_does_not_fit(kind):
    cells = pa.array([None, "$5", "", "call us", "$9" + "9" * 400, "€5", "$1,2,3", "--$5", "($5", "$", " $7 "], kind)
    values, fits = writing(["$1,234.50", "$5.00"]).parse(cells)
    assert fits.tolist() == [False, True, *[False] * 8, True]
    np.testing.assert_array_equal(values, [math.nan, 5, *[math.nan] * 8, 7])


def test_a_writing_of_nine_cells_in_ten_is_enough():
    cells = {"$5": 50, "$6.25": 40, "on request": 10}
    assert writing_of(cells).told == "currency ($)"
    assert writing_of(cells | {"on request": 11}) is None


def test_plain_numbers_are_read_among_written_ones():
    values, fits = writing(["950", "1,234", "12.5"]).parse(pa.array(["1234567", "1e3", "1,234.5"]))
    assert fits.all()
    assert values.tolist() == [1234567, 1000, 1234.5]


def test_letters_not_seen_before_multiply_too():
    values, _ = writing(["19M", "8.7M", "201k"]).parse(pa.array(["1.5B", "3K", "12"]))
    assert values.tolist() == [1.5e9, 3e3, 12]


def test_one_slip_in_a_thousand_leaves_the_separators():
    cells = {f"{number},{number}": 1 for number in range(100, 999)} | {"1,23": 1}
    values, fits = writing_of(cells).parse(pa.array(["101,101", "1,23"]))
    assert values[0] == 101101
    assert fits.tolist() == [True, False]


def test_a_plus_that_hardly_any_number_has_does_not_fit():
    cells = {f"{number}k": 1 for number in range(200)} | {"1,000+": 1}
    assert writing_of(cells).parse(pa.array(["7k", "1,000+"]))[1].tolist() == [True, False]


def test_numbers_with_commas_among_many_whole_numbers_are_lists():
    assert writing_of({str(number): 1 for number in range(50)} | {"4,6": 1}) is None


def test_what_is_not_0_is_not_written_as_0():
    assert writing(["$5", "$7"]).written(0.00123) == "$0.0012"


def test_numbers_too_long_to_read_are_written_with_powers_of_ten():
    found = writing(["1.234,5 kg", "2,5 kg"])
    assert found.written(1.25e20) == "1,25e+20 kg"
    assert found.parse(pa.array(["1,25e+20 kg"]))[0].tolist() == [1.25e20]
