"""A step of the work: what is being done, how far it is, how fast it goes and how long it will take, in words."""

import math
from dataclasses import dataclass, replace
from typing import Self

from .. import words

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
    number : int
        How many times it has begun: some passes are made again.
    first : tuple of float and int, or None
        When something was told first, and how much was done by then: what comes before that, such as opening a file,
        says nothing of the speed.
    """

    what: str
    began: float
    told: float
    unit: str = "rows"
    done: int | None = None
    total: int | None = None
    detail: str = ""
    counted: bool = True
    number: int = 1
    first: tuple[float, int] | None = None

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
            first=(now, done) if self.first is None else self.first,
        )

    @property
    def name(self) -> str:
        """What is being done, and for which time."""
        return self.what if self.number == 1 else f"{self.what}, pass {self.number}"

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
        return f"{self.name}: {', '.join(part for part in parts if part)}"

    @property
    def _speed(self) -> int | None:
        """Rows per second, to three digits."""
        pace = self._pace
        if self.unit != "rows" or pace is None:
            return None
        speed = round(pace)
        return max(1, round(speed, 3 - len(str(speed)))) if speed >= 1000 else max(1, speed)

    @property
    def _pace(self) -> float | None:
        """Units per second, on average since the first was told."""
        if self.first is None or self.done is None:
            return None
        when, done = self.first
        took = self.told - when
        return (self.done - done) / took if took >= _FIRST_SPEED and self.done > done else None

    def _left(self, now: float) -> float | None:
        pace = self._pace
        if pace is None or self.share is None:
            return None
        to_do = (self.total or 0) - (self.done or 0)
        return max(0.0, to_do / pace - (now - self.told))


def _millions(n: int, of: int = 0) -> str:
    return f"{n / 1e6:,.1f}M" if max(n, of) >= 1e6 else words.count(n)


def _time(seconds: float) -> str:
    whole = math.ceil(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02} min"
