"""Whom a message of the bot really notifies."""

from typing import Any

import pytest

from tests.emulators.discord import Flag, Permission
from tests.emulators.discord_wire import Wire, wired

pytestmark = pytest.mark.virtual_time

V2 = int(Flag.IS_COMPONENTS_V2)


async def pinged_by(wire: Wire, body: dict[str, Any]) -> list[str]:
    await wire.send(body)
    return [user.name for user in wire.channel.messages[-1].pinged]


async def test_without_allowed_mentions_everything_in_the_text_counts() -> None:
    async with wired() as wire:
        ben = wire.discord.person("ben")
        directors = wire.guild.role("directors", mentionable=True)
        wire.guild.join(ben, roles=[directors])
        said = f"{wire.mia.mention} {directors.mention}"
        assert await pinged_by(wire, {"content": said}) == ["mia", "ben"]
        assert await pinged_by(wire, {"content": said, "allowed_mentions": {"parse": []}}) == []
        assert await pinged_by(wire, {"content": said, "allowed_mentions": {"parse": ["roles"]}}) == ["ben"]
        only_mia = {"parse": [], "users": [str(wire.mia.id)]}
        assert await pinged_by(wire, {"content": said, "allowed_mentions": only_mia}) == ["mia"]


async def test_text_displays_are_read_for_mentions_and_code_is_not() -> None:
    async with wired() as wire:
        shown = {"flags": V2, "components": [{"type": 10, "content": f"for {wire.mia.mention}"}]}
        assert await pinged_by(wire, shown) == ["mia"]
        assert await pinged_by(wire, {"content": f"`{wire.mia.mention}`"}) == []


async def test_everyone_takes_a_permission() -> None:
    async with wired() as wire:
        assert await pinged_by(wire, {"content": "@everyone"}) == []
        wire.channel.allow(wire.discord.bot, Permission.MENTION_EVERYONE)
        assert await pinged_by(wire, {"content": "@everyone"}) == ["owner", "mia"]
        assert await pinged_by(wire, {"content": "@here", "allowed_mentions": {"parse": ["users"]}}) == []


async def test_a_role_that_may_not_be_mentioned_is_not_notified() -> None:
    async with wired() as wire:
        crew = wire.guild.role("crew")
        wire.guild.members[wire.mia.id].roles.append(crew)
        assert await pinged_by(wire, {"content": crew.mention}) == []


async def test_who_does_not_see_the_channel_is_not_notified() -> None:
    async with wired() as wire:
        wire.channel.deny(wire.mia, Permission.VIEW_CHANNEL)
        assert await pinged_by(wire, {"content": wire.mia.mention}) == []


async def test_a_reply_notifies_unless_it_says_otherwise() -> None:
    async with wired() as wire:
        question = wire.mia.say(wire.channel, "is it ready?")
        reply = {"content": "yes", "message_reference": {"message_id": str(question.id)}}
        assert await pinged_by(wire, reply) == ["mia"]
        assert await pinged_by(wire, reply | {"allowed_mentions": {"parse": ["users"]}}) == []
        assert await pinged_by(wire, reply | {"allowed_mentions": {"replied_user": True}}) == ["mia"]


async def test_an_edit_names_people_but_notifies_nobody() -> None:
    async with wired() as wire:
        sent = (await wire.send({"content": "x"})).body["id"]
        told = await wire.edit(sent, {"content": wire.mia.mention})
        assert [user["username"] for user in told.body["mentions"]] == ["mia"]
        assert wire.channel.messages[0].pinged == []
