"""Names of months and weekdays in several languages, as the Unicode Common Locale Data Repository (CLDR) has them.

No name stands for different months in two of these languages, so that it is read without knowing the language. To
write dates it is known: the first language, in the order below, that has the names in most of the cells. Where a month
has another case beside a day ("5 marca 2024", "marzec 2024"), the names of months alone are a list of their own.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cache

# Months in full, months abbreviated, weekdays in full, weekdays abbreviated.
_NAMES = {
    "en": (
        "January February March April May June July August September October November December",
        "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec",
        "Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
        "Mon Tue Wed Thu Fri Sat Sun",
    ),
    "de": (
        "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
        "Jan Feb Mär Apr Mai Jun Jul Aug Sep Okt Nov Dez",
        "Montag Dienstag Mittwoch Donnerstag Freitag Samstag Sonntag",
        "Mo Di Mi Do Fr Sa So",
    ),
    "fr": (
        "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
        "janv févr mars avr mai juin juil août sept oct nov déc",
        "lundi mardi mercredi jeudi vendredi samedi dimanche",
        "lun mar mer jeu ven sam dim",
    ),
    "es": (
        "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
        "ene feb mar abr may jun jul ago sept oct nov dic",
        "lunes martes miércoles jueves viernes sábado domingo",
        "lun mar mié jue vie sáb dom",
    ),
    "it": (
        "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
        "gen feb mar apr mag giu lug ago set ott nov dic",
        "lunedì martedì mercoledì giovedì venerdì sabato domenica",
        "lun mar mer gio ven sab dom",
    ),
    "pt": (
        "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
        "jan fev mar abr mai jun jul ago set out nov dez",
        "segunda-feira terça-feira quarta-feira quinta-feira sexta-feira sábado domingo",
        "seg ter qua qui sex sáb dom",
    ),
    "nl": (
        "januari februari maart april mei juni juli augustus september oktober november december",
        "jan feb mrt apr mei jun jul aug sep okt nov dec",
        "maandag dinsdag woensdag donderdag vrijdag zaterdag zondag",
        "ma di wo do vr za zo",
    ),
    "sv": (
        "januari februari mars april maj juni juli augusti september oktober november december",
        "jan feb mars apr maj juni juli aug sep okt nov dec",
        "måndag tisdag onsdag torsdag fredag lördag söndag",
        "mån tis ons tors fre lör sön",
    ),
    "da": (
        "januar februar marts april maj juni juli august september oktober november december",
        "jan feb mar apr maj jun jul aug sep okt nov dec",
        "mandag tirsdag onsdag torsdag fredag lørdag søndag",
        "man tirs ons tors fre lør søn",
    ),
    "nb": (
        "januar februar mars april mai juni juli august september oktober november desember",
        "jan feb mar apr mai jun jul aug sep okt nov des",
        "mandag tirsdag onsdag torsdag fredag lørdag søndag",
        "man tir ons tor fre lør søn",
    ),
    "pl": (
        "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia",
        "sty lut mar kwi maj cze lip sie wrz paź lis gru",
        "poniedziałek wtorek środa czwartek piątek sobota niedziela",
        "pon wt śr czw pt sob niedz",
    ),
    "pl-alone": (
        "styczeń luty marzec kwiecień maj czerwiec lipiec sierpień wrzesień październik listopad grudzień",
        "sty lut mar kwi maj cze lip sie wrz paź lis gru",
        "poniedziałek wtorek środa czwartek piątek sobota niedziela",
        "pon wt śr czw pt sob niedz",
    ),
    "cs": (
        "ledna února března dubna května června července srpna září října listopadu prosince",
        "led úno bře dub kvě čvn čvc srp zář říj lis pro",
        "pondělí úterý středa čtvrtek pátek sobota neděle",
        "po út st čt pá so ne",
    ),
    "cs-alone": (
        "leden únor březen duben květen červen červenec srpen září říjen listopad prosinec",
        "led úno bře dub kvě čvn čvc srp zář říj lis pro",
        "pondělí úterý středa čtvrtek pátek sobota neděle",
        "po út st čt pá so ne",
    ),
    "ru": (
        "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
        "янв февр мар апр мая июн июл авг сент окт нояб дек",
        "понедельник вторник среда четверг пятница суббота воскресенье",
        "пн вт ср чт пт сб вс",
    ),
    "ru-alone": (
        "январь февраль март апрель май июнь июль август сентябрь октябрь ноябрь декабрь",
        "янв февр март апр май июнь июль авг сент окт нояб дек",
        "понедельник вторник среда четверг пятница суббота воскресенье",
        "пн вт ср чт пт сб вс",
    ),
    "uk": (
        "січня лютого березня квітня травня червня липня серпня вересня жовтня листопада грудня",
        "січ лют бер квіт трав черв лип серп вер жовт лист груд",
        "понеділок вівторок середа четвер пʼятниця субота неділя",
        "пн вт ср чт пт сб нд",
    ),
    "uk-alone": (
        "січень лютий березень квітень травень червень липень серпень вересень жовтень листопад грудень",
        "січ лют бер квіт трав черв лип серп вер жовт лист груд",
        "понеділок вівторок середа четвер пʼятниця субота неділя",
        "пн вт ср чт пт сб нд",
    ),
    "fi": (
        "tammikuuta helmikuuta maaliskuuta huhtikuuta toukokuuta kesäkuuta heinäkuuta elokuuta syyskuuta lokakuuta "
        "marraskuuta joulukuuta",
        "tammi helmi maalis huhti touko kesä heinä elo syys loka marras joulu",
        "maanantai tiistai keskiviikko torstai perjantai lauantai sunnuntai",
        "ma ti ke to pe la su",
    ),
    "fi-alone": (
        "tammikuu helmikuu maaliskuu huhtikuu toukokuu kesäkuu heinäkuu elokuu syyskuu lokakuu marraskuu joulukuu",
        "tammi helmi maalis huhti touko kesä heinä elo syys loka marras joulu",
        "maanantaina tiistaina keskiviikkona torstaina perjantaina lauantaina sunnuntaina",
        "ma ti ke to pe la su",
    ),
}
_TABLES = {language: tuple(names.split() for names in lists) for language, lists in _NAMES.items()}

# Other ways to write them: of spreadsheets, without umlauts, of Austria, of three letters.
_MORE_MONTHS = {
    "sept": 9,
    "mrz": 3,
    "maerz": 3,
    "jänner": 1,
    "jaenner": 1,
    "feber": 2,
    "fév": 2,
    "fev": 2,
    "sett": 9,
    "фев": 2,
    "сен": 9,
    "ноя": 11,
}
_MORE_WEEKDAYS = ("tues", "wednes", "wednesday", "thur", "thurs", "satur", "sonnabend", "mer", "tir", "tor", "tirs")


def _titled(name: str) -> str:
    return name[:1].upper() + name[1:].lower()


def _spelled(name: str) -> set[str]:
    """Return the ways to write a name that differ by more than the case of ASCII letters: "août", "aoÛt", "aout"."""
    plain = "".join(sign for sign in unicodedata.normalize("NFD", name) if not unicodedata.combining(sign))
    cased = {name.lower(), name.upper(), _titled(name), plain.lower()}
    ascii_lowered = {"".join(sign.lower() if sign.isascii() else sign for sign in way) for way in cased}
    return {way.replace("ʼ", apostrophe) for way in ascii_lowered for apostrophe in "ʼ’'"}


def _any_of(names: Iterable[bytes]) -> bytes:
    """Return a regular expression of names: the longest first, of which others are the beginning."""
    ordered: list[bytes] = sorted(names, key=lambda name: (-len(name), name))
    return b"|".join(ordered)


_NUMBERS = {
    spelling.encode(): number
    for table in [*_TABLES.values()]
    for names in table[:2]
    for number, name in enumerate(names, 1)
    for spelling in _spelled(name)
} | {spelling.encode(): number for name, number in _MORE_MONTHS.items() for spelling in _spelled(name)}
_WEEKDAYS = {
    spelling.encode()
    for name in [*(name for table in _TABLES.values() for names in table[2:] for name in names), *_MORE_WEEKDAYS]
    for spelling in _spelled(name)
}

MONTH = _any_of(_NUMBERS)
"""A regular expression of the names of months, in lower case."""

WEEKDAY = _any_of(_WEEKDAYS)
"""A regular expression of the names of weekdays, in lower case."""

WORDS = frozenset(word for name in (*_NUMBERS, *_WEEKDAYS) for word in re.split(b"[-']", name))
"""The words in these names, in lower case."""


def month_number(name: bytes) -> int:
    """Return which month has a name, 1 to 12.

    Examples
    --------
    >>> month_number("März".encode()), month_number(b"DEC."), month_number(b"ago")
    (3, 12, 8)
    """
    return _NUMBERS[_bare(name)]


def language_of(names: Iterable[tuple[bytes, float]]) -> str:
    """Return the language that most names are of, the first of several.

    Parameters
    ----------
    names : iterable of (bytes, float)
        Names of months and weekdays, and how many cells have each.

    Examples
    --------
    >>> language_of([(b"Juni", 3.0), ("März".encode(), 1.0)]), language_of([(b"May", 1.0)])
    ('de', 'en')
    """
    votes: defaultdict[str, float] = defaultdict(float)
    for name, weight in names:
        for language in _TABLES:
            votes[language] += weight * (_bare(name) in _spellings(language))
    return max(_TABLES, key=lambda language: votes[language])


def _bare(name: bytes) -> bytes:
    return name.lower().removesuffix(b".")


@cache
def _spellings(language: str) -> frozenset[bytes]:
    return frozenset(spelling.encode() for names in _TABLES[language] for name in names for spelling in _spelled(name))


def name_written(text: str, example: str, language: str) -> tuple[str, bool]:
    """Return the field of a template that writes names as one is written, and whether it tells its length.

    Parameters
    ----------
    text : str
        A name of a month or weekday.
    example : {"January", "Monday"}
        Which of both it is.
    language : str
        Its language.

    Examples
    --------
    >>> name_written("MARCH", "January", "en"), name_written("déc.", "January", "fr")
    (('JANUARY', True), ('jan.:fr', True))
    >>> name_written("mai", "January", "fr")
    ('january:fr', False)
    """
    full, short = _lists(example, language)
    written = text.lower().removesuffix(".")
    in_full = any(written in _spelled(name) for name in full)
    tells = not (in_full and any(written in _spelled(name) for name in short))
    name = example if in_full else example[:3] + "." * text.endswith(".")
    cased = name.upper() if text.isupper() else name.lower() if text.islower() else name
    return cased + _ending(language), tells


@cache
def names_of(month: int, weekday: int) -> Mapping[str, str]:
    """Return what fields of templates stand for in a month from 1 to 12, on a weekday from 0 to 6."""
    words: dict[str, str] = {}
    for language in _TABLES:
        for example, position in (("January", month - 1), ("Monday", weekday)):
            full, short = (names[position] for names in _lists(example, language))
            # What is not abbreviated has no full stop.
            stopped = short if short.lower() == full.lower() else f"{short}."
            for field, name in ((example, full), (example[:3], short), (f"{example[:3]}.", stopped)):
                words |= {way(field) + _ending(language): way(name) for way in (_titled, str.upper, str.lower)}
    return words


def _ending(language: str) -> str:
    return "" if language == "en" else f":{language}"


def _lists(example: str, language: str) -> tuple[list[str], list[str]]:
    first = 0 if example == "January" else 2
    return _TABLES[language][first], _TABLES[language][first + 1]
