"""Whether a text is another one that somebody mistyped: words with letters put in, left out, replaced or swapped."""

import re

# A slip needs a word of so many letters, so many of them different, and letters that are swapped need fewer: shorter
# words are too often others themselves.
_LETTERS, _DIFFERENT = 5, 3
_LETTERS_SWAPPED = 4

_WORD = re.compile(r"\w+")


def slips(text: str, meant: str, most: int) -> int:
    """Return how many letters were put in, left out, replaced, or swapped with the next; `most` + 1 if more.

    Slips stand apart from one another: where letters side by side differ, the words do. People hardly ever err in the
    first letter of a word, which counts as another word, and a word with a digit is a code. Four in five misspelt words
    have one slip (Damerau 1964, "A technique for computer detection and correction of spelling errors", Communications
    of the ACM 7); on first letters Yannakoudakis and Fawthrop (1983), "The rules of spelling errors", Information
    Processing & Management 19.

    Parameters
    ----------
    text, meant : str
        What stands there, and what may have been meant, both in lower case.
    most : int
        Slips that are looked for.

    Examples
    --------
    >>> slips("olso", "oslo", 1), slips("commecial", "commercial", 2), slips("mother", "other", 1)
    (1, 1, 2)
    >>> slips("austria", "australia", 2), slips("iran", "iraq", 1), slips("route 66a", "route 66b", 2)
    (3, 2, 3)
    """
    ours, theirs = _words(text), _words(meant)
    states = {(0, 0)}
    for made in range(most + 1):
        following = set()
        for start, begin in states:
            n_same = _n_same(text[start:], meant[begin:])
            place, other = start + n_same, begin + n_same
            if place == len(text) and other == len(meant):
                return made
            if n_same or not made:
                following.update(_after_one(text, meant, place, other, ours, theirs))
        states = following
    return most + 1


def _n_same(one: str, other: str) -> int:
    """Return with how many of the same characters two texts begin."""
    return next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _after_one(
    text: str, meant: str, place: int, other: int, ours: list[str], theirs: list[str]
) -> set[tuple[int, int]]:
    """Return where two texts may go on after a slip at these places."""
    found = set()
    pair, words = text[place : place + 2], (_at(ours, place), _at(theirs, other))
    if len(pair) == 2 and pair[::-1] == meant[other : other + 2] and _is_word(words, _LETTERS_SWAPPED):
        found.add((place + 2, other + 2))
    letter, due = text[place : place + 1], meant[other : other + 1]
    begins = place == 0 or other == 0 or not text[place - 1].isalpha()
    if begins or not _is_word(words, _LETTERS):
        return found
    if letter and due:
        found.add((place + 1, other + 1))
    if letter:
        found.add((place + 1, other))
    if due:
        found.add((place, other + 1))
    return found


def _words(text: str) -> list[str]:
    """Return the word in which each character of a text stands."""
    found = [""] * len(text)
    for word in _WORD.finditer(text):
        found[word.start() : word.end()] = [word.group()] * len(word.group())
    return found


def _at(words: list[str], place: int) -> str:
    """Return the word at a place, or just before it."""
    here = words[place] if place < len(words) else ""
    return here or (words[place - 1] if place else "")


def _is_word(words: tuple[str, str], n_letters: int) -> bool:
    """Tell whether one of two words that stand for one another is long enough, and both have no digits."""
    if any(map(str.isdigit, "".join(words))):
        return False
    return any(len(word) >= n_letters and len(set(word)) >= _DIFFERENT for word in words)
