"""What the host allows, and the rules that come of it together with what moderators set; pure."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from core.fairness import Caps
from core.model import Requester
from core.quota import Account, Kind, Limit, Rule, Setting, Source, Value, Window, in_order, resolve


@dataclass(frozen=True, slots=True)
class Policy:
    """What the host allows each person."""

    credits_per_day: int
    zone: ZoneInfo
    waiting_per_person: int
    waiting_total: int
    caps: Caps = Caps()  # noqa: RUF009 - frozen
    """How much may run at once of a person, a community, a provider."""
    relaxed_after: int | None = None
    """From how many credits of recent use on somebody stands in the relaxed lane; None: never."""
    credits_per_day_most: int | None = None
    """What a person may have in a day everywhere together, whatever moderators say; None: that alone limits."""
    credits_per_community: int | None = None
    """What a community may have in a month; None: as much as its people may."""
    budget_per_month: int | None = None
    """What all videos of a month may cost the host, in minor units; None: whatever they do."""

    @property
    def defaults(self) -> Mapping[Limit, int]:
        """What holds where no moderator has set anything."""
        others = {Limit.RUNNING: self.caps.each_person, Limit.POOL_RUNNING: self.caps.each_community}
        given = {limit: value for limit, value in others.items() if value is not None}
        return {Limit.DAY: self.credits_per_day, Limit.WAITING: self.waiting_per_person, **given}

    def rules(
        self, who: Requester, roles: Collection[str], settings: Collection[Setting], zone: ZoneInfo | None
    ) -> list[Rule]:
        """What binds somebody, in order. `settings`: what moderators set there; `zone`: of their calendar, if any.

        What the host says of a person counts everywhere together and by the host's calendar; what moderators say
        counts in their community and by its own.
        """
        held = resolve(settings, who.person, roles, self.defaults)
        return in_order([*self._of_moderators(who, held, zone or self.zone), *self._of_host(who)])

    def budget(self) -> list[Rule]:
        """What binds even what costs its person nothing."""
        if self.budget_per_month is None:
            return []
        return [Rule(Kind.BUDGET, Account(), self.budget_per_month, Window.MONTH, self.zone)]

    def _of_moderators(self, who: Requester, held: Mapping[Limit, Value], zone: ZoneInfo) -> Iterator[Rule]:
        member, community = Account(who.community, who.person), Account(who.community)
        share = held.get(Limit.POOL_SHARE)
        for limit, value in held.items():
            window = limit.window
            if window is None:
                continue
            if limit.of_pool:
                yield Rule(Kind.POOL, community, value.value, window, zone, value.source)
                if share is not None:  # rounded up, so that a small pool is not nobody's
                    most = -(-value.value * share.value // 100)
                    yield Rule(Kind.SHARE, member, most, window, zone, share.source)
            elif value.source is Source.INSTALLATION:
                yield Rule(Kind.PERSON, Account(person=who.person), value.value, window, self.zone)
            else:
                yield Rule(Kind.PERSON, member, value.value, window, zone, value.source)

    def _of_host(self, who: Requester) -> Iterator[Rule]:
        if self.credits_per_day_most is not None:
            yield Rule(Kind.CEILING, Account(person=who.person), self.credits_per_day_most, Window.DAY, self.zone)
        if self.credits_per_community is not None:
            yield Rule(Kind.HOST_POOL, Account(who.community), self.credits_per_community, Window.MONTH, self.zone)
        yield from self.budget()
