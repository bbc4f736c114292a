"""The /videomod commands: for whoever may manage the server, as is made sure of at every call; answered privately."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any, Final
from zoneinfo import available_timezones

import discord
from discord import app_commands
from discord.app_commands import Choice
from typing_extensions import override

from bots.discord.answers import NOBODY, Asked, moderates, requester_of, think
from bots.discord.desk import Desk, called
from bots.discord.faults import faults_become_ours
from bots.discord.languages import localised
from bots.discord.options import matching, options
from bots.discord.place import NAME
from bots.discord.quoting import quoted
from core import rulebook
from core.db import DatabaseUnavailableError
from core.errors import Refusal, RefusalReason
from core.limits import Action
from core.model import JobId, Requester
from core.moderation import REASON_MOST, read_duration
from core.quota import VALUE_MOST, Limit, Source
from core.texts import say

_TEXT_MOST: Final = 2000
"""Characters of a message."""
_SPEECH: Final = rulebook.Speech(called, lambda words: quoted(words, most=REASON_MOST))

_Value = app_commands.Range[int, 0, VALUE_MOST]
_Credits = app_commands.Range[int, 1, VALUE_MOST]
_Reason = app_commands.Range[str, 1, REASON_MOST]
_Word = app_commands.Range[str, 1, 60]
_Anywhere = app_commands.AppCommandChannel | app_commands.AppCommandThread
_Answer = Callable[[Requester], Awaitable[Action | Sequence[str] | str | None]]


class _Channels(app_commands.Transformer):
    """A channel as Discord names it: whether we see it, and what is known of it, does not matter."""

    @property
    @override
    def type(self) -> discord.AppCommandOptionType:
        return discord.AppCommandOptionType.channel

    @property
    @override
    def channel_types(self) -> list[discord.ChannelType]:
        of = discord.ChannelType
        return [of.text, of.news, of.voice, of.forum, of.public_thread, of.private_thread, of.news_thread]

    @override
    async def transform(self, interaction: Asked, value: Any, /) -> _Anywhere:
        chosen: _Anywhere = value
        return chosen


def build_group(desk: Desk) -> app_commands.Group:
    """All of them. Discord shows them to whoever may manage the server; who else is let see them is turned away."""
    group = app_commands.Group(
        name=localised("command-name-videomod"),
        description=localised("command-videomod"),
        default_permissions=discord.Permissions(manage_guild=True),
        allowed_contexts=app_commands.AppCommandContext(guild=True, dm_channel=False, private_channel=False),
        allowed_installs=app_commands.AppInstallationType(guild=True, user=False),
    )
    _rules(group, desk)
    _people(group, desk)
    _line(group, desk)
    return group


def _rules(group: app_commands.Group, desk: Desk) -> None:
    moderation = desk.service.moderation

    async def zones(_: Asked, typed: str) -> list[Choice[str]]:
        return matching(typed, ((zone, zone) for zone in _zones()))

    @group.command(name=localised("videomod-name-limits"), description=localised("videomod-limits"))
    @options("who", "limit", "value", "clear", "channel", "zone")
    @app_commands.choices(limit=_limits(rulebook.OF_PEOPLE))
    @app_commands.autocomplete(zone=zones)
    async def limits(
        asked: Asked,
        who: discord.User | discord.Member | discord.Role | None = None,
        limit: str | None = None,
        value: _Value | None = None,
        clear: bool = False,
        channel: app_commands.Transform[_Anywhere, _Channels] | None = None,
        zone: _Word | None = None,
    ) -> None:
        async def change(by: Requester) -> Action | Sequence[str] | str | None:
            if channel is not None:
                named = f"{NAME}:channel:{channel.id}"
                return await (moderation.close_channel if clear else moderation.allow_channel)(by, named)
            if zone is not None:
                return await moderation.set_zone(by, None if clear else zone)
            if who is None and limit is None and value is None:
                return await moderation.open_channels(by) if clear else await _overview(desk, by)
            return await _set(desk, by, limit, value, clear=clear, of=_of(who))

        await _answer(asked, desk, change)

    @group.command(name=localised("videomod-name-roles"), description=localised("videomod-roles"))
    @options("role", "limit", "value", "clear")
    @app_commands.choices(limit=_limits(rulebook.OF_PEOPLE))
    async def roles(
        asked: Asked,
        role: discord.Role | None = None,
        limit: str | None = None,
        value: _Value | None = None,
        clear: bool = False,
    ) -> None:
        async def change(by: Requester) -> Action | Sequence[str] | str | None:
            if role is None:
                return rulebook.roles(await moderation.overview(by), _SPEECH)
            return await _set(desk, by, limit, value, clear=clear, of=_of(role))

        await _answer(asked, desk, change)

    @group.command(name=localised("videomod-name-pool"), description=localised("videomod-pool"))
    @options("limit", "value", "clear")
    @app_commands.choices(limit=_limits(rulebook.OF_POOL))
    async def pool(
        asked: Asked,
        limit: str | None = None,
        value: _Value | None = None,
        clear: bool = False,
    ) -> None:
        async def change(by: Requester) -> Action | Sequence[str] | str | None:
            if limit is None and value is None:
                return await _overview(desk, by)
            return await _set(desk, by, limit, value, clear=clear, of=(Source.COMMUNITY, ""))

        await _answer(asked, desk, change)


def _people(group: app_commands.Group, desk: Desk) -> None:
    moderation = desk.service.moderation

    @group.command(name=localised("videomod-name-grant"), description=localised("videomod-grant"))
    @options("person")
    @app_commands.rename(amount=localised("option-name-credits"))
    @app_commands.describe(amount=localised("option-credits"))
    async def grant(asked: Asked, person: discord.User, amount: _Credits) -> None:
        await _answer(asked, desk, lambda by: moderation.grant(by, f"{NAME}:{person.id}", amount))

    @group.command(name=localised("videomod-name-reset"), description=localised("videomod-reset"))
    @options("person")
    async def reset(asked: Asked, person: discord.User) -> None:
        await _answer(asked, desk, lambda by: moderation.reset(by, f"{NAME}:{person.id}"))

    @group.command(name=localised("videomod-name-block"), description=localised("videomod-block"))
    @options("person", "duration", "reason")
    async def block(
        asked: Asked, person: discord.User, duration: _Word | None = None, reason: _Reason | None = None
    ) -> None:
        async def change(by: Requester) -> Action:
            lasting = read_duration(duration) if duration is not None else None
            return await moderation.block(by, f"{NAME}:{person.id}", lasting, reason or "")

        await _answer(asked, desk, change)

    @group.command(name=localised("videomod-name-unblock"), description=localised("videomod-unblock"))
    @options("person")
    async def unblock(asked: Asked, person: discord.User) -> None:
        await _answer(asked, desk, lambda by: moderation.unblock(by, f"{NAME}:{person.id}"))


def _line(group: app_commands.Group, desk: Desk) -> None:
    moderation = desk.service.moderation

    async def under_way(asked: Asked, typed: str) -> list[Choice[str]]:
        if not moderates(asked):
            return []
        try:
            seen = await moderation.status(requester_of(asked))
        except DatabaseUnavailableError:
            return []
        return matching(typed, ((job.id, job.id) for job in seen.under_way))

    @group.command(name=localised("videomod-name-pause"), description=localised("videomod-pause"))
    @options("reason")
    async def pause(asked: Asked, reason: _Reason | None = None) -> None:
        await _answer(asked, desk, lambda by: moderation.pause(by, reason or ""))

    @group.command(name=localised("videomod-name-resume"), description=localised("videomod-resume"))
    async def resume(asked: Asked) -> None:
        await _answer(asked, desk, moderation.resume)

    @group.command(name=localised("videomod-name-cancel"), description=localised("videomod-cancel"))
    @options("job")
    @app_commands.autocomplete(job=under_way)
    async def cancel(asked: Asked, job: _Word) -> None:
        await _answer(asked, desk, lambda by: moderation.cancel(by, JobId(job.strip().upper())))

    @group.command(name=localised("videomod-name-status"), description=localised("videomod-status"))
    async def status(asked: Asked) -> None:
        async def look(by: Requester) -> Sequence[str]:
            return rulebook.state(await moderation.status(by), _SPEECH, desk.now())

        await _answer(asked, desk, look)

    @group.command(name=localised("videomod-name-log"), description=localised("videomod-log"))
    async def log(asked: Asked) -> None:
        async def look(by: Requester) -> Sequence[str]:
            return rulebook.log(await moderation.log(by), _SPEECH)

        await _answer(asked, desk, look)


async def _answer(asked: Asked, desk: Desk, work: _Answer) -> None:
    """Do it for a moderator, and say to them alone what came of it; to anybody else, that it is not for them."""
    await think(asked, private=True)
    by = requester_of(asked)
    try:
        _check(asked)
        came = await work(by)
        if came is None or isinstance(came, Action):
            zone = (await desk.service.moderation.overview(by)).zone
            came = rulebook.done(came, _SPEECH, zone)
    except (Refusal, DatabaseUnavailableError) as error:
        came = desk.refused(error)
    with faults_become_ours():
        text = came if isinstance(came, str) else _fitting(came)
        await asked.edit_original_response(content=text[:_TEXT_MOST], allowed_mentions=NOBODY)


def _check(asked: Asked) -> None:
    """Raises `Refusal` (`NOT_IN_A_COMMUNITY`, `NOT_A_MODERATOR`)."""
    if asked.guild_id is None:
        raise Refusal(RefusalReason.NOT_IN_A_COMMUNITY)
    if not moderates(asked):
        raise Refusal(RefusalReason.NOT_A_MODERATOR, {"platform": NAME})


async def _overview(desk: Desk, by: Requester) -> Sequence[str]:
    return rulebook.overview(await desk.service.moderation.overview(by), _SPEECH)


async def _set(
    desk: Desk, by: Requester, limit: str | None, value: int | None, *, clear: bool, of: tuple[Source, str]
) -> Action | str | None:
    source, subject = of
    if limit is None:
        return say("videomod-missing", what="limit")
    if clear:
        return await desk.service.moderation.clear_limit(by, Limit(limit), source=source, subject=subject)
    if value is None:
        return say("videomod-missing", what="value")
    return await desk.service.moderation.set_limit(by, Limit(limit), value, source=source, subject=subject)


def _of(who: discord.User | discord.Member | discord.Role | None) -> tuple[Source, str]:
    """Whose limit it is; the role that everybody has is everybody."""
    match who:
        case None:
            return Source.COMMUNITY, ""
        case discord.Role():
            everybody = who.is_default()
            return (Source.COMMUNITY, "") if everybody else (Source.ROLE, f"{NAME}:role:{who.id}")
        case _:
            return Source.PERSON, f"{NAME}:{who.id}"


def _limits(of: Iterable[Limit]) -> list[Choice[str]]:
    return [Choice(name=localised("limit-name", limit=limit.value), value=limit.value) for limit in of]


def _fitting(lines: Sequence[str]) -> str:
    """As many lines as a message holds, from the first."""
    most = len(lines)
    while len(text := "\n".join([*lines[:most], *(["…"] if most < len(lines) else [])])) > _TEXT_MOST:
        most -= 1
    return text


@lru_cache
def _zones() -> Sequence[str]:
    return sorted(available_timezones())
