"""What moderators do, in verbs: each is one transaction that changes something and writes who did it into the log."""

import re
from collections.abc import AsyncGenerator, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from sqlalchemy.ext.asyncio import AsyncConnection

from core import door, jobs, ledger, limits, people
from core.db import Database, Turn, take_turn
from core.errors import Refusal, RefusalReason
from core.limits import Action, Block, Community, Pause
from core.model import Job, JobId, JobState, Requester, clean_prompt
from core.policy import Policy
from core.quota import VALUE_MOST, Kind, Limit, Rule, Setting, Source, Standing, Value, resolve

REASON_MOST: Final = 200
"""Characters of a reason."""
NAME_MOST: Final = 60
"""Characters of a name."""
LOG_SHOWN: Final = 20
JOBS_SHOWN: Final = 20

_DURATION: Final = re.compile(r"([1-9][0-9]{0,3})\s?([mhdw])")
_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


class Deed(StrEnum):
    """What can stand in the log."""

    LIMIT_SET = "limit_set"
    LIMIT_CLEARED = "limit_cleared"
    CHANNEL_ALLOWED = "channel_allowed"
    CHANNEL_CLOSED = "channel_closed"
    CHANNELS_OPENED = "channels_opened"
    ZONE_SET = "zone_set"
    GRANTED = "granted"
    FORGIVEN = "forgiven"
    BLOCKED = "blocked"
    UNBLOCKED = "unblocked"
    PAUSED = "paused"
    RESUMED = "resumed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Overview:
    """Everything that is set in a community, on one screen."""

    held: Mapping[Limit, Value]
    """What holds for a member of no role for whom nothing else is set, and for the pool."""
    settings: tuple[Setting, ...]
    """What moderators set."""
    community: Community
    zone: ZoneInfo
    """The calendar that counts: the community's, or else the host's."""
    policy: Policy


@dataclass(frozen=True, slots=True)
class State:
    """What goes on in a community."""

    community: Community
    zone: ZoneInfo
    waiting: int
    running: int
    under_way: tuple[Job, ...]
    """The oldest first; not all of them, where they are many."""
    blocks: tuple[Block, ...]
    pools: tuple[tuple[Rule, Standing], ...]


@dataclass(frozen=True, slots=True)
class Log:
    """The last that moderators did, the newest first."""

    actions: tuple[Action, ...]
    zone: ZoneInfo


