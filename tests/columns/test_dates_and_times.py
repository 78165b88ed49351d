import csv
import json
from datetime import UTC, date, datetime, time, timedelta
from functools import cache

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixtura.columns.kinds.moments import Date, Duration, Time, moment_of_integers, moment_of_text, moment_of_type
from moment_examples import DATES, DURATIONS, NO_MOMENTS, TIMES
from requirements import SHARED, needs_shared

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@cache
def kind_of(cells):
    return moment_of_text(dict.fromkeys(cells, 1))


def found_in(cells):
    return kind_of(tuple(cells))


@pytest.mark.parametrize(
    ("cells", "numbers", "told", "spoken"), DATES + TIMES + DURATIONS, ids=lambda part: str(part)[:40]
)
def test_a_column_is_read_and_written_as_people_do(cells, numbers, told, spoken):
    kind = found_in(cells)
    assert kind.told == told
    decoded = kind.decode(pa.array(cells))
    np.testing.assert_allclose(decoded.values, numbers, rtol=0, atol=1e-9)
    assert not len(decoded.strays)
    assert [kind.speak(value) for value in decoded.values] == (spoken or cells)


@pytest.mark.parametrize("name", NO_MOMENTS)
def test_no_moment_is_seen_in_other_columns(name):
    assert found_in(NO_MOMENTS[name]) is None


@pytest.mark.parametrize(("table", "kind"), [(DATES, Date), (TIMES, Time), (DURATIONS, Duration)])
def test_a_kind_survives_json(table, kind):
    for cells, *_ in table:
        found = found_in(cells)
        assert type(found) is kind
        assert kind.from_settings(json.loads(json.dumps(found.settings()))) == found


@pytest.mark.parametrize("cells", [cells for cells, *_ in DATES], ids=lambda cells: cells[0])
@settings(max_examples=20)
@given(when=st.datetimes(datetime(1970, 1, 1), datetime(2060, 1, 1)))
def test_what_is_spoken_of_a_date_is_read_as_the_same(cells, when):
    kind = found_in(cells)
    value = (when.replace(tzinfo=UTC) - EPOCH) / timedelta(days=1)
    spoken = kind.speak(value)
    back = kind.decode(pa.array([spoken])).values[0]
    assert kind.speak(back) == spoken
    # The nearest day, or the quarter of a year that it is in.
    assert abs(back - value) <= (0.5 + 1e-9 if "{d" in kind.template else 92)


@pytest.mark.parametrize("cells", [cells for cells, *_ in TIMES], ids=lambda cells: cells[0])
@settings(max_examples=20)
@given(value=st.floats(0, 86_399))
def test_what_is_spoken_of_a_time_is_read_as_the_same(cells, value):
    kind = found_in(cells)
    spoken = kind.speak(value)
    back = kind.decode(pa.array([spoken])).values[0]
    assert kind.speak(back) == spoken
    assert abs(back - value) % 86_400 <= 1800 or abs(back - value) >= 86_400 - 1800  # 11:40 PM is nearest to 12 AM


@pytest.mark.parametrize("cells", [cells for cells, *_ in DURATIONS], ids=lambda cells: cells[0])
@settings(max_examples=20)
@given(value=st.floats(0, 1e8))
def test_what_is_spoken_of_a_duration_is_read_as_the_same(cells, value):
    kind = found_in(cells)
    spoken = kind.speak(value)
    back = kind.decode(pa.array([spoken])).values[0]
    assert kind.speak(back) == spoken
    assert abs(back - value) <= 2_629_746 / 2


PYTHON_FORMATS = [
    *("%Y-%m-%d", "%d.%m.%Y", "%m/%d/%Y", "%d-%b-%Y", "%B %d, %Y", "%A, %d %B %Y", "%Y%m%d", "%d %b %y", "%G-W%V-%u"),
    *("%Y-%m-%dT%H:%M:%S.%f", "%m/%d/%Y %I:%M:%S %p", "%d.%m.%y %H:%M", "%c", "%Y-%m-%dT%H:%M:%S%z", "%Y-%jT%H:%M"),
]


@pytest.mark.parametrize("form", PYTHON_FORMATS)
def test_days_are_those_of_python(form):
    random = np.random.default_rng(0)
    seconds = random.integers(0, 3_000_000_000, 300) + random.integers(0, 1_000_000, 300) / 1e6
    texts = [(EPOCH + timedelta(seconds=each)).strftime(form) for each in seconds]
    expected = [datetime.strptime(text, form).replace(tzinfo=UTC) for text in texts]
    decoded = found_in(texts).decode(pa.array(texts))
    np.testing.assert_allclose(
        decoded.values, [(when - EPOCH) / timedelta(days=1) for when in expected], rtol=0, atol=5e-12
    )


