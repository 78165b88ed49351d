"""Dates with names of months and weekdays in several languages: read as the days that they are, and written alike."""

import datetime

import numpy as np
import pyarrow as pa
import pytest
from babel.dates import format_date, get_month_names

from mixtura.columns.dates.calendar_names import month_number
from mixtura.columns.dates.date_finding import find_dates
from mixtura.columns.dates.sampled_texts import evidence_of
from mixtura.columns.kinds.moments import Date, moment_of_text

LANGUAGES = ("en", "de", "fr", "es", "it", "pt", "nl", "sv", "da", "nb", "pl", "cs", "ru", "uk", "fi")
DAYS = [datetime.date(2024, 1, 2) + datetime.timedelta(days=29 * step) for step in range(40)]
EPOCH = datetime.date(1970, 1, 1)


def kind_of(texts):
    return moment_of_text(dict.fromkeys(texts, 1))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "form", ["full", "long", "medium", "d MMM yyyy", "d-MMM-yy", "MMMM yyyy", "LLLL yyyy", "EEE d MMM yyyy"]
)
def test_dates_as_the_locale_writes_them(language, form):
    texts = [format_date(day, form, locale=language) for day in DAYS]
    kind = kind_of(texts)
    read = kind.decode(pa.array(texts)).values
    days = [day if "d" in form or not {"M", "L"} & {*form} else day.replace(day=1) for day in DAYS]
    assert np.array_equal(read, [(day - EPOCH).days for day in days])
    # What is written is read as the same day, in letters of the same language.
    assert np.array_equal(kind.decode(pa.array([kind.speak(day) for day in read])).values, read)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_name_means_two_months(language):
    for width in ("wide", "abbreviated"):
        for context in ("format", "stand-alone"):
            for month, name in get_month_names(width, context, language).items():
                for written in (name, name.upper(), name.capitalize()):
                    assert month_number(written.encode()) == month


@pytest.mark.parametrize(
    "texts",
    [
        ["3. März 2024", "12. Mai 2024", "1. Juni 2024"],
        ["3 mars 2024", "12 août 2024", "4 déc. 2024"],
        ["3 de marzo de 2024", "12 de enero de 2024"],
        ["lunes, 4 de marzo de 2024", "martes, 2 de abril de 2024"],
        ["terça-feira, 5 de março de 2024", "quarta-feira, 3 de abril de 2024"],
        ["3 MÄRZ 2024", "4 JANUAR 2024"],
        ["Montag, 4. März 2024", "Dienstag, 2. April 2024"],
        ["3. Mär 24", "12. Okt 24"],
        ["3/ott/2024", "4/gen/2024"],
        ["Jan. 3, 2024", "May 4, 2024"],
        ["5 marca 2024", "12 grudnia 2024", "1 maja 2024"],
        ["Marzec 2024", "Październik 2024"],
        ["5. března 2024", "12. října 2024"],
        ["5 марта 2024 г.", "12 декабря 2024 г."],
        ["05.03.2024 г.", "12.12.2024 г."],
        ["Вторник, 5 Марта 2024", "Четверг, 12 Декабря 2024"],
        ["5 БЕРЕЗНЯ 2024", "12 ГРУДНЯ 2024"],
        ["пʼятниця, 5 квітня 2024 р.", "субота, 4 травня 2024 р."],
        ["5. maaliskuuta 2024", "12. joulukuuta 2024"],
    ],
)
def test_cells_are_written_as_they_stand(texts):
    kind = kind_of(texts)
    assert isinstance(kind, Date)
    assert [kind.speak(day) for day in kind.decode(pa.array(texts)).values] == texts


@pytest.mark.parametrize(
    ("text", "others", "day"),
    [
        ("1er janvier 2024", ["2 février 2024", "5 mars 2024"], "2024-01-01"),
        ("4 fevrier 2024", ["2 aout 2024"], "2024-02-04"),
        ("5. Mrz. 2024", ["2. Dez. 2024"], "2024-03-05"),
        ("6. Jänner 2024", ["2. Feber 2024"], "2024-01-06"),
        ("п'ятниця, 5 квітня 2024 р.", ["субота, 4 травня 2024"], "2024-04-05"),
        ("понедельник, 4 ноя 2024 г., 10:30", ["вторник, 5 сен. 2024 г., 11:00"], "2024-11-04T10:30"),
        ("15 Juni 2024 10:30", ["16 Juli 2024 11:00"], "2024-06-15T10:30"),
    ],
)
def test_other_spellings(text, others, day):
    kind = kind_of([text, *others])
    read = kind.decode(pa.array([text])).values[0]
    assert read == (np.datetime64(day, "m") - np.datetime64("1970-01-01", "m")).astype(float) / 1440


@pytest.mark.parametrize(
    "texts", [["SET-01", "SET-02", "SET-12"], ["mai 12", "out 24"], ["Mo 3", "Di 4"], ["pro 12", "led 24"]]
)
def test_codes_and_words_are_no_dates(texts):
    assert find_dates(evidence_of(dict.fromkeys(texts, 1))) is None
