"""The emulator holds to the rules of interactions: once, in time, by the right kind of answer, for fifteen minutes."""

import asyncio
from typing import Any

import pytest

from tests.emulators.discord import Flag, Interaction, NotPossibleError, Permission
from tests.emulators.discord_wire import VIDEO, Wire, wired

pytestmark = pytest.mark.virtual_time

V2 = int(Flag.IS_COMPONENTS_V2)
EPHEMERAL = int(Flag.EPHEMERAL)
ROW = {"type": 1, "components": [{"type": 2, "style": 2, "label": "Show", "custom_id": "show:1"}]}
MODAL = {
    "custom_id": "remix",
    "title": "Remix",
    "components": [
        {
            "type": 18,
            "label": "Prompt",
            "component": {"type": 4, "style": 1, "custom_id": "prompt", "min_length": 2, "max_length": 5},
        }
    ],
}


async def pressed(wire: Wire) -> Interaction:
    """Mia has pressed the button of a message, and nobody has answered yet."""
    await wire.send({"content": "a film", "components": [ROW]})
    waiting = asyncio.create_task(wire.mia.press(wire.channel.messages[-1], "Show"))
    await asyncio.sleep(0)
    wire.keep(waiting)
    return wire.discord.interactions[-1]


async def test_an_interaction_is_answered_once() -> None:
    async with wired() as wire:
        asked = await wire.begin()
        assert (await wire.call_back(asked, 4, {"content": "x"})).status == 204
        told = await wire.call_back(asked, 4, {"content": "y"})
        assert (told.status, told.code) == (400, 40060)
        assert asked.sees == "x"


async def test_an_answer_after_three_seconds_or_to_nothing_is_unknown() -> None:
    async with wired() as wire:
        asked = await wire.begin()
        await asyncio.sleep(3)
        told = await wire.call_back(asked, 5)
        assert (told.status, told.code) == (404, 10062)
        assert (await wire.by_token(asked, "PATCH", "/messages/@original", {"content": "x"})).code == 10015
        assert (await wire.ask("POST", f"/interactions/5/{asked.token}/callback", {"type": 5})).code == 10062


@pytest.mark.parametrize("kind", [1, 6, 7, 8, 12])
async def test_a_command_is_not_answered_by_what_answers_others(kind: int) -> None:
    async with wired() as wire:
        told = await wire.call_back(await wire.begin(), kind, {"content": "x"})
        assert (told.status, told.code) == (400, 50035)


async def test_a_refused_answer_leaves_the_interaction_open() -> None:
    async with wired() as wire:
        asked = await wire.begin()
        told = await wire.call_back(asked, 4, {"content": "x" * 2001})
        assert told.body["errors"]["data"]["content"]["_errors"][0]["code"] == "BASE_TYPE_MAX_LENGTH"
        assert (await wire.call_back(asked, 4, {"content": ""})).code == 50006
        assert (await wire.call_back(asked, 4, {"content": "x"})).status == 204


async def test_the_answer_is_told_where_it_is_asked_for() -> None:
    async with wired() as wire:
        asked = await wire.begin()
        told = await wire.call_back(asked, 4, {"content": "x", "flags": EPHEMERAL}, query="?with_response=1")
        assert asked.message is not None
        assert told.body["interaction"] == {
            "id": str(asked.id),
            "type": 2,
            "response_message_id": str(asked.message.id),
            "response_message_loading": False,
            "response_message_ephemeral": True,
        }
        assert told.body["resource"]["message"]["id"] == str(asked.message.id)
        deferred = await wire.call_back(await wire.begin(), 5, query="?with_response=true")
        assert deferred.body["interaction"]["response_message_loading"] is True


async def test_a_deferral_takes_no_flag_but_ephemeral() -> None:
    async with wired() as wire:
        asked = await wire.begin()
        assert (await wire.call_back(asked, 5, {"flags": V2})).code == 50035
        assert (await wire.call_back(asked, 5, {"flags": EPHEMERAL})).status == 204
        assert asked.ephemeral
        told = await wire.by_token(asked, "PATCH", "/messages/@original", {"content": "x"})
        assert told.body["flags"] == EPHEMERAL


async def test_a_token_is_worth_nothing_after_fifteen_minutes() -> None:
    async with wired() as wire:
        asked = await wire.begin()
        await wire.call_back(asked, 4, {"content": "x"})
        await asyncio.sleep(899)
        assert (await wire.by_token(asked, "GET", "/messages/@original")).status == 200
        await asyncio.sleep(1)
        for method, rest in (("GET", "/messages/@original"), ("PATCH", "/messages/@original"), ("POST", "")):
            told = await wire.by_token(asked, method, rest, {"content": "y"} if method != "GET" else None)
            assert (told.status, told.code) == (401, 50027)