def test_strays_are_cells_that_are_there_and_no_dates():
    cells = pa.array(
        ["2024-01-28", "n.d.", None, "2024-02-30", "2024-04-31", "", "2024-01-29", "x" * 1000, "2024-01-28"]
    )
    kind = found_in(["2024-01-28"])
    decoded = kind.decode(cells)
    assert decoded.strays.tolist() == [1, 3, 4, 7]
    np.testing.assert_array_equal(np.flatnonzero(~np.isnan(decoded.values)), [0, 6, 8])


@pytest.mark.parametrize(
    "cells",
    [
        pa.chunked_array([["2024-01-28"], [], ["2024-01-29", None]]),
        pa.array(["1", "2024-01-28", "2024-01-29", None])[1:],
        pa.array(["2024-01-28", "2024-01-29", None], pa.large_string()),
        pa.array(["2024-01-28", "2024-01-29", None], pa.string_view()),
        pa.array(["2024-01-28", "2024-01-29", None]).dictionary_encode(),
        pa.array([date(2024, 1, 28), date(2024, 1, 29), None]),
        pa.array([date(2024, 1, 28), date(2024, 1, 29), None], pa.date64()),
        *(
            pa.array([date(2024, 1, 28), date(2024, 1, 29), None]).cast(pa.timestamp(unit))
            for unit in ("s", "ms", "us", "ns")
        ),
        pa.array([20240128, 20240129, None]),
        pa.array([20240128, 20240129, None], pa.uint32()),
        pa.array([20240128.0, 20240129.0, None]),
    ],
    ids=lambda cells: f"{type(cells).__name__} {cells.type}",
)
def test_cells_of_any_type_are_read(cells):
    decoded = Date(("{yyyy}-{m}-{d}", "{yyyy}{mm}{dd}")).decode(cells)
    np.testing.assert_array_equal(decoded.values, [19_750, 19_751, np.nan])
    assert not len(decoded.strays)


@pytest.mark.parametrize("cells", [pa.array([], pa.string()), pa.chunked_array([], pa.string()), pa.nulls(0)])
def test_no_cells_are_no_numbers(cells):
    assert len(Date().decode(cells).values) == 0


def test_times_before_all_nanoseconds_do_not_overflow():
    cells = pa.array(["0001-01-01", "9999-12-31"])
    np.testing.assert_array_equal(Date().decode(cells).values, [-719_162, 2_932_896])
    np.testing.assert_array_equal(Date().decode(cells.cast(pa.timestamp("s"))).values, [-719_162, 2_932_896])


ZONED = pa.timestamp("ms", "Europe/Berlin")
TYPED = [
    (pa.array([date(2024, 1, 28)]), 19_750.0, "date", "2024-01-28"),
    (
        pa.array([datetime(2024, 1, 28, 12, 0, 1)], pa.timestamp("s")),
        19_750.5 + 1 / 86_400,
        "date and time",
        "2024-01-28 12:00:01",
    ),
    (pa.array([datetime(2024, 1, 28, 12, tzinfo=UTC)], ZONED), 19_750.5, "date and time", "2024-01-28 12:00:00Z"),
    (pa.array([time(10, 20, 30, 500_000)]), 37_230.5, "time of day", "10:20:30.5"),
    (pa.array([time(10, 20, 30)], pa.time32("s")), 37_230.0, "time of day", "10:20:30"),
    (pa.array([timedelta(hours=26, seconds=0.5)]), 93_600.5, "duration", "26:00:00.5"),
    (pa.array([(0, 1, 10**9)], pa.month_day_nano_interval()), 86_401.0, "duration", "24:00:01"),
]


@pytest.mark.parametrize(("cells", "value", "told", "spoken"), TYPED, ids=lambda part: str(part)[:30])
def test_a_type_tells_the_kind(cells, value, told, spoken):
    kind = moment_of_type(cells.type)
    assert kind.told == told
    assert kind.decode(cells).values.tolist() == pytest.approx([value], abs=1e-11)
    assert kind.speak(value) == spoken
    assert kind.decode(pa.array([spoken])).values.tolist() == pytest.approx([value], abs=1e-11)


@pytest.mark.parametrize("other", [pa.int64(), pa.string(), pa.float64(), pa.bool_(), pa.list_(pa.int8())])
def test_other_types_are_of_no_kind(other):
    assert moment_of_type(other) is None


def test_integers_that_are_all_dates_are_dates():
    every = [int((date(2020, 1, 1) + timedelta(days=day)).strftime("%Y%m%d")) for day in range(400)]
    kind = moment_of_integers(dict.fromkeys(every, 2))
    assert kind.told == "date (20240128)"
    np.testing.assert_array_equal(kind.decode(pa.array(every)).values, 18_262 + np.arange(400))
    assert kind.speak(19_750) == "20240128"
    # What stands for "none" does not make them numbers.
    assert moment_of_integers(dict.fromkeys([*every, 0, 99_991_231], 1)) == kind


