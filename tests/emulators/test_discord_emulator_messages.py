"""The emulator refuses the messages that Discord refuses, and notifies whom Discord notifies."""

import asyncio
from typing import Any

import pytest

from tests.emulators.discord import MIB, NONCE_SECONDS, Nitro, Permission
from tests.emulators.discord_wire import wired
from tests.emulators.discord_wrong_bodies import ROW, V2, WRONG_BODIES, gallery, text

pytestmark = pytest.mark.virtual_time


@pytest.mark.parametrize("name", WRONG_BODIES)
async def test_a_message_is_refused_that_is_not_as_discord_wants_it(name: str) -> None:
    body, mistake = WRONG_BODIES[name]
    async with wired() as wire:
        told = await wire.send(body)
        assert (told.status, told.code) == (400, 50035)
        assert mistake in told.mistakes()
        assert wire.channel.messages == []


async def test_an_empty_message_is_refused_when_posted_and_when_edited() -> None:
    async with wired() as wire:
        assert (await wire.send({"content": ""})).code == 50006
        assert (await wire.send({"flags": V2, "components": []}, a_txt=b"x")).code == 50006
        sent = await wire.send({"content": "x"})
        assert (await wire.edit(sent.body["id"], {"content": ""})).code == 50006
        assert (await wire.edit(sent.body["id"], {"content": "", "components": [ROW]})).status == 200


async def test_components_v2_can_be_entered_by_an_edit_but_never_left() -> None:
    async with wired() as wire:
        sent = (await wire.send({"content": "x"})).body["id"]
        told = await wire.edit(sent, {"flags": V2, "components": [text("y")]})
        assert "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2" in told.mistakes()
        told = await wire.edit(sent, {"flags": V2, "content": None, "components": [text("y")]})
        assert told.body["flags"] == V2
        assert (await wire.edit(sent, {"content": "z"})).code == 50035
        assert "MESSAGE_CANNOT_REMOVE_COMPONENTS_V2_FLAG" in (await wire.edit(sent, {"flags": 0})).mistakes()


async def test_attachments_in_an_edit_are_the_whole_list() -> None:
    async with wired() as wire:
        sent = await wire.send({"content": "x"}, a_txt=b"a", b_txt=b"b")
        first, second = sent.body["attachments"]
        kept = await wire.edit(sent.body["id"], {"attachments": [{"id": first["id"]}, {"id": 0}]}, c_txt=b"c")
        assert [file["filename"] for file in kept.body["attachments"]] == ["a.txt", "c.txt"]
        told = await wire.edit(sent.body["id"], {"attachments": [{"id": second["id"]}]})
        assert "ATTACHMENT_NOT_FOUND" in told.mistakes()
        told = await wire.edit(sent.body["id"], {"attachments": []}, d_txt=b"d")
        assert "ATTACHMENT_NOT_LISTED" in told.mistakes()
        assert (await wire.edit(sent.body["id"], {"attachments": []})).body["attachments"] == []


async def test_more_than_ten_files_are_refused() -> None:
    async with wired() as wire:
        told = await wire.send({"content": "x"}, **{f"f{n}_txt": b"x" for n in range(11)})
        assert "BASE_TYPE_MAX_LENGTH" in told.mistakes()


async def test_a_v2_message_shows_only_the_files_that_a_component_shows() -> None:
    async with wired() as wire:
        await wire.send({"flags": V2, "components": [gallery("a.png")]}, a_png=b"a", b_png=b"b")
        (message,) = wire.channel.messages
        assert [file.filename for file in message.look.attachments] == ["a.png", "b.png"]
        assert [file.filename for file in message.files] == ["a.png"]


@pytest.mark.parametrize(
    ("tier", "features", "limit"), [(0, (), 10), (1, (), 10), (2, (), 50), (0, ("MAX_FILE_SIZE_50_MB",), 50)]
)
async def test_a_file_is_refused_above_what_the_guild_allows(tier: int, features: tuple[str, ...], limit: int) -> None:
    async with wired() as wire:
        wire.guild.tier, wire.guild.features = tier, features
        if limit == 10:
            assert (await wire.send({}, a_mp4=bytes(10 * MIB))).status == 200
        told = await wire.send({}, a_mp4=bytes(limit * MIB + 1))
        assert (told.status, told.code) == (413, 40005)


async def test_nitro_counts_by_token_and_not_by_channel() -> None:
    async with wired() as wire:
        wire.mia.nitro = Nitro.BASIC
        asked = await wire.begin()
        await wire.call_back(asked, 5)
        film = bytes(10 * MIB + 1)
        told = await wire.by_token(asked, "PATCH", "/messages/@original", {"attachments": [{"id": 0}]}, a_mp4=film)
        assert told.status == 200
        assert asked.message is not None
        told = await wire.edit(asked.message.id, {"attachments": [{"id": 0}]}, a_mp4=film)
        assert told.code == 40005


@pytest.mark.parametrize(
    ("missing", "body", "files", "code"),
    [
        (Permission.VIEW_CHANNEL, {"content": "x"}, {}, 50001),
        (Permission.SEND_MESSAGES, {"content": "x"}, {}, 50013),
        (Permission.ATTACH_FILES, {"content": "x"}, {"a_mp4": b"x"}, 50013),
        (Permission.EMBED_LINKS, {"embeds": [{"title": "x"}]}, {}, 50013),
    ],
)
async def test_posting_takes_permissions(missing: Permission, body: Any, files: dict[str, bytes], code: int) -> None:
    async with wired() as wire:
        wire.channel.deny(wire.discord.bot, missing)
        told = await wire.send(body, **files)
        assert (told.status, told.code) == (403, code)