async def test_an_ephemeral_message_is_out_of_the_channels_reach() -> None:
    async with wired() as wire:
        asked = await wire.begin()
        await wire.call_back(asked, 4, {"content": "x", "flags": EPHEMERAL})
        assert asked.message is not None
        assert (await wire.edit(asked.message.id, {"content": "y"})).code == 10008
        assert (await wire.by_token(asked, "PATCH", "/messages/@original", {"content": "y"})).status == 200
        assert wire.channel.messages == []
        assert wire.mia.sees(wire.channel) == [asked.message]
        assert (await wire.by_token(asked, "DELETE", "/messages/@original")).status == 204
        assert (await wire.by_token(asked, "GET", "/messages/@original")).code == 10008


async def test_follow_ups_have_no_nonce_and_the_first_replaces_the_thinking() -> None:
    async with wired() as wire:
        asked = await wire.begin()
        await wire.call_back(asked, 5)
        body = {"content": "x", "nonce": "n", "enforce_nonce": True}
        first = await wire.by_token(asked, "POST", "?wait=true", body)
        second, third = [await wire.by_token(asked, "POST", "?wait=true", body) for _ in range(2)]
        assert asked.message is not None
        assert first.body["id"] == str(asked.message.id)
        assert len({first.body["id"], second.body["id"], third.body["id"]}) == 3
        assert "nonce" not in second.body
        path = f"/messages/{third.body['id']}"
        assert (await wire.by_token(asked, "PATCH", path, {"content": "y"})).status == 200


async def test_a_follow_up_to_a_thinking_that_the_bot_took_back_is_a_message_of_its_own() -> None:
    async with wired() as wire:
        asked = await wire.begin()
        await wire.call_back(asked, 5)
        assert (await wire.by_token(asked, "DELETE", "/messages/@original")).status == 204
        told = await wire.by_token(asked, "POST", "?wait=true", {"content": "no", "flags": EPHEMERAL})
        assert asked.message is not None
        assert told.body["id"] != str(asked.message.id)
        assert wire.channel.messages == []
        assert [message.text for message in wire.mia.sees(wire.channel)] == ["no"]


async def test_a_follow_up_to_a_thinking_that_a_moderator_deleted_is_unknown() -> None:
    async with wired() as wire:
        asked = await wire.begin()
        await wire.call_back(asked, 5)
        assert asked.message is not None
        moderator = wire.discord.person("ben")
        wire.guild.join(moderator, roles=[wire.guild.role("moderators", Permission.MANAGE_MESSAGES)])
        moderator.delete(asked.message)
        assert (await wire.by_token(asked, "POST", "?wait=true", {"content": "x"})).code == 10008


async def test_a_button_changes_its_message_or_leaves_it() -> None:
    async with wired() as wire:
        press = await pressed(wire)
        assert (await wire.call_back(press, 7, {"content": "shown", "components": []})).status == 204
        assert press.message is press.source is wire.channel.messages[-1]
        assert wire.channel.messages[-1].content == "shown"
        press = await pressed(wire)
        assert (await wire.call_back(press, 6)).status == 204
        told = await wire.by_token(press, "PATCH", "/messages/@original", {"content": "later"})
        assert told.body["id"] == str(wire.channel.messages[-1].id)


async def test_people_press_only_what_is_there() -> None:
    async with wired() as wire:
        disabled = {"type": 2, "style": 2, "label": "Off", "custom_id": "off", "disabled": True}
        link = {"type": 2, "style": 5, "label": "Away", "url": "https://a.example"}
        await wire.send({"content": "x", "components": [{"type": 1, "components": [disabled, link]}]})
        (message,) = wire.channel.messages
        for name in ("Off", "Away", "Show"):
            with pytest.raises(NotPossibleError):
                await wire.mia.press(message, name)
        wire.channel.deny(wire.mia, Permission.VIEW_CHANNEL)
        with pytest.raises(NotPossibleError):
            await wire.mia.press(message, "Off")