@pytest.mark.parametrize(("unit", "told"), [(1, "Unix seconds"), (1000, "Unix milliseconds")])
def test_integers_that_are_clearly_unix_time_are_dates(unit, told):
    stamps = (1_700_000_000 * unit + np.random.default_rng(1).integers(0, 10**7 * unit, 100)).tolist()
    kind = moment_of_integers(dict.fromkeys(stamps, 1))
    assert kind.told == f"date and time ({told})"
    decoded = kind.decode(pa.array(stamps)).values
    np.testing.assert_allclose(decoded, np.array(stamps) / unit / 86_400, rtol=0, atol=1e-11)
    assert [kind.speak(value) for value in decoded] == [str(stamp) for stamp in stamps]


RANDOM = np.random.default_rng(2)
NUMBERS = {
    "row numbers": range(20_240_101, 20_240_301),
    "a few": [20_240_128],
    "amounts": RANDOM.integers(19_000_000, 21_000_000, 1000).tolist(),
    "ids of eight digits": RANDOM.integers(10**7, 10**8, 1000).tolist(),
    "ids of ten digits": RANDOM.integers(10**9, 10**10, 1000).tolist(),
    "ids of ten digits that start with 1": RANDOM.integers(10**9, 2 * 10**9, 1000).tolist(),
    "running ids of ten digits": range(1_500_000_000, 1_500_001_000),
    "American phone numbers": RANDOM.integers(2_010_000_000, 9_899_999_999, 1000).tolist(),
    "amounts in thousands": (RANDOM.integers(1_200_000, 1_600_000, 1000) * 1000).tolist(),
    "bar codes": RANDOM.integers(4 * 10**12, 5 * 10**12, 1000).tolist(),
    "ids of thirteen digits": RANDOM.integers(10**12, 10**13, 1000).tolist(),
    "years": range(1950, 2024),
    "huge": [10**30, -(10**30), 5],
    "negative": [-20_240_128, -20_240_129, -20_240_130],
    "zero": [0],
    "months": [202_401, 202_402, 202_403],
}


@pytest.mark.parametrize("name", NUMBERS)
def test_ids_and_amounts_are_no_dates(name):
    assert moment_of_integers(dict.fromkeys(NUMBERS[name], 1)) is None


@given(st.dictionaries(st.text(max_size=80) | st.text("0123456789-/:. TZhmsPapJn+", max_size=40), st.integers(1, 9)))
def test_no_text_is_refused(examples):
    kind = moment_of_text(examples)
    texts = pa.array([text.encode(errors="replace").decode() for text in examples], pa.string())
    for each in (
        kind or Date(),
        Date(),
        Time(),
        Duration(),
        Duration("units", ("{H}h",)),
        Duration("iso", ("PT{S}S",)),
    ):
        decoded = each.decode(texts)
        assert len(decoded.values) == len(texts)
        assert all(isinstance(each.speak(value), str) for value in decoded.values)


@pytest.mark.parametrize("kind", [Date(), Time(), Duration()])
def test_any_number_can_be_spoken(kind):
    assert kind.speak(np.nan) == ""
    assert all(kind.speak(value) for value in (np.inf, -np.inf, 1e300, -1e300, 0.0, -0.5, np.float64(3)))


def test_free_text_is_left_at_once_and_long_columns_are_sampled():
    every = {f"2024-01-28 10:{second // 60 % 60:02}:{second % 60:02}.{second:05}": 1 for second in range(65_536)}
    assert moment_of_text(every).told == "date and time"
    assert moment_of_text({f"note {number}": 1 for number in range(65_536)}) is None


def test_a_share_of_cells_decides_not_of_texts():
    assert moment_of_text({"2024-01-28": 90, "n.d.": 5, "later": 5}).told == "date"
    assert moment_of_text({"2024-01-28": 1, "2024-01-29": 1, "later": 5}) is None


@needs_shared("real")
@pytest.mark.parametrize(
    ("file", "told"),
    [
        ("taxis.csv", {"pickup": "date and time", "dropoff": "date and time"}),
        ("AirQualityUCI.csv", {"Date": "date (28/01/2024)", "Time": "time of day"}),
        ("spotify-2023.csv", {}),
        ("biopics.csv", {}),
        ("googleplaystore.csv", {"Last Updated": "date (January 28, 2024)"}),
    ],
)
def test_in_real_tables_dates_are_found_and_nothing_else(file, told):
    with (SHARED / "real" / file).open(encoding="latin-1", newline="") as lines:
        rows = [*csv.DictReader(lines)]
    seen = {}
    for column in rows[0]:
        examples = {}
        for row in rows:
            if row[column] not in ("", "NA", "-", None):
                examples[row[column]] = examples.get(row[column], 0) + 1
        kind = moment_of_text(examples)
        if kind:
            seen[column] = kind.told
    assert seen == told