class Moderation:
    """Does what moderators of a community ask for. That `by` is one was made sure of by the platform, at this call.

    Nothing reaches beyond the community of `by`. What changes something returns its line of the log; None where it was
    so already, and then there is none.
    """

    def __init__(
        self, database: Database, policy: Policy, *, now: Callable[[], datetime], changed: Callable[[], None]
    ) -> None:
        """`changed` is called after each change: something may be able to begin."""
        self._database = database
        self._policy = policy
        self._now = now
        self._changed = changed

    # What is set

    async def overview(self, by: Requester) -> Overview:
        """Everything that is set."""
        async with self._database.read() as tx:
            settings = await limits.settings_of(tx, by.community)
            community = await limits.community_of(tx, by.community)
        held = resolve(settings, "", (), self._policy.defaults)
        return Overview(held, settings, community, community.zone or self._policy.zone, self._policy)

    async def set_limit(
        self, by: Requester, limit: Limit, value: int, *, source: Source = Source.COMMUNITY, subject: str = ""
    ) -> Action | None:
        """Limit a person, a role, or everybody. Raises `Refusal(LIMIT_OUT_OF_RANGE)` (`least`, `most`)."""
        least, most = limit.bounds
        if not least <= value <= most:
            raise Refusal(RefusalReason.LIMIT_OUT_OF_RANGE, {"least": least, "most": most})
        new = Setting(source, subject, limit, value)
        async with self._changing() as tx:
            before = next((each.value for each in await limits.settings_of(tx, by.community) if _same(each, new)), None)
            if before == value:
                return None
            now = self._now()
            await limits.set_limit(tx, by.community, new, by=by.person, now=now)
            details: dict[str, str | int] = {"limit": limit.value, "source": source.value, "value": value}
            if before is not None:
                details["before"] = before
            return await self._log(tx, by, Deed.LIMIT_SET, subject, **details)

    async def clear_limit(
        self, by: Requester, limit: Limit, *, source: Source = Source.COMMUNITY, subject: str = ""
    ) -> Action | None:
        """Unset what was set for just these, so that the next in the order is heard."""
        async with self._changing() as tx:
            if not await limits.clear_limit(tx, by.community, source, subject, limit):
                return None
            return await self._log(tx, by, Deed.LIMIT_CLEARED, subject, limit=limit.value, source=source.value)

    async def allow_channel(self, by: Requester, channel: str) -> Action | None:
        """Let videos be asked for here; the first that is named makes it the only one."""
        async with self._changing() as tx:
            known = (await limits.community_of(tx, by.community)).channels
            if channel in known:
                return None
            await limits.set_channels(tx, by.community, known | {channel})
            return await self._log(tx, by, Deed.CHANNEL_ALLOWED, channel)

    async def close_channel(self, by: Requester, channel: str) -> Action | None:
        """Let videos be asked for here no longer. With the last that was named, they can be again everywhere."""
        async with self._changing() as tx:
            known = (await limits.community_of(tx, by.community)).channels
            if channel not in known:
                return None
            await limits.set_channels(tx, by.community, known - {channel})
            deed = Deed.CHANNEL_CLOSED if known - {channel} else Deed.CHANNELS_OPENED
            return await self._log(tx, by, deed, channel)

    async def open_channels(self, by: Requester) -> Action | None:
        """Let videos be asked for everywhere."""
        async with self._changing() as tx:
            if not (await limits.community_of(tx, by.community)).channels:
                return None
            await limits.set_channels(tx, by.community, ())
            return await self._log(tx, by, Deed.CHANNELS_OPENED, "")

    async def set_zone(self, by: Requester, name: str | None) -> Action | None:
        """Begin days at midnight of this time zone; None: of the host's. Raises `Refusal(ZONE_UNKNOWN)` (`zone`)."""
        by_name = {each.casefold(): each for each in available_timezones()}
        known = by_name.get(name.casefold()) if name is not None else None
        if name is not None and known is None:
            raise Refusal(RefusalReason.ZONE_UNKNOWN, {"zone": clean_prompt(name)[:40]})
        zone = ZoneInfo(known) if known is not None else None
        async with self._changing() as tx:
            if (await limits.community_of(tx, by.community)).zone == zone:
                return None
            await limits.set_zone(tx, by.community, zone)
            return await self._log(tx, by, Deed.ZONE_SET, known or "")

    # People

    async def grant(self, by: Requester, person: str, amount: int) -> Action:
        """Give somebody credits that never lapse. Raises `Refusal(LIMIT_OUT_OF_RANGE)`."""
        if not 1 <= amount <= VALUE_MOST:
            raise Refusal(RefusalReason.LIMIT_OUT_OF_RANGE, {"least": 1, "most": VALUE_MOST})
        async with self._changing() as tx:
            who = Requester(person, by.community)
            left = await ledger.grant(tx, who, amount, by=by.person, now=self._now())
            return await self._log(tx, by, Deed.GRANTED, person, credits=amount, left=left)

    async def reset(self, by: Requester, person: str) -> Action:
        """Let what somebody has used here so far count against them no longer."""
        async with self._changing() as tx:
            forgiven = await ledger.reset(tx, Requester(person, by.community), self._now())
            return await self._log(tx, by, Deed.FORGIVEN, person, credits=forgiven)

    async def block(self, by: Requester, person: str, lasting: timedelta | None, reason: str) -> Action:
        """Let somebody make no videos for so long; None: until somebody takes it back. What is under way goes on."""
        now, why = self._now(), clean_prompt(reason)[:REASON_MOST]
        until = now + lasting if lasting is not None else None
        async with self._changing() as tx:
            await limits.block(tx, by.community, Block(person, until, why, by.person, now))
            details = {"until": until.isoformat()} if until is not None else {}
            return await self._log(tx, by, Deed.BLOCKED, person, reason=why, **details)

    async def unblock(self, by: Requester, person: str) -> Action | None:
        """Let somebody make videos again."""
        async with self._changing() as tx:
            if not await limits.unblock(tx, Requester(person, by.community), now=self._now()):
                return None
            return await self._log(tx, by, Deed.UNBLOCKED, person)

    # The line

    async def pause(self, by: Requester, reason: str) -> Action | None:
        """Take nothing new and begin nothing: what runs ends, and what waits keeps its place."""
        why = clean_prompt(reason)[:REASON_MOST]
        async with self._changing() as tx:
            before = (await limits.community_of(tx, by.community)).pause
            if before is not None and before.reason == why:
                return None
            await limits.set_pause(tx, by.community, Pause(by.person, self._now(), why))
            return await self._log(tx, by, Deed.PAUSED, "", reason=why)

    async def resume(self, by: Requester) -> Action | None:
        """Go on."""
        async with self._changing() as tx:
            if (await limits.community_of(tx, by.community)).pause is None:
                return None
            await limits.set_pause(tx, by.community, None)
            return await self._log(tx, by, Deed.RESUMED, "")

    async def cancel(self, by: Requester, job_id: JobId) -> Action:
        """Stop anybody's job of this community; it costs its person nothing.

        Raises `Refusal` (`NOT_FOUND`, `ALREADY_OVER`).
        """
        async with self._changing() as tx:
            job = await jobs.get(tx, job_id)
            if job is None or job.requester.community != by.community:
                raise Refusal(RefusalReason.NOT_FOUND)
            await door.show_out(tx, job, now=self._now())
            return await self._log(tx, by, Deed.CANCELLED, job.requester.person, job=job.id)

    # What there is to see

    async def status(self, by: Requester) -> State:
        """What goes on."""
        now = self._now()
        async with self._database.read() as tx:
            community = await limits.community_of(tx, by.community)
            settings = await limits.settings_of(tx, by.community)
            rules = self._policy.rules(by, (), settings, community.zone)
            pools = [rule for rule in rules if rule.kind in {Kind.POOL, Kind.HOST_POOL}]
            standings = await ledger.standings(tx, pools, now)
            counted = await door.counted(tx, by.community)
            return State(
                community,
                community.zone or self._policy.zone,
                counted.get(JobState.WAITING, 0),
                counted.get(JobState.ACTIVE, 0),
                tuple(await door.under_way(tx, by.community, most=JOBS_SHOWN)),
                tuple(await limits.blocks_of(tx, by.community, now=now)),
                tuple(zip(pools, standings, strict=True)),
            )

    async def log(self, by: Requester) -> Log:
        """The last that was done."""
        async with self._database.read() as tx:
            community = await limits.community_of(tx, by.community)
            actions = await limits.log_of(tx, by.community, most=LOG_SHOWN)
        return Log(tuple(actions), community.zone or self._policy.zone)

    # Who is who

    async def knows_roles(self, community: str) -> bool:
        """Whether anything is set there by role, so that it matters who is what."""
        async with self._database.read() as tx:
            settings = await limits.settings_of(tx, community)
        return any(setting.source is Source.ROLE for setting in settings)

    async def meet(self, person: str, name: str, handle: str | None) -> None:
        """Remember what somebody is called, and by which handle moderators name them."""
        async with self._database.begin() as tx:
            await people.meet(tx, person, clean_prompt(name)[:NAME_MOST], handle)

    async def names(self, of: Collection[str]) -> Mapping[str, str]:
        """What these are called, as far as they were met."""
        async with self._database.read() as tx:
            return await people.names(tx, of)

    async def named(self, handle: str) -> str | None:
        """Who is named by a handle; None where nobody was met who is."""
        async with self._database.read() as tx:
            return await people.named(tx, handle)

    @asynccontextmanager
    async def _changing(self) -> AsyncGenerator[AsyncConnection]:
        """A transaction in the line's turn: nobody gets in, begins, or changes the same meanwhile."""
        async with self._database.begin() as tx:
            await take_turn(tx, Turn.LINE)
            yield tx
        self._changed()

    async def _log(self, tx: AsyncConnection, by: Requester, deed: Deed, subject: str, **details: str | int) -> Action:
        known = {name: value for name, value in details.items() if value != ""}
        action = Action(by.person, deed.value, subject, self._now(), known)
        await limits.write(tx, by.community, action)
        return action


def read_duration(text: str) -> timedelta:
    """`30m`, `12h`, `7d`, `2w`. Raises `Refusal(DURATION_UNKNOWN)`."""
    found = _DURATION.fullmatch(text.strip().lower())
    if found is None:
        raise Refusal(RefusalReason.DURATION_UNKNOWN, {"duration": clean_prompt(text)[:20]})
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def _same(one: Setting, other: Setting) -> bool:
    return (one.source, one.subject, one.limit) == (other.source, other.subject, other.limit)