async def test_a_modal_is_checked_when_it_opens_and_when_it_is_sent() -> None:
    async with wired() as wire:
        asked = await wire.begin()
        assert (await wire.call_back(asked, 9, MODAL | {"title": "x" * 46})).code == 50035
        assert (await wire.call_back(asked, 9, MODAL | {"components": []})).code == 50035
        assert (await wire.call_back(asked, 9, MODAL)).status == 204
        await wire.over(asked)
        for wrong in ("", "x", "longer"):
            with pytest.raises(NotPossibleError):
                await wire.mia.submit(asked, {"Prompt": wrong})
        with pytest.raises(NotPossibleError):
            await wire.mia.submit(asked, {"Length": "5"})
        wire.keep(asyncio.create_task(wire.mia.submit(asked, {"Prompt": "night"})))
        await asyncio.sleep(0)
        sent = wire.discord.interactions[-1]
        assert sent.data["components"][0]["component"]["value"] == "night"
        assert (await wire.call_back(sent, 9, MODAL)).code == 50035
        # it was opened by a command: there is no message to change
        assert (await wire.call_back(sent, 7, {"content": "x"})).code == 50035
        assert (await wire.call_back(sent, 4, {"content": "x"})).status == 204


async def test_autocomplete_offers_at_most_25_and_of_the_options_type() -> None:
    length = {"name": "length", "description": "Seconds", "type": 4, "autocomplete": True}
    async with wired() as wire:
        await wire.register(VIDEO | {"options": [length]})
        wire.keep(asyncio.create_task(wire.mia.autocomplete(wire.channel, "video", "length", "1")))
        await asyncio.sleep(0)
        typed = wire.discord.interactions[-1]
        assert typed.data["options"] == [{"name": "length", "type": 4, "value": "1", "focused": True}]
        many = [{"name": "x", "value": 1}] * 26
        for choices in (many, [{"name": "x", "value": "1"}], [{"name": "", "value": 1}]):
            assert (await wire.call_back(typed, 8, {"choices": choices})).code == 50035
        assert (await wire.call_back(typed, 4, {"content": "x"})).code == 50035
        assert (await wire.call_back(typed, 8, {"choices": many[:25]})).status == 204
        assert len(typed.choices) == 25


async def test_an_application_that_only_a_person_brings_cannot_act_in_the_guild() -> None:
    async with wired() as wire:
        await wire.register(VIDEO | {"integration_types": [0, 1]})
        foreign = wire.discord.guild("Elsewhere", wire.mia, with_bot=False).channel("chat")
        with pytest.raises(NotPossibleError):
            await wire.mia.slash(foreign, "video")
        wire.mia.installed_app = True
        asked = await wire.begin(channel=foreign)
        assert asked.owners == {"1": str(wire.mia.id)}
        await wire.call_back(asked, 4, {"content": "x"})
        assert asked.message is not None
        told = await wire.ask("PATCH", f"/channels/{foreign.id}/messages/{asked.message.id}", {"content": "y"})
        assert (told.status, told.code) == (403, 50001)
        codes = [(await wire.by_token(asked, "POST", "", {"content": "x"})).code]
        for _ in range(5):
            await asyncio.sleep(2)
            codes.append((await wire.by_token(asked, "POST", "", {"content": "x"})).code)
        assert codes == [0, 0, 0, 0, 0, 40094]


async def test_where_external_apps_are_denied_answers_are_ephemeral() -> None:
    async with wired() as wire:
        await wire.register(VIDEO | {"integration_types": [1]})
        wire.mia.installed_app = True
        foreign = wire.discord.guild("Elsewhere", wire.mia, with_bot=False).channel("chat")
        foreign.deny(wire.mia, Permission.USE_EXTERNAL_APPS)
        asked = await wire.begin(channel=foreign)
        await wire.call_back(asked, 5)
        assert asked.ephemeral


async def test_what_people_do_tells_the_bot_who_and_where() -> None:
    async with wired() as wire:
        told: list[dict[str, Any]] = []
        wire.discord.gateway.listeners.append(lambda event, data: told.append(data))
        await wire.begin()
        (told_once,) = told
        assert told_once["attachment_size_limit"] == wire.guild.upload_limit
        assert told_once["context"] == 0
        assert told_once["member"]["user"]["id"] == str(wire.mia.id)
        assert int(told_once["app_permissions"]) & Permission.SEND_MESSAGES
        await wire.begin(channel=wire.discord.dm(wire.mia))
        assert told[1]["context"] == 1
        assert told[1]["user"]["id"] == str(wire.mia.id)
        assert not int(told[1]["app_permissions"]) & Permission.SEND_MESSAGES


async def test_a_message_that_a_moderator_has_deleted_is_unknown() -> None:
    async with wired() as wire:
        asked = await wire.begin()
        await wire.call_back(asked, 4, {"content": "x"})
        assert asked.message is not None
        moderator = wire.discord.person("ben")
        wire.guild.join(moderator, roles=[wire.guild.role("moderators", Permission.MANAGE_MESSAGES)])
        moderator.delete(asked.message)
        assert (await wire.by_token(asked, "PATCH", "/messages/@original", {"content": "y"})).code == 10008
        assert (await wire.edit(asked.message.id, {"content": "y"})).code == 10008
