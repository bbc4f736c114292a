"""Who may have how much: limits by person, role, community and installation, and the rules that come of them; pure."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo


class Window(StrEnum):
    """The stretch of time over which a rule counts: the calendar's days, or what lies back from now."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    LAST_DAY = "last_day"
    LAST_WEEK = "last_week"
    LAST_MONTH = "last_month"

    @property
    def rolling(self) -> timedelta | None:
        """How far it reaches back from now; None for one of the calendar, which begins and ends for everybody."""
        return _ROLLING.get(self)

    def span(self, now: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """The window that `now` lies in, as aware UTC times: its first moment, and the first after it.

        The calendar is the zone's own: where clocks change, a day has 23 or 25 hours. A week begins on Monday. One
        that reaches back ends with `now`.
        """
        if self.rolling is not None:
            return now.astimezone(UTC) - self.rolling, now.astimezone(UTC)
        today = now.astimezone(zone).date()
        match self:
            case Window.DAY:
                first, following = today, today + timedelta(days=1)
            case Window.WEEK:
                first = today - timedelta(days=today.weekday())
                following = first + timedelta(days=7)
            case _:
                first = today.replace(day=1)
                following = (first + timedelta(days=31)).replace(day=1)
        start, end = (datetime.combine(day, time.min, zone).astimezone(UTC) for day in (first, following))
        return start, end


_ROLLING: Final = {
    Window.LAST_DAY: timedelta(hours=24),
    Window.LAST_WEEK: timedelta(days=7),
    Window.LAST_MONTH: timedelta(days=30),
}


class Source(StrEnum):
    """Who set a value, in the order in which they are asked: the first who did is heard."""

    PERSON = "person"
    ROLE = "role"
    COMMUNITY = "community"
    INSTALLATION = "installation"


VALUE_MOST: Final = 1_000_000
"""More than anybody needs, and far from what a column holds."""


class Limit(StrEnum):
    """What can be limited. All but those of the pool are each person's own, and may differ by role and person."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    LAST_DAY = "last_day"
    LAST_WEEK = "last_week"
    LAST_MONTH = "last_month"
    RUNNING = "running"
    WAITING = "waiting"
    WEIGHT = "weight"
    """How much of their community's line somebody has, in percent of what everybody has."""
    POOL_DAY = "pool_day"
    POOL_WEEK = "pool_week"
    POOL_MONTH = "pool_month"
    POOL_SHARE = "pool_share"
    """How much of each pool one member may have, in percent."""
    POOL_RUNNING = "pool_running"
    POOL_WAITING = "pool_waiting"

    @property
    def window(self) -> Window | None:
        """Over which window it counts credits; None where it counts something else."""
        name = self.value.removeprefix("pool_")
        return Window(name) if name in set(Window) else None

    @property
    def bounds(self) -> tuple[int, int]:
        """The least and the most that it can be set to."""
        return _BOUNDS.get(self, (0, VALUE_MOST))

    @property
    def of_pool(self) -> bool:
        """Whether it is the whole community's."""
        return self.value.startswith("pool_")


_BOUNDS: Final = {Limit.POOL_SHARE: (1, 100), Limit.WEIGHT: (1, 1000)}


@dataclass(frozen=True, slots=True)
class Setting:
    """A value that somebody set: for a person (`subject` is their name), a role, or all of a community (no subject)."""

    source: Source
    subject: str
    limit: Limit
    value: int

    def __post_init__(self) -> None:
        least, most = self.limit.bounds
        if not least <= self.value <= most:
            raise ValueError(f"{self.limit.value} cannot be {self.value}")
        if self.limit.of_pool and self.source not in {Source.COMMUNITY, Source.INSTALLATION}:
            raise ValueError(f"{self.limit.value} is the whole community's")


@dataclass(frozen=True, slots=True)
class Value:
    """What holds for somebody, and who said so (`subject`: which role, where it was one)."""

    value: int
    source: Source
    subject: str = ""


def resolve(
    settings: Collection[Setting], person: str, roles: Collection[str], defaults: Mapping[Limit, int]
) -> dict[Limit, Value]:
    """What holds for a person of a community: person → role → community → installation, each limit by itself.

    Of several roles the most generous is heard. What nobody set is not there, and is not limited.
    """
    held = {limit: Value(value, Source.INSTALLATION) for limit, value in defaults.items()}
    for source in (Source.COMMUNITY, Source.ROLE, Source.PERSON):
        found: dict[Limit, Value] = {}
        for setting in settings:
            if setting.source is not source or not _is_of(setting, person, roles):
                continue
            other = found.get(setting.limit)
            if other is None or setting.value > other.value:
                found[setting.limit] = Value(setting.value, source, setting.subject)
        held |= found
    return held


def _is_of(setting: Setting, person: str, roles: Collection[str]) -> bool:
    match setting.source:
        case Source.PERSON:
            return setting.subject == person
        case Source.ROLE:
            return setting.subject in roles
        case _:
            return True


class Measure(StrEnum):
    """What is counted of a job."""

    OWN = "own"
    """The credits that came out of an allowance: not those that somebody was given besides, nor those forgiven."""
    ALL = "all"
    """Every credit."""
    MONEY = "money"
    """What the host pays, in minor units."""


class Kind(StrEnum):
    """What a rule guards, in the order in which somebody is told of the first that says no."""

    PERSON = "person"
    """What a person may have."""
    SHARE = "share"
    """What one member may have of the community's pool."""
    POOL = "pool"
    """What a community may have, as its moderators want it."""
    CEILING = "ceiling"
    """What a person may have everywhere together, as the host wants it, whatever moderators say and give."""
    HOST_POOL = "host_pool"
    """What a community may have, as the host wants it."""
    BUDGET = "budget"
    """The host's money, in minor units."""

    @property
    def measure(self) -> Measure:
        """What it counts."""
        return _MEASURES.get(self, Measure.ALL)


_MEASURES: Final = {Kind.PERSON: Measure.OWN, Kind.SHARE: Measure.OWN, Kind.BUDGET: Measure.MONEY}


@dataclass(frozen=True, slots=True)
class Account:
    """Whose use is counted: a member's of a community, a person's in all, a community's; with neither, everybody's."""

    community: str = ""
    person: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """At most `limit` on `account` within each `window`, of `zone`'s calendar: credits; money for the budget."""

    kind: Kind
    account: Account
    limit: int
    window: Window
    zone: ZoneInfo
    source: Source = Source.INSTALLATION

    def __post_init__(self) -> None:
        if self.limit < 0:
            raise ValueError(f"a limit is 0 or more: {self.limit}")

    def span(self, now: datetime) -> tuple[datetime, datetime]:
        """The window that `now` lies in."""
        return self.window.span(now, self.zone)


def in_order(rules: Iterable[Rule]) -> list[Rule]:
    """Rules as they are asked, and told of."""
    kinds, windows = list(Kind), list(Window)
    return sorted(rules, key=lambda rule: (kinds.index(rule.kind), windows.index(rule.window)))


@dataclass(frozen=True, slots=True)
class Standing:
    """How much of a rule is used, by what is held and what is spent. `limit` is None where nothing limits."""

    limit: int | None
    used: int
    resets_at: datetime | None
    """When there is more; of a window that reaches back, when the first of what is used counts no more."""

    @property
    def left(self) -> int | None:
        """What can still be asked for; never below zero, even where the limit was lowered since."""
        return None if self.limit is None else max(0, self.limit - self.used)

    def passed(self, added: int) -> tuple[int, ...]:
        """Which of `ALERTS`, in percent of the limit, were reached by the last `added` that were used."""
        if not self.limit:
            return ()
        before, now = 100 * (self.used - added), 100 * self.used
        return tuple(percent for percent in ALERTS if before < percent * self.limit <= now)


ALERTS: Final = (50, 80, 95, 100)
"""At how many percent of a budget its host is told."""


@dataclass(frozen=True, slots=True)
class Allowances:
    """What somebody may have where they ask, rule by rule, and what they were given besides."""

    standings: tuple[tuple[Rule, Standing], ...]
    """In the order in which they are asked."""
    bonus: int = 0
    """Credits that a moderator gave and that are left; they never lapse."""

    @property
    def least(self) -> tuple[Rule, Standing] | None:
        """Of the person's own rules the one that leaves least; None where there is none."""
        theirs = [(rule, standing) for rule, standing in self.standings if rule.kind is Kind.PERSON]
        return min(theirs, key=lambda each: each[1].left or 0, default=None)

    @property
    def own(self) -> Standing:
        """How that stands; without a limit where there is none."""
        return self.least[1] if self.least is not None else Standing(None, 0, None)

    @property
    def window(self) -> Window:
        """Over which window that counts."""
        return self.least[0].window if self.least is not None else Window.DAY

    @property
    def limit(self) -> int | None:
        """Of `own`."""
        return self.own.limit

    @property
    def used(self) -> int:
        """Of `own`."""
        return self.own.used

    @property
    def left(self) -> int | None:
        """Of `own`."""
        return self.own.left

    @property
    def resets_at(self) -> datetime | None:
        """Of `own`."""
        return self.own.resets_at