async def test_own_messages_stay_editable_without_the_right_to_write_but_not_unseen() -> None:
    async with wired() as wire:
        sent = (await wire.send({"content": "x"})).body["id"]
        wire.channel.deny(wire.discord.bot, Permission.SEND_MESSAGES)
        assert (await wire.edit(sent, {"content": "y"})).status == 200
        assert (await wire.edit(sent, {"attachments": [{"id": 0}]}, a_mp4=b"x")).code == 50013
        wire.channel.deny(wire.discord.bot, Permission.VIEW_CHANNEL)
        assert (await wire.edit(sent, {"content": "z"})).code == 50001


async def test_a_thread_takes_a_permission_of_its_own() -> None:
    async with wired() as wire:
        thread = wire.channel.thread("one film")
        wire.channel.deny(wire.discord.bot, Permission.SEND_MESSAGES_IN_THREADS)
        assert (await wire.send({"content": "x"}, thread)).code == 50013
        wire.channel.deny(wire.discord.bot, Permission.SEND_MESSAGES)
        wire.channel.allow(wire.discord.bot, Permission.SEND_MESSAGES_IN_THREADS)
        assert (await wire.send({"content": "x"}, thread)).status == 200
        thread.archived = True
        assert (await wire.send({"content": "x"}, thread)).code == 50083


async def test_what_is_not_there_or_not_ours_is_refused() -> None:
    async with wired() as wire:
        said = wire.mia.say(wire.channel, "hello")
        assert (await wire.edit(said.id, {"content": "x"})).code == 50005
        assert (await wire.edit(said.id + 1, {"content": "x"})).code == 10008
        assert (await wire.ask("GET", "/channels/5/messages")).code == 10003
        assert (await wire.ask("GET", f"/channels/{wire.channel.id}", token="Bot wrong")).status == 401
        assert (await wire.ask("DELETE", f"/channels/{wire.channel.id}/messages/{said.id}")).code == 50013
        wire.channel.delete()
        assert (await wire.send({"content": "x"})).code == 10003


async def test_a_kicked_bot_has_no_access_any_more() -> None:
    async with wired() as wire:
        sent = (await wire.send({"content": "x"})).body["id"]
        wire.guild.leave(wire.discord.bot)
        assert (await wire.edit(sent, {"content": "y"})).code == 50001


async def test_history_without_its_permission_is_silently_empty() -> None:
    async with wired() as wire:
        for word in ("one", "two", "three"):
            wire.mia.say(wire.channel, f"{word} {wire.discord.bot.mention}")
        path = f"/channels/{wire.channel.id}/messages"
        everything = (await wire.ask("GET", path)).body
        assert [message["content"].split()[0] for message in everything] == ["three", "two", "one"]
        after = (await wire.ask("GET", f"{path}?after={everything[2]['id']}&limit=1")).body
        assert [message["content"].split()[0] for message in after] == ["two"]
        assert (await wire.ask("GET", f"{path}?limit=101")).code == 50035
        wire.channel.deny(wire.discord.bot, Permission.READ_MESSAGE_HISTORY)
        assert (await wire.ask("GET", path)).body == []
        assert (await wire.send({"content": "x", "message_reference": {"message_id": after[0]["id"]}})).code == 160002


async def test_what_others_say_to_others_is_hidden_without_the_intent() -> None:
    async with wired() as wire:
        wire.mia.say(wire.channel, "a secret")
        assert [m["content"] for m in (await wire.ask("GET", f"/channels/{wire.channel.id}/messages")).body] == [""]


async def test_automod_refuses_a_text_wherever_it_stands() -> None:
    async with wired() as wire:
        wire.guild.blocked_words.add("cursed")
        assert (await wire.send({"content": "a Cursed film"})).code == 200000
        assert (await wire.send({"flags": V2, "components": [text("a cursed film")]})).code == 200000
        sent = (await wire.send({"content": "a film"})).body["id"]
        assert (await wire.edit(sent, {"embeds": [{"description": "cursed"}]})).code == 200000


async def test_a_direct_message_is_refused_where_it_is_not_wanted_or_nothing_is_shared() -> None:
    async with wired() as wire:
        stranger = wire.discord.person("stranger")
        for person, code in ((stranger, 50278), (wire.mia, 50007)):
            person.takes_dms = False
            opened = await wire.ask("POST", "/users/@me/channels", {"recipient_id": str(person.id)})
            channel = wire.discord.world.channels[int(opened.body["id"])]
            assert (await wire.send({"content": "x"}, channel)).code == code
        wire.mia.takes_dms = True
        assert (await wire.send({"content": "x"}, wire.discord.dm(wire.mia))).status == 200


async def test_a_nonce_gives_the_same_message_for_some_minutes() -> None:
    async with wired() as wire:
        body = {"content": "x", "nonce": "f" * 25, "enforce_nonce": True}
        first, second = await wire.send(body), await wire.send(body)
        assert first.body["id"] == second.body["id"]
        assert first.body["nonce"] == "f" * 25
        assert (await wire.send({"content": "x", "nonce": "f" * 25})).body["id"] != first.body["id"]
        other = {"content": "y", "nonce": "g", "enforce_nonce": True}
        sent = (await wire.send(other)).body["id"]
        await wire.ask("DELETE", f"/channels/{wire.channel.id}/messages/{sent}")
        assert (await wire.send(other)).code == 10008
        await asyncio.sleep(NONCE_SECONDS)
        assert (await wire.send(other)).status == 200
