"""Columns of dates, times and durations as people write them; and columns that look like them, and are none."""

from datetime import UTC, datetime


def days(*parts):
    """Return days since 1970 of a year, month, day and perhaps a time of day."""
    return (datetime(*parts, tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() / 86_400


def hours(hour, minute=0, second=0):
    return 3600 * hour + 60 * minute + second


# Cells, the number that each is, what is told, and each as it is spoken; None where it is spoken as it is written.
DATES = [
    (["2024-01-28", "2024-02-03"], [days(2024, 1, 28), days(2024, 2, 3)], "date", None),
    (["2024-1-28", "2024-2-3"], [days(2024, 1, 28), days(2024, 2, 3)], "date (2024-1-28)", None),
    (["0001-01-01", "1900-01-01", "9999-12-31"], [-719_162, -25_567, 2_932_896], "date", None),
    (["2024/01/28", "2024/02/03"], [days(2024, 1, 28), days(2024, 2, 3)], "date (2024/01/28)", None),
    (["2024.01.28", "2024.02.03"], [days(2024, 1, 28), days(2024, 2, 3)], "date (2024.01.28)", None),
    (["28.01.2024", "03.02.2024"], [days(2024, 1, 28), days(2024, 2, 3)], "date (28.01.2024)", None),
    (["28.1.2024", "3.2.2024"], [days(2024, 1, 28), days(2024, 2, 3)], "date (28.1.2024)", None),
    (["03.02.2024", "05.01.2023"], [days(2024, 2, 3), days(2023, 1, 5)], "date (28.01.2024)", None),
    (["28.01.24", "03.02.24"], [days(2024, 1, 28), days(2024, 2, 3)], "date (28.01.24)", None),
    (["28/01/2024", "03/02/2024"], [days(2024, 1, 28), days(2024, 2, 3)], "date (28/01/2024)", None),
    (["01/28/2024", "02/03/2024"], [days(2024, 1, 28), days(2024, 2, 3)], "date (01/28/2024)", None),
    (["1/28/24", "12/3/99"], [days(2024, 1, 28), days(1999, 12, 3)], "date (1/28/24)", None),
    (["28-01-2024", "03-02-2024"], [days(2024, 1, 28), days(2024, 2, 3)], "date (28-01-2024)", None),
    (["99-01-28", "98-02-03"], [days(1999, 1, 28), days(1998, 2, 3)], "date (24-01-28)", None),
    (
        ["02/03/2024", "01/04/2023", "12/12/2022", "05/06/2024"],
        [days(2024, 2, 3), days(2023, 1, 4), days(2022, 12, 12), days(2024, 5, 6)],
        "date (month/day/year, ambiguous)",
        None,
    ),
    # The days increase if the first number is the day, and only then.
    (
        ["11/01/2024", "12/01/2024", "01/02/2024", "02/02/2024"],
        [days(2024, 1, 11), days(2024, 1, 12), days(2024, 2, 1), days(2024, 2, 2)],
        "date (28/01/2024)",
        None,
    ),
    # The year is first: else these were days all over a century.
    (
        ["24-05-01", "24-05-03", "24-04-28", "24-05-02"],
        [days(2024, 5, 1), days(2024, 5, 3), days(2024, 4, 28), days(2024, 5, 2)],
        "date (24-01-28)",
        None,
    ),
    # Firsts of months.
    (
        [f"01/{month:02}/{year}" for year in (2004, 2005) for month in range(1, 13)],
        [days(year, month, 1) for year in (2004, 2005) for month in range(1, 13)],
        "date (28/01/2024)",
        None,
    ),
    (
        ["20240128", "20240203", "20240204"],
        [days(2024, 1, 28), days(2024, 2, 3), days(2024, 2, 4)],
        "date (20240128)",
        None,
    ),
    (["2024-01", "2023-11"], [days(2024, 1, 1), days(2023, 11, 1)], "date (2024-01)", None),
    (["01/2024", "11/2023"], [days(2024, 1, 1), days(2023, 11, 1)], "date (01/2024)", None),
    (["2024-W04", "2020-W53"], [days(2024, 1, 22), days(2020, 12, 28)], "date (2024-W04)", None),
    (["2024-W04-7", "2020-W53-5"], [days(2024, 1, 28), days(2021, 1, 1)], "date (2024-W04-7)", None),
    (
        ["2024-028T10:20", "2023-365T00:00"],
        [days(2024, 1, 28, 10, 20), days(2023, 12, 31)],
        "date and time (2024-028T10:20)",
        None,
    ),
    (["2024 Q1", "2023 Q4"], [days(2024, 1, 1), days(2023, 10, 1)], "date (2024 Q1)", None),
    (["Jan 28, 2024", "May 3, 2024"], [days(2024, 1, 28), days(2024, 5, 3)], "date (Jan 28, 2024)", None),
    (["January 28, 2024", "May 3, 2024"], [days(2024, 1, 28), days(2024, 5, 3)], "date (January 28, 2024)", None),
    (["28 January 2024", "3 May 2024"], [days(2024, 1, 28), days(2024, 5, 3)], "date (28 January 2024)", None),
    (["28-Jan-24", "03-Sep-23"], [days(2024, 1, 28), days(2023, 9, 3)], "date (28-Jan-24)", None),
    (["28-JAN-2024", "03-SEP-2023"], [days(2024, 1, 28), days(2023, 9, 3)], "date (28-JAN-2024)", None),
    (["28JAN2024", "03SEP2023"], [days(2024, 1, 28), days(2023, 9, 3)], "date (28JAN2024)", None),
    (
        ["January 28th, 2024", "March 3rd, 2024"],
        [days(2024, 1, 28), days(2024, 3, 3)],
        "date (January 28th, 2024)",
        None,
    ),
    (
        ["Sunday, January 28, 2024", "Saturday, February 3, 2024"],
        [days(2024, 1, 28), days(2024, 2, 3)],
        "date (Sunday, January 28, 2024)",
        None,
    ),
    (["January 2024", "April 2023"], [days(2024, 1, 1), days(2023, 4, 1)], "date (January 2024)", None),
    (["Jan-24", "Apr-23"], [days(2024, 1, 1), days(2023, 4, 1)], "date (Jan-24)", None),
    (
        ["2024-01-28T10:20:30Z", "2024-02-03T00:00:00Z"],
        [days(2024, 1, 28, 10, 20, 30), days(2024, 2, 3)],
        "date and time",
        None,
    ),
    (
        ["2024-01-28T10:20:30+02:00", "2024-02-03T00:00:00+02:00"],
        [days(2024, 1, 28, 8, 20, 30), days(2024, 2, 2, 22)],
        "date and time",
        None,
    ),
    (
        ["2024-01-28 10:20:30.125", "2024-02-03 00:00:00.500"],
        [days(2024, 1, 28, 10, 20, 30, 125_000), days(2024, 2, 3, 0, 0, 0, 500_000)],
        "date and time",
        None,
    ),
    (
        ["2024-01-28 10:20:30 UTC", "2024-02-03 24:00:00 UTC"],
        [days(2024, 1, 28, 10, 20, 30), days(2024, 2, 4)],
        "date and time",
        ["2024-01-28 10:20:30 UTC", "2024-02-04 00:00:00 UTC"],
    ),
    (
        ["1/28/2024 10:20", "2/3/2024 9:05"],
        [days(2024, 1, 28, 10, 20), days(2024, 2, 3, 9, 5)],
        "date and time (1/28/2024 10:20)",
        None,
    ),
    (
        ["1/28/2024 12:05:00 AM", "2/3/2024 12:05:00 PM"],
        [days(2024, 1, 28, 0, 5), days(2024, 2, 3, 12, 5)],
        "date and time (1/28/2024 10:20:00 AM)",
        None,
    ),
    (
        ["20240128T102030Z", "20240203T000000Z"],
        [days(2024, 1, 28, 10, 20, 30), days(2024, 2, 3)],
        "date and time (20240128T102000Z)",
        None,
    ),
    (
        ["Sun Jan 28 10:20:30 2024", "Sat Feb 03 00:00:00 2024"],
        [days(2024, 1, 28, 10, 20, 30), days(2024, 2, 3)],
        "date and time (Sun Jan 28 10:20:00 2024)",
        None,
    ),
    (
        ["Sun, 28 Jan 2024 10:20:30 GMT", "Sat, 03 Feb 2024 00:00:00 GMT"],
        [days(2024, 1, 28, 10, 20, 30), days(2024, 2, 3)],
        "date and time (Sun, 28 Jan 2024 10:20:00 GMT)",
        None,
    ),
    (
        ["28/Jan/2024:10:20:30 -0530", "03/Feb/2024:00:00:00 -0530"],
        [days(2024, 1, 28, 15, 50, 30), days(2024, 2, 3, 5, 30)],
        "date and time (28/Jan/2024:10:20:00 -0530)",
        None,
    ),
    # No-break spaces of two kinds.
    (
        ["1/28/2024\u00a010:20\u202fAM", "2/3/2024\u00a09:05\u202fPM"],
        [days(2024, 1, 28, 10, 20), days(2024, 2, 3, 21, 5)],
        "date and time (1/28/2024\u00a010:20\u202fAM)",
        None,
    ),
    # With and without time, with and without zeros, in two forms.
    (
        ["2024-01-28", "2024-02-03 10:20", "2024-2-4", "2024-02-05"],
        [days(2024, 1, 28), days(2024, 2, 3, 10, 20), days(2024, 2, 4), days(2024, 2, 5)],
        "date",
        ["2024-01-28", "2024-02-03", "2024-02-04", "2024-02-05"],
    ),
    (
        ["Jan 28, 2024", "Feb 3, 2024", "4 Feb 2024"],
        [days(2024, 1, 28), days(2024, 2, 3), days(2024, 2, 4)],
        "date (Jan 28, 2024)",
        ["Jan 28, 2024", "Feb 3, 2024", "Feb 4, 2024"],
    ),
    ([" 2024-01-28 ", "2024-02-03"], [days(2024, 1, 28), days(2024, 2, 3)], "date", ["2024-01-28", "2024-02-03"]),
]

TIMES = [
    (["10:20", "09:05"], [hours(10, 20), hours(9, 5)], "time of day", None),
    (["10:20", "9:05"], [hours(10, 20), hours(9, 5)], "time of day", None),
    (["10:20:30.5", "09:05:01.0"], [hours(10, 20, 30.5), hours(9, 5, 1)], "time of day", None),
    (["9:05 AM", "12:30 PM", "12:10 AM"], [hours(9, 5), hours(12, 30), hours(0, 10)], "time of day", None),
    (["9am", "12pm"], [hours(9), hours(12)], "time of day", None),
    (["09:05 p.m.", "11:30 a.m."], [hours(21, 5), hours(11, 30)], "time of day", None),
    (["18:00:00", "24:00:00"], [hours(18), hours(24)], "time of day", None),
]

DURATIONS = [
    (["26:03:04", "1:02:03"], [hours(26, 3, 4), hours(1, 2, 3)], "duration", None),
    (
        ["45:12", "1:02:03", "9:05"],
        [hours(0, 45, 12), hours(1, 2, 3), hours(0, 9, 5)],
        "duration (minutes:seconds)",
        None,
    ),
    (["1:23.456", "1:24.500"], [83.456, 84.5], "duration (minutes:seconds)", None),
    (
        [f"{m}:{s:02}" for m in (2, 3, 4) for s in (1, 7, 18, 33, 44)],
        [60 * m + s for m in (2, 3, 4) for s in (1, 7, 18, 33, 44)],
        "duration (minutes:seconds)",
        None,
    ),
    (["1 day, 2:03:04", "2:03:04", "3 days, 12:00:00"], [hours(26, 3, 4), hours(2, 3, 4), hours(84)], "duration", None),
    (["1 days 02:00:00", "-1 days +23:59:00"], [hours(26), -60], "duration", None),
    (["2h 30m", "45m", "3h"], [hours(2, 30), hours(0, 45), hours(3)], "duration", None),
    (["2 hours 1 minute", "1 hour 30 minutes"], [hours(2, 1), hours(1, 30)], "duration", None),
    (["3d 4h", "1d 12h"], [hours(76), hours(36)], "duration", None),
    (["2 years, 3 months", "1 year, 1 month"], [27 * 2_629_746, 13 * 2_629_746], "duration", None),
    (["PT2H30M", "PT45M", "P1DT12H"], [hours(2, 30), hours(0, 45), hours(36)], "duration", None),
    (["PT1.5S", "-PT2.5S"], [1.5, -2.5], "duration", None),
]

NO_MOMENTS = {
    "years": ["1999", "2003", "2024"],
    "decades": ["1990s", "2000s"],
    "ranges": ["5-10", "10-15", "15-20"],
    "ages": ["15-24", "25-34", "35-44"],
    "seasons": ["2003-04", "2004-05", "2010-11", "2011-12"],
    "seasons with a slash": ["2003/04", "2004/05", "2005/06"],
    "spans of years": ["2003-2004", "2005-2006"],
    "versions": ["1.2.3", "4.0.1", "10.11.2"],
    "versions with two digits": ["10.2.13", "9.4.12", "3.11.20"],
    "scores": ["3:1", "2:2", "0:4"],
    "sets": ["25:23", "25:17", "26:24", "15:13"],
    "ratios": ["16:9", "4:3", "21:9"],
    "dilutions": ["1:10", "1:20", "1:50", "1:100"],
    "phone numbers": ["555-1234", "555-0199"],
    "phone numbers in groups": ["01 23 45 67 89", "06 12 34 56 78"],
    "social security": ["123-45-6789", "078-05-1120"],
    "sort codes": ["20-45-13", "40-47-84", "60-83-71", "30-96-26"],
    "numbers of a year": ["3-2024", "12-2024", "7-2023"],
    "cases": ["2024-028", "2024-113", "2024-007"],
    "fractions": ["1/2", "3/4", "5/8"],
    "pressures": ["120/80", "135/85"],
    "addresses of the net": ["192.168.1.1", "10.0.0.1"],
    "hardware addresses": ["00:1a:2b:3c:4d:5e", "00:1b:2c:3d:4e:5f"],
    "prices": ["$4.99", "$0.99"],
    "amounts": ["1,234.50", "12,000.00"],
    "one unit": ["90 min", "120 min", "45 min"],
    "letters for units": ["19M", "2.5M", "900k"],
    "milliseconds": ["5ms", "17ms", "3ms"],
    "months": ["January", "May", "March"],
    "days of the week": ["Monday", "Tuesday"],
    "days without a year": ["Jan 5", "Feb 12"],
    "words": ["apple", "May flower", "2 pears"],
    "mostly words": ["2024-01-28", "soon", "later", "never"],
    "impossible": ["2024-13-01", "2024-02-30", "31/04/2024"],
    "verses": ["John 3:16", "Mark 1:12"],
    "lines": ["1:5", "6:10", "11:15", "16:20"],
    "places": ["52.5200, 13.4050", "48.8566, 2.3522"],
    "codes": ["A12-B34", "C56-D78"],
    "blank": [" ", "  "],
    "other digits": ["٢٠٢٤-٠١-٢٨", "٢٠٢٤-٠١-٢٩"],
}
