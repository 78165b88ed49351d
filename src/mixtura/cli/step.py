"""A step of the work: what is being done, how far it is, how fast it goes and how long it will take, in words."""

import math
from dataclasses import dataclass, replace
from typing import Self

from . import words

# Before so many seconds a speed says little.
_FIRST_SPEED = 1.0


@dataclass(frozen=True)
class Step:
    """A step of the work, as it stood when something was last told of it.

    Attributes
    ----------
    what : str
        What is being done.
    began, told : float
        When it began, and when something was last told of it, in seconds of one clock.
    unit : str
        What is counted, in the plural.
    done : int or None
        How many of these are done, None while nobody has said.
    total : int or None
        How many there are to do, where that is known.
    detail : str
        What else there is to say in place of the count, or after it.
    counted : bool
        Whether the count is said at all.
    """

    what: str
    began: float
    told: float
    unit: str = "rows"
    done: int | None = None
    total: int | None = None
    detail: str = ""
    counted: bool = True

    def at(self, now: float, done: int, total: int | None, unit: str, detail: str, *, counted: bool) -> Self:
        """Return the step as it stands now; a total that was known stays so."""
        return replace(
            self,
            told=now,
            done=done,
            total=self.total if total is None and unit == self.unit else total,
            unit=unit,
            detail=detail,
            counted=counted,
        )

    @property
    def share(self) -> float | None:
        """Share of the work that is done, None while nobody knows."""
        # Of one thing nobody knows how far it is until it is done.
        if self.done is None or self.total is None or self.total <= 1:
            return None
        return min(self.done / self.total, 1.0)

    def short(self, now: float) -> str:
        """Return how far it is, for a bar: columns of steady widths, large numbers in millions."""
        parts = []
        if self.share is not None and self.counted:
            total = _millions(self.total or 0)
            done = _millions(self.done or 0, self.total or 0)
            parts.append(f"{done:>{len(total)}} of {total} {self.unit}")
        elif self.done and self.total is None and self.counted:
            parts.append(f"{_millions(self.done)} {self.unit}")
        speed = self._speed
        if speed is not None:
            parts.append(f"{_millions(speed):>7} {self.unit}/s")
        parts.append(self.detail)
        left = self._left(now)
        parts.append(_time(now - self.began) if left is None else f"{_time(left)} left")
        return "  ".join(part for part in parts if part)

    def sentence(self, now: float) -> str:
        """Return what is being done and how far it is, for a line of text."""
        parts = []
        if self.share is not None and self.counted:
            parts.append(
                f"{words.count(self.done or 0)} of {words.count(self.total or 0)} {self.unit} ({self.share:.0%})"
            )
        elif self.done and self.total is None and self.counted:
            parts.append(words.plural(self.done, self.unit.removesuffix("s")))
        speed = self._speed
        if speed is not None:
            millions = f"{speed / 1e6:.1f} million" if speed >= 1e6 else words.count(speed)
            parts.append(f"{millions} {self.unit}/s")
        parts.append(self.detail)
        left = self._left(now)
        parts.append(f"{_time(now - self.began)} so far" if left is None else f"{_time(left)} left")
        return f"{self.what}: {', '.join(part for part in parts if part)}"

    @property
    def _speed(self) -> int | None:
        """Rows per second, on average since the step began, to three digits."""
        took = self.told - self.began
        if self.unit != "rows" or not self.done or took < _FIRST_SPEED:
            return None
        speed = round(self.done / took)
        digits = max(0, len(str(speed)) - 3)
        return max(1, round(speed, -digits))

    def _left(self, now: float) -> float | None:
        took = self.told - self.began
        if not self.share or took < _FIRST_SPEED:
            return None
        return max(0.0, took / self.share - (now - self.began))


def _millions(n: int, of: int = 0) -> str:
    return f"{n / 1e6:,.1f}M" if max(n, of) >= 1e6 else words.count(n)


def _time(seconds: float) -> str:
    whole = math.ceil(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02} min"
