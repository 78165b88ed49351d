"""A checksum inside the file that it is of, at a place that never changes."""

import hashlib

# How the header of a file begins, after eight bytes with its length. Between the two lines are the digits of the
# checksum; the spaces keep the arrays at multiples of eight.
_METADATA = b'{"__metadata__":{'
_BEFORE_DIGITS = _METADATA + b'"sha256":"'
_AFTER_DIGITS = b'",    '
_N_DIGITS = 64


def with_checksum(data: bytes) -> bytes:
    """Return the bytes of a file with its checksum in them."""
    added = len(_BEFORE_DIGITS) - len(_METADATA) + _N_DIGITS + len(_AFTER_DIGITS)
    length = int.from_bytes(data[:8], "little") + added
    before = length.to_bytes(8, "little") + _BEFORE_DIGITS
    after = _AFTER_DIGITS + data[8 + len(_METADATA) :]
    return before + hashlib.sha256(before + after).hexdigest().encode() + after


def has_checksum(data: bytes) -> bool:
    """Return whether a file has a checksum, as all but the first ones have; raise `ValueError` if it is a wrong one."""
    start = 8 + len(_BEFORE_DIGITS)
    if data[8:start] != _BEFORE_DIGITS:
        return False
    stop = start + _N_DIGITS
    if hashlib.sha256(data[:start] + data[stop:]).hexdigest().encode() != data[start:stop]:
        raise ValueError("its checksum does not match its content, so it is damaged; copy it or save it again")
    return True
