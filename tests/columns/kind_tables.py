"""Small tables, and what each of their columns holds: `KIND`, or `KIND: what is told of it`."""

import random
from collections.abc import Callable


def _rows(n: int, cell: Callable[[int], object]) -> list[str]:
    return ["" if (value := cell(row)) is None else str(value) for row in range(n)]


def _drawn(n: int, *choices: object) -> list[str]:
    chosen = random.Random(0)
    return [str(chosen.choice(choices)) for _ in range(n)]


def _spread(n: int, low: int, high: int) -> list[str]:
    return [str(value) for value in random.Random(1).sample(range(low, high), n)]


# Name of the column, its cells, what it is.
COLUMNS: dict[str, list[tuple[str, list[str], str]]] = {
    "plain numbers": [
        ("x", ["1.5", "2.25", "-3.125", "4.0625", "5.5", "6.7", "8.8", "9.1"], "number"),
        ("whole", ["3", "1", "4", "1", "5", "9", "2", "6"], "number: whole number"),
        ("half", ["3.5", "1", "4", "1.5", "5", "9", "2.5", "6"], "number: number in steps of 0.5"),
        ("cents", ["1.99", "2.49", "3.05", "10.01", "4.42", "5.17", "6.66", "7.89"], "number: number in steps of 0.01"),
        ("precise", ["1.9912", "2.49", "3.05", "10.0113", "4.42", "5.17", "6.66", "7.8932"], "number: number"),
    ],
    "steps": [
        ("fives", _rows(40, lambda row: 5 * (row * 7 % 23)), "number: number in steps of 5"),
        ("hundreds", _rows(40, lambda row: 100 * (row * 7 % 23)), "number: number in steps of 100"),
        ("quarters", _rows(40, lambda row: 0.25 * (row * 7 % 23)), "number: number in steps of 0.25"),
        ("two values are no step", _rows(40, lambda row: 4 + 6 * (row % 2)), "number: whole number"),
    ],
    "scientific": [("e", ["1e-5", "2.5E3", "-4e+10", "6.02e23", ".5", "5.", "+7"], "number: number")],
    "counts and ratings": [
        ("children", _drawn(60, 0, 1, 2, 3), "number: whole number"),
        ("rating", _drawn(60, 1, 2, 3, 4, 5), "number: whole number"),
        ("month", _rows(60, lambda row: row % 12 + 1), "number: whole number"),
        ("grade", _drawn(60, 1, 2), "number: whole number"),
    ],
    "codes of groups": [
        ("region", _drawn(60, 1, 2, 3, 4, 7), "category"),
        ("pclass", _drawn(60, 1, 2, 3), "number: whole number"),
        ("ChestPainType", _drawn(60, 1, 2, 3, 4), "category"),
        ("store", _rows(60, lambda row: row * 7 + 0.5), "number: number in steps of 0.5"),
        ("sex", _drawn(60, 1, 2), "flag"),
        ("flares_by_this_region", _drawn(60, 0, 1, 2, 3, 8), "number: whole number"),
    ],
    "flags": [
        ("a", _drawn(30, 0, 1), "flag"),
        ("b", _drawn(30, "0.0", "1.0"), "flag"),
        ("c", _drawn(30, "yes", "no"), "flag"),
        ("d", _drawn(30, "True", "FALSE"), "flag"),
        ("e", _drawn(30, "Y", "N", ""), "flag"),
        ("f", _drawn(30, "+", "-"), "flag"),
        ("g", _drawn(30, "ja", "nein"), "flag"),
        ("h", _drawn(30, "male", "female"), "category"),
    ],
    "categories": [
        ("color", _drawn(50, "red", "green", "blue"), "category"),
        ("size", _drawn(50, "S", "M", "L", "XL"), "category"),
        ("age", _drawn(50, "18-24", "25-34", "35-44", "65+"), "category"),
        ("city", [f"city {row // 3}" for row in range(50)], "category"),
        ("answer", _drawn(50, "1 Extremely well", "2 Quite well", "3 Not too well"), "category"),
        ("cylinders", _drawn(50, "4", "6", "8", "rotary", "electric"), "category"),
    ],
    "marks among levels": [
        ("?", _drawn(50, "red", "green", "?"), "category ?"),
        ("-", _drawn(50, "Mr", "Mrs", "Dr", "-"), "category -"),
        ("grades", _drawn(50, "+", "-", "o", "oo"), "category"),
        ("stars", _drawn(50, ".", "*", "**", "n"), "category"),
        ("unknown", _drawn(50, "red", "green", "unknown"), "category"),
        ("two", _drawn(50, "x", "-"), "category"),
    ],
    "marks among numbers": [
        ("a", ["1", "?", "3", "-", "5", "unknown", "7.5", "n.d.", "--", "9"], "number: number in steps of 0.1"),
        ("b", ["1", "NA", "3", "NULL", "5", "nan", "7", "#N/A", "None", "9"], "number: whole number"),
        ("c", ["1", "", "", "", "", "", "7", "", "", ""], "number: whole number"),
        ("d", ["?"] * 6 + ["4", "5", "6", "9"], "number: whole number"),
    ],
    "strays": [
        ("one of ten", ["1", "2", "3", "4", "5", "6", "7", "8", "9", "ten"], "number: whole number"),
        ("two of ten", ["1", "2", "3", "4", "5", "6", "7", "8", "nine", "ten"], "text"),
    ],
    "words that stand in": [
        ("size", [*_spread(40, 100, 999), *["varies"] * 10], "number: whole number"),
        ("box", [*(f"${value}M" for value in _spread(40, 100, 999)), *["see note"] * 10], "number"),
        ("levels", [*_drawn(40, "4", "6", "8"), *["rotary"] * 10], "category"),
    ],
    "prices of nothing": [("price", ["0"] * 46 + ["$4.99", "$1.99", "$0.99"], "number")],
    "written numbers": [
        ("money", [f"${value:,}.50" for value in range(800, 1400, 17)], "number"),
        ("percent", [f"{value}%" for value in range(36)], "number"),
        ("unit", [f"{value} kg" for value in range(36)], "number"),
    ],
    "constant": [
        ("n", ["7"] * 30, "number: constant"),
        ("missing besides", ["7", "", "NA"] * 10, "number: constant"),
        ("t", ["abc"] * 30, "constant"),
        ("zero", ["0"] * 30, "number: constant"),
    ],
    "empty": [
        ("e", [""] * 30, "empty"),
        ("na", ["NA"] * 30, "empty"),
        ("x", _spread(30, 0, 99), "number: whole number"),
    ],
    "row numbers": [
        ("", _rows(30, lambda row: row), "identifier: row numbers"),
        ("anything", _rows(30, lambda row: row + 1), "identifier: row numbers"),
        ("PassengerId", _rows(30, lambda row: row + 892), "identifier: row numbers"),
        ("x", _spread(30, 0, 100), "number: whole number"),
    ],
    "row names": [
        ("Unnamed: 0", _rows(30, lambda row: 2 * row + row % 2), "identifier"),
        ("rownames", [f"car {row}" for row in range(30)], "identifier"),
        ("mpg", _spread(30, 10, 60), "number: whole number"),
    ],
    "few rows": [
        ("", _rows(6, lambda row: row), "identifier: row numbers"),
        ("dose", _rows(6, lambda row: row), "number: whole number"),
        ("anything", _rows(6, lambda row: row + 1), "number: whole number"),
        ("words", ["a", "b", "c", "d", "e", "f"], "text"),
        ("id", ["a", "b", "c", "d", "e", "f"], "identifier"),
        ("level", ["a", "b", "a", "b", "a", "b"], "category"),
    ],
    "years and time": [
        ("year", _rows(67, lambda row: 1950 + row), "number: whole number"),
        ("vintage", _rows(67, lambda row: 1950 + row), "number: whole number"),
        ("Time", _rows(67, lambda row: row), "number: whole number"),
        ("t", _rows(67, lambda row: f"{row / 10:.1f}"), "number: number in steps of 0.1"),
        ("day", _rows(67, lambda row: row + 1), "number: whole number"),
    ],
    "never repeats, but is measured": [
        ("population", _spread(60, 1000, 9_000_000), "number: whole number"),
        ("price_cents", _spread(60, 100, 90_000), "number: whole number"),
        ("income", sorted(_spread(60, 10_000, 99_000), key=int), "number: whole number"),
        ("distance", [f"{value}.5" for value in _spread(60, 10, 9000)], "number: number in steps of 0.5"),
        ("revenue", [f"{value}000" for value in _spread(60, 10_000, 99_999)], "number: number in steps of 1000"),
    ],
    "keys": [
        ("customer_id", _spread(40, 1000, 99_999), "identifier"),
        ("orderID", _spread(40, 1000, 99_999), "identifier"),
        ("order no", _spread(40, 1000, 99_999), "identifier"),
        ("account", _spread(40, 10_000_000, 99_999_999), "identifier"),
        ("ticket", _rows(40, lambda row: 48_210 + row), "identifier"),
        ("filtered", _rows(40, lambda row: 48_210 + row + row // 3), "identifier"),
        ("paid", _spread(40, 1000, 99_999), "number: whole number"),
    ],
    "keys that repeat": [
        ("customer_id", _drawn(200, *range(4000, 4060)), "category"),
        ("provider number", _drawn(200, *range(10_018, 10_060)), "category"),
        ("panel id", _drawn(200, 1, 2, 3, 4, 5), "category"),
        ("number of rooms", _drawn(200, *range(1, 40)), "number: whole number"),
    ],
    "long keys": [
        ("tweet", _rows(40, lambda row: 748_392_019_283_746_100 + 37 * row), "identifier"),
        ("distance", _rows(40, lambda row: f"{9.4607e15 * (row + 1):.4e}"), "number"),
    ],
    "leading zeros": [
        ("zip", [f"{value:05d}" for value in range(501, 5000, 100)], "identifier: codes with leading zeros"),
        ("dept", _drawn(45, "007", "012", "123"), "category"),
        ("clock", _drawn(45, "0", "1", "2", "10"), "number: whole number"),
        ("float", _drawn(45, "0.5", "0.25", "0", "0.75"), "number: number in steps of 0.01"),
    ],
    "codes of digits": [
        ("Zip Code", _drawn(45, 35233, 35660, 36302, 35957), "category"),
        ("phone_number", _spread(45, 2_053_258_100, 3_347_938_701), "identifier: codes"),
        ("phones", _drawn(45, 0, 1, 2, 3), "number: whole number"),
        ("has phone", _drawn(45, 0, 1), "flag"),
    ],
    "strings that never repeat": [
        ("uuid", [f"{value:08x}-9b1d-4c3e-8f00-{value:012x}" for value in range(7**9, 7**9 + 30)], "identifier"),
        ("mail", [f"person.{value}@example.org" for value in range(30)], "identifier"),
        ("car", [f"Model {chr(65 + value)}" for value in range(26)] + ["Beetle", "Golf", "Polo", "Up"], "identifier"),
        ("hash", [f"{value * 2654435761 % 2**64:016x}" for value in range(3, 33)], "identifier"),
    ],
    "strings that hardly repeat": [
        ("plate", [f"N{value % 90:05d}AA" for value in range(100)], "identifier"),
        ("site", [f"http://example.org/{value % 70}" for value in range(100)], "identifier"),
        (
            "director",
            [f"Director {chr(65 + value % 26)} {chr(65 + value % 23)}. Name" for value in range(100)],
            "identifier",
        ),
        ("name", [f"Some Name{chr(97 + value % 26)}{chr(97 + value % 3)}" for value in range(100)], "text"),
    ],
    "prose": [
        ("comment", [f"This is what somebody wrote about thing {value}, at length." for value in range(40)], "text"),
        (
            "question",
            _drawn(40, *(f"How well would you say that you know this person {i}?" for i in "abc")),
            "category",
        ),
    ],
    "dates": [
        ("iso", [f"2024-01-{day:02d}" for day in range(1, 29)], "date"),
        ("digits", [f"202401{day:02d}" for day in range(1, 29)], "date"),
        ("german", [f"{day}.1.2024" for day in range(1, 29)], "date"),
        ("clock", [f"{hour % 24:02d}:30" for hour in range(28)], "time"),
    ],
    "white space": [
        ("n", [f" {value} " for value in _spread(30, 0, 99)], "number: whole number"),
        ("c", _drawn(30, "red ", " red", "blue"), "category"),
    ],
    "infinite": [("x", [*_spread(30, 0, 99), "inf", "-inf"], "number")],
    "quantities of an array": [
        ("x0", _spread(30, 0, 99), "number: whole number"),
        ("x1", _drawn(30, 1, 2, 3), "number"),
    ],
    "row names of an array": [("x0", _rows(30, lambda row: row + row // 4), "identifier")],
    "row names without a name": [
        ("unnamed_0", _rows(30, lambda row: 1 + row * 7 % 30), "identifier"),
        ("unnamed_1", _rows(30, lambda row: row * 7919 % 1000), "number: whole number"),
    ],
    "codes with a letter": [
        ("item", _rows(60, lambda row: f"{row * 7919 % 9973}{'abc'[row % 3] * (row % 20 == 3)}"), "identifier"),
        ("house", _rows(60, lambda row: f"{1 + row % 25}{'a' * (row % 20 == 3)}"), "category"),
        ("order no", _rows(60, lambda row: f"{'B' * (row == 9)}{row * 7919 % 9973}"), "identifier"),
        ("price", _rows(60, lambda row: f"{row * 7919 % 9973}{'a' * (row % 20 == 3)}"), "number: whole number"),
        ("level", _rows(60, lambda row: f"{row * 7919 % 9973}{'a' * (row == 9)}"), "number: whole number"),
        ("size", _rows(60, lambda row: f"{row * 7919 % 9973}{'.x' * (row % 20 == 3)}"), "number: whole number"),
    ],
    "row names of R": [("unnamed_0", _rows(30, lambda row: f"{'Aa' * (row % 7)} {row}x"), "identifier: row names")],
    "row names in any order": [("unnamed_0", _rows(30, lambda row: row * 7919 % 1000), "identifier")],
    "row numbers in any order": [
        ("X", _rows(30, lambda row: 1 + row * 7 % 30), "identifier"),
        ("V1", _rows(30, lambda row: row * 7 % 30), "identifier"),
        ("rank", _rows(30, lambda row: 1 + row * 7 % 30), "number: whole number"),
        ("age", _rows(30, lambda row: 1 + row * 7 % 30), "number: whole number"),
        ("x1", _rows(30, lambda row: 2 + row * 7 % 30), "number: whole number"),
    ],
    "mixed": [("ticket", [f"{'PC ' * (row % 3 == 0)}{17_000 + row % 50}" for row in range(70)], "text")],
    "negative": [("balance", _rows(60, lambda row: row * 7919 % 1000 - 500), "number: whole number")],
    "zip of floats": [("zip", _rows(30, lambda row: f"{20_000 + row % 5 * 7}.0"), "category")],
    "index": [
        ("index", _rows(30, lambda row: row), "identifier: row numbers"),
        ("price index", _rows(30, lambda row: 100 + row % 17), "number: whole number"),
    ],
    "decimals that never repeat": [("id_score", _rows(30, lambda row: f"{row / 7:.6f}"), "number: number")],
    "text of a row each": [("note", _rows(30, lambda row: None if row % 2 else f"a{row} b c d e f g h i"), "text")],
    "one level or none": [("fatal", _rows(30, lambda row: "x" if row % 3 == 0 else None), "constant")],
    "dollars": [("cost", ["$1", "$2", "$3", "free", "$5", "$6", "$7", "$8", "$9", "$10"], "number")],
}
