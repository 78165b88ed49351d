"""Currencies as they stand before and behind numbers."""

import re

# The currency symbols of Unicode (category Sc).
_SYMBOLS = "$¢£¤¥֏؋৲৳৻૱௹฿៛₠-⃀꠸﷼﹩＄￠￡￥￦"
# ISO 4217, without the codes that are English words (ALL, TOP).
_CODES = (
    "AED ARS AUD BDT BGN BHD BRL BTC CAD CHF CLP CNY COP CRC CZK DEM DKK DOP DZD EGP ESP ETH EUR FRF GBP GEL "
    "GHS HKD HRK HUF IDR ILS INR IQD IRR ISK ITL JMD JOD JPY KES KRW KWD KZT LBP LKR MAD MXN MYR NGN NLG NOK "
    "NPR NZD OMR PEN PHP PKR PLN QAR RMB RON RSD RUB SAR SEK SGD THB TND TRY TTD TWD TZS UAH UGX USD UYU UZS "
    "VND XAF XAU XOF ZAR ZMW"
)
_WORDS = (
    r"[Ee]uros?|[Ee]ur|[Uu]sd|gbp|Rs\.?|rs\.|[Kk]r\.?|s?Fr\.|Kč|zł|Ft|[Ll]ei|лв\.?|руб\.?|грн\.?|S/\.?|元|円|원"
    r"|Rp\.?|đ|TL|KSh|Php|Dhs?"
)

CURRENCY = rf"[A-Za-z]{{0,3}}\.? ?[{_SYMBOLS}][A-Z]{{0,3}}|(?:{'|'.join(_CODES.split())})|{_WORDS}"

_CURRENCY = re.compile(CURRENCY)


def is_currency(text: str) -> bool:
    """Whether a text is a symbol, a code or a name of a currency.

    Examples
    --------
    >>> is_currency("US$"), is_currency("€"), is_currency("kg")
    (True, True, False)
    """
    return _CURRENCY.fullmatch(text) is not None
