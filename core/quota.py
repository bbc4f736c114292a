"""Who may ask for how much: rules over calendar windows; pure."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo


class Window(StrEnum):
    """The stretch of the calendar over which a rule counts."""

    DAY = "day"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Rule:
    """At most `limit` credits on `account` within each `window` of the calendar in `zone`."""

    name: str
    account: str
    limit: int
    window: Window
    zone: ZoneInfo

    def __post_init__(self) -> None:
        if self.limit < 0:
            raise ValueError(f"a limit is 0 or more: {self.limit}")

    def span(self, now: datetime) -> tuple[datetime, datetime]:
        """The window that `now` lies in, as aware UTC times: its first moment, and the first of the next.

        The calendar is the zone's own: where clocks change, a day has 23 or 25 hours.
        """
        today = now.astimezone(self.zone).date()
        if self.window is Window.DAY:
            first, following = today, today + timedelta(days=1)
        else:
            first = today.replace(day=1)
            following = (first + timedelta(days=31)).replace(day=1)
        start, end = (datetime.combine(day, time.min, self.zone).astimezone(UTC) for day in (first, following))
        return start, end


@dataclass(frozen=True, slots=True)
class Standing:
    """How much of a rule is used, by what is held and what is spent. `limit` is None where nothing limits."""

    limit: int | None
    used: int
    resets_at: datetime | None

    @property
    def left(self) -> int | None:
        """What can still be asked for; never below zero, even where the limit was lowered since."""
        return None if self.limit is None else max(0, self.limit - self.used)
