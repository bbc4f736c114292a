"""Somebody who counts by hand what everybody has used, job by job, with a calendar on the wall.

They know nothing of the ledger's windows: no line here is of `core.ledger`, and none of `core.quota` but the names.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from core.model import JobId
from core.quota import Window

# A calendar of one's own


def last_sunday(year: int, month: int) -> int:
    """Its day, by counting weekdays on from Monday the first of January 1900."""
    days = sum(366 if y % 4 == 0 and (y % 100 or y % 400 == 0) else 365 for y in range(1900, year))
    for m in range(1, month + 1):
        days += month_length(year, m)
    return month_length(year, month) - days % 7  # `days` ends with the month's last, 0 is a Sunday


def month_length(year: int, month: int) -> int:
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 or year % 400 == 0) else 28
    return 30 if month in {4, 6, 9, 11} else 31


def on_the_wall(at: datetime, berlin: bool) -> datetime:
    """What a clock shows there; in Berlin it is an hour ahead, in summer two, from 01:00 UTC on both Sundays."""
    at = at.replace(tzinfo=None)
    if not berlin:
        return at
    begins = datetime(at.year, 3, last_sunday(at.year, 3), 1)  # noqa: DTZ001 - a wall has no zone
    ends = datetime(at.year, 10, last_sunday(at.year, 10), 1)  # noqa: DTZ001
    return at + timedelta(hours=2 if begins <= at < ends else 1)


def same_window(window: Window, one: datetime, other: datetime, berlin: bool) -> bool:
    """Whether two moments are on one page of the calendar; or, for what reaches back, whether `one` is near enough."""
    reach = {Window.LAST_DAY: 24, Window.LAST_WEEK: 7 * 24, Window.LAST_MONTH: 30 * 24}.get(window)
    if reach is not None:
        return (other - one).total_seconds() < reach * 3600
    here, there = on_the_wall(one, berlin), on_the_wall(other, berlin)
    if window is Window.MONTH:
        return (here.year, here.month) == (there.year, there.month)
    if window is Window.WEEK:  # day 1 was a Monday
        return (here.toordinal() - 1) // 7 == (there.toordinal() - 1) // 7
    return here.toordinal() == there.toordinal()


# Somebody who counts by hand


@dataclass
class Entry:
    id: JobId
    person: str
    community: str
    price: int
    bonus: int
    money: int
    at: datetime
    state: str = "held"
    forgiven: bool = False
    lost: bool = False


@dataclass(frozen=True)
class Said:
    """A rule as its words go: of what, over what, how much at most; host's rules are by the clock of UTC."""

    kind: str
    scope: str
    window: Window
    limit: int
    berlin: bool

    def counts(self, entry: Entry, person: str, community: str) -> int:
        """What an entry weighs for somebody, whenever it was."""
        if self.kind == "budget":
            return entry.money if entry.state != "released" or entry.lost else 0
        if entry.state == "released":
            return 0
        if "person" in self.scope and entry.person != person:
            return 0
        if "community" in self.scope and entry.community != community:
            return 0
        if self.kind in {"person", "share"}:
            return 0 if entry.forgiven else entry.price - entry.bonus
        return entry.price


ORDER = ["person", "share", "pool", "ceiling", "host_pool", "budget"]
FIRST = {
    ("person", "person", Window.DAY): 4,
    ("person", "person community", Window.WEEK): 9,
    ("person", "person community", Window.LAST_DAY): 6,
    ("share", "person community", Window.MONTH): 9,
    ("pool", "community", Window.DAY): 6,
    ("ceiling", "person", Window.DAY): 6,
    ("host_pool", "community", Window.MONTH): 14,
    ("budget", "", Window.MONTH): 70,
}


@dataclass
class ByHand:
    entries: list[Entry] = field(default_factory=list)
    gifts: dict[tuple[str, str], int] = field(default_factory=dict)
    limits: dict[tuple[str, str, Window], int] = field(default_factory=lambda: dict(FIRST))
    berlin: bool = True

    def time(self, clock: datetime) -> datetime:
        return max([clock, *(entry.at for entry in self.entries)])

    def rules(self) -> list[Said]:
        own = {"person", "share", "pool"}
        said = [
            Said(kind, scope, window, limit, berlin=self.berlin and kind in own and scope != "person")
            for (kind, scope, window), limit in self.limits.items()
        ]
        return sorted(said, key=lambda each: (ORDER.index(each.kind), list(Window).index(each.window)))

    def used(self, said: Said, person: str, community: str, now: datetime) -> int:
        return sum(
            said.counts(entry, person, community)
            for entry in self.entries
            if same_window(said.window, entry.at, now, said.berlin)
        )

    def gift_left(self, person: str, community: str) -> int:
        used = sum(
            entry.bonus
            for entry in self.entries
            if (entry.person, entry.community) == (person, community) and entry.state != "released"
        )
        return self.gifts.get((person, community), 0) - used

    def ask(self, person: str, community: str, price: int, money: int, now: datetime) -> tuple[int, Said | None]:
        """The part that a gift pays, and who says no to it, if anybody does."""
        left = {said: max(0, said.limit - self.used(said, person, community, now)) for said in self.rules()}
        short = max([0, *(price - rest for said, rest in left.items() if said.kind == "person")])
        bonus = min(short, self.gift_left(person, community))
        for said, rest in left.items():
            wanted = money if said.kind == "budget" else price - bonus if said.kind in {"person", "share"} else price
            if wanted > rest:
                return bonus, said
        return bonus, None
