"""What texts are that are neither numbers nor dates: flags, categories, names of rows, or free text."""

from ..kinds.category import Category, Flag, Text
from ..kinds.kind import Kind
from ..kinds.unused import ROW_NAMES, Constant, Identifier
from ..seen.cells import is_dictionary
from ..seen.column_seen import ColumnSeen
from ..seen.examples import examples_of
from ..seen.marks import is_punctuation
from .naming import names_key, names_rows

# Texts without any repetition are names of the rows, from so many rows on; fewer differ by chance.
_FEWEST_NAMED = 20

# Categories: so many rows on average for each level.
_ROWS_OF_LEVEL = 2

# Prose: characters of a text on average, and words, from so many different ones on, unless they repeat as often.
_PROSE_CHARACTERS, _PROSE_WORDS, _FEWEST_SENTENCES, _ROWS_OF_SENTENCE = 60, 6, 20, 5

# Codes: the share of texts that are single words, and of the cells that do not repeat, with digits in the words or not.
_MOST_ARE_CODES, _CODES_DIFFER, _NAMES_DIFFER = 0.95, 0.5, 0.9

_FLAGS = (
    {"true", "false"}, {"t", "f"}, {"yes", "no"}, {"y", "n"}, {"0", "1"}, {"on", "off"}, {"absent", "present"},
    {"positive", "negative"}, {"pos", "neg"}, {"-", "+"}, {"ja", "nein"}, {"j", "n"}, {"oui", "non"}, {"o", "n"},
    {"si", "no"}, {"sí", "no"}, {"sim", "não"}, {"wahr", "falsch"}, {"vrai", "faux"}, {"✓", "✗"}, {"true", "untrue"},
    {"alive", "dead"}, {"pass", "fail"}, {"success", "failure"}, {"enabled", "disabled"}, {"active", "inactive"},
)  # fmt: skip


def kind_of_words(name: str, seen: ColumnSeen) -> Kind:
    """Return the kind of a column of texts that are neither numbers nor dates.

    Parameters
    ----------
    name : str
        Its name.
    seen : ColumnSeen
        What was seen of it.
    """
    words, levels = seen.words, seen.levels
    texts = examples_of(seen)
    n_distinct = words.n_distinct + levels.n_distinct
    if n_distinct == 1:
        return Constant(next(iter(texts)).strip())
    missing = missing_level(texts) if n_distinct <= len(texts) else ()
    n_distinct -= len(missing)
    if n_distinct == 2 and {text.strip().lower() for text in texts if text not in missing} in _FLAGS:
        return Flag(missing=missing)
    if is_dictionary(seen.arrow_type) and words.is_exact:
        return Category(missing=missing)
    return _names_or_levels(name, seen, texts, missing, n_distinct)


def _names_or_levels(
    name: str, seen: ColumnSeen, texts: dict[str, int], missing: tuple[str, ...], n_distinct: int
) -> Kind:
    """Return the kind of texts by how often they repeat."""
    words = seen.words
    n_present = seen.n_present - sum(texts[text] for text in missing)
    share = n_distinct / n_present if words.is_exact and seen.levels.is_exact else words.share_distinct
    if share == 1.0 and (n_present >= _FEWEST_NAMED or names_key(name) or names_rows(name)):
        return Text() if _are_prose(texts) else Identifier(ROW_NAMES if names_rows(name) else "identifier")
    if share > _CODES_DIFFER or not words.is_exact:
        are_names = n_present >= _FEWEST_NAMED and (
            _are_codes(texts, digits=share < _NAMES_DIFFER) or (names_key(name) and not _are_prose(texts))
        )
        return Identifier() if are_names else _few(n_present, n_distinct)
    if n_present < _ROWS_OF_LEVEL * n_distinct:
        return _few(n_present, n_distinct)
    are_sentences = n_present < _ROWS_OF_SENTENCE * n_distinct and n_distinct >= _FEWEST_SENTENCES
    return Text() if are_sentences and _are_prose(texts) else Category(missing=missing)


def missing_level(texts: dict[str, int]) -> tuple[str, ...]:
    """Return the level that means a missing value, as a tuple of one, or an empty one.

    Words such as "unknown" are answers. A mark of punctuation is missing where it is the only level without letters or
    digits, and there are two others at least.

    Parameters
    ----------
    texts : dict of str to int
        The levels, and how often each occurs.

    Examples
    --------
    >>> missing_level({"red": 3, "?": 1, "blue": 2}), missing_level({"+": 3, "-": 4}), missing_level({"x": 3, "-": 9})
    (('?',), (), ())
    """
    found = [text for text in texts if not any(map(str.isalnum, text))]
    return tuple(found) if len(found) == 1 and is_punctuation(found[0]) and len(texts) >= 3 else ()


def _few(n_present: int, n_distinct: int) -> Kind:
    """Return the kind of texts in a table of few rows, where levels repeat less often; else they are free text."""
    return Category() if n_present < _FEWEST_NAMED and n_distinct < 0.75 * n_present else Text()


def _are_prose(texts: dict[str, int]) -> bool:
    """Tell whether texts are sentences, which nobody repeats."""
    n_characters = sum(map(len, texts))
    n_words = sum(len(text.split()) for text in texts)
    return n_characters >= _PROSE_CHARACTERS * len(texts) or n_words >= _PROSE_WORDS * len(texts)


def _are_codes(texts: dict[str, int], *, digits: bool) -> bool:
    """Tell whether texts are single words, with a digit in each if need be, or addresses."""
    found = sum(_is_code(text.strip(), digits=digits) for text in texts)
    return found >= _MOST_ARE_CODES * len(texts)


def _is_code(text: str, *, digits: bool) -> bool:
    is_word = not any(map(str.isspace, text))
    return is_word and (not digits or any(map(str.isdigit, text)) or "@" in text or "://" in text)
