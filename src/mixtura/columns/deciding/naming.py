"""What the name of a column tells of the numbers in it: keys, codes, or measurements."""

import re
from collections.abc import Set

# Names of the rows, in whole: what R and pandas call the row names that they write beside a table.
_ROW_NAMES = {
    *("", "unnamed 0", "rownames", "row names", "rowname", "row name", "row id", "rowid", "row no", "row nr"),
    *(
        "row number",
        "rownumber",
        "row num",
        "row index",
        "row",
        "index",
        "idx",
        "level 0",
        "obs",
        "obs no",
        "sno",
        "s no",
    ),
}

# The last word of keys, and the first of some.
_KEYS = {
    *(
        "id",
        "ids",
        "key",
        "pk",
        "uuid",
        "guid",
        "identifier",
        "oid",
        "pid",
        "uid",
        "gid",
        "cid",
        "sid",
        "hhid",
        "rowid",
    ),
    *("userid", "custid", "customerid", "orderid", "caseid", "idcase", "subjid", "patid", "patno", "recid", "recno"),
    *("idno", "idnr", "idnum", "idcode", "pidnum", "docno", "caseno"),
}

# The last word of names that keys share with amounts: only values that never repeat make them keys.
_NUMBERED = {"no", "nr", "nbr", "num", "number", "idx", "index", "serial", "sn", "code", "ref", "reference"}

# Codes of digits that no one adds up, in any place of a name.
_DIGIT_CODES = {
    *("zip", "zipcode", "postal", "postcode", "postalcode", "plz", "cep", "fips", "ssn", "isbn", "issn", "ean", "upc"),
    *("gtin", "iban", "bic", "phone", "telephone", "mobile", "fax", "barcode", "imei"),
}

# The last word of names of groups, which are numbered by codes.
_GROUPS = {
    *("region", "class", "group", "grp", "cluster", "type", "category", "cat", "zone", "district", "sector", "label"),
    *("segment", "site", "batch", "block", "plot", "ward", "sex", "gender", "race", "ethnicity", "religion", "arm"),
    *("treatment", "treat", "trt", "status", "marital", "occupation", "industry", "species", "strain", "variety"),
    *("subject", "subj", "patient", "participant", "person", "classroom", "teacher", "rater", "judge", "operator"),
    *("machine", "store", "shop", "dept", "department", "state", "country", "county", "origin", "code", "center"),
    *("individual", "household", "firm", "company", "hospital", "clinic", "centre"),
}

# Words of places and things that are numbered, some with a letter.
_CODED = {"house", "flight", "room", "flat", "apartment", "apt", "gate", "seat", "part", "lot", "cabin", "train", "bus"}

# Longer names say what is counted for each group.
_MOST_WORDS_OF_GROUP = 3

# The first word of names of how many or how long, whatever the last one is: "years at company", "days in hospital".
_COUNTED = {"n", "num", "number", "count", "total", "years", "months", "weeks", "days", "hours", "minutes"}

# Words of measurements that may well count up by one from row to row.
_MEASURED = {
    *("time", "t", "day", "days", "week", "weeks", "month", "months", "year", "years", "yr", "hour", "hours", "minute"),
    *("minutes", "second", "seconds", "date", "period", "iteration", "iter", "epoch", "age", "lag", "dose", "depth"),
    *(
        "distance",
        "length",
        "size",
        "temperature",
        "temp",
        "speed",
        "quarter",
        "decade",
        "price",
        "income",
        "population",
    ),
    *("amount", "count", "total", "weight", "height", "value", "score"),
}

# Words of orders, which say how much as amounts do.
_RANKS = {"rank", "ranks", "ranking", "ranked", "place", "order", "position", "pos"}


def words_of(name: str) -> list[str]:
    """Return the words of a name in lower case, digits apart.

    Examples
    --------
    >>> words_of("PassengerId"), words_of("order_no."), words_of("customerID2"), words_of("Unnamed: 0")
    (['passenger', 'id'], ['order', 'no'], ['customer', 'id', '2'], ['unnamed', '0'])
    """
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=\D)(?=\d)|(?<=\d)(?=[^\W\d_])", " ", name)
    return re.findall(r"[^\W_]+", apart.lower())


def names_rows(name: str) -> bool:
    """Tell whether a name is one for the names or numbers of rows."""
    return " ".join(words_of(name)) in _ROW_NAMES


def names_key(name: str) -> bool:
    """Tell whether a name is one of a key, as "id" and "customer_id" are.

    Examples
    --------
    >>> [names_key(name) for name in ("PassengerId", "id", "ID code", "paid", "order_no")]
    [True, True, True, False, False]
    """
    words = _without_digits(name)
    return bool(words) and (words[-1] in _KEYS or words[0] in ("id", "uuid", "guid"))


def names_number(name: str) -> bool:
    """Tell whether a name is one of numbers of something, as "provider number" is."""
    return len(words_of(name)) > 1 and _last_in(name, _NUMBERED)


def may_name_key(name: str) -> bool:
    """Tell whether a name is one of a key if its values never repeat, as "order no" is."""
    return names_key(name) or names_rows(name) or _last_in(name, _NUMBERED)


def names_digits(name: str) -> bool:
    """Tell whether a name is one of codes of digits, such as ZIP codes and telephone numbers."""
    return not _DIGIT_CODES.isdisjoint(words_of(name))


def names_codes(name: str) -> bool:
    """Tell whether the last word of a name is one of things that are numbered, such as flights."""
    return _last_in(name, _CODED)


def names_groups(name: str) -> bool:
    """Tell whether a name is one of groups, which are numbered by codes.

    Examples
    --------
    >>> names_groups("StoreDistrict"), names_groups("age group"), names_groups("YearsAtCompany")
    (True, True, False)
    """
    words = words_of(name)
    return len(words) <= _MOST_WORDS_OF_GROUP and _last_in(name, _GROUPS) and words[0] not in _COUNTED


def names_measurement(name: str) -> bool:
    """Tell whether a name is one of a measurement that may count up by one from row to row.

    Examples
    --------
    >>> names_measurement("Year"), names_measurement("n_tokens"), names_measurement("n"), names_measurement("case")
    (True, True, False, False)
    """
    words = words_of(name)
    return not _MEASURED.isdisjoint(words) or (len(words) > 1 and words[0] in ("n", "num", "number"))


def names_rank(name: str) -> bool:
    """Tell whether a name is one of a ranking, whose numbers go from 1 to the number of rows as row numbers do."""
    return not _RANKS.isdisjoint(words_of(name))


def _without_digits(name: str) -> list[str]:
    return [word for word in words_of(name) if not word.isdigit()]


def _last_in(name: str, known: Set[str]) -> bool:
    words = _without_digits(name)
    return bool(words) and words[-1] in known
