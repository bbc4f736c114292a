"""The emulator takes the commands that Discord takes, and offers them to whom Discord's client offers them."""

import asyncio
from typing import Any

import pytest

from tests.emulators.discord import NotPossibleError, Permission, Upload
from tests.emulators.discord_wire import VIDEO, wired

pytestmark = pytest.mark.virtual_time


def option(**fields: Any) -> dict[str, Any]:
    return {"name": "prompt", "description": "What to show", "type": 3} | fields


def with_options(*options: dict[str, Any]) -> dict[str, Any]:
    return VIDEO | {"options": list(options)}


CHOICE = {"name": "a", "value": "a"}
WRONG_COMMANDS: dict[str, tuple[dict[str, Any], str]] = {
    "a name in capitals": (VIDEO | {"name": "Video"}, "APPLICATION_COMMAND_INVALID_NAME"),
    "a name with a space": (VIDEO | {"name": "my video"}, "APPLICATION_COMMAND_INVALID_NAME"),
    "a name of 33 characters": (VIDEO | {"name": "v" * 33}, "BASE_TYPE_BAD_LENGTH"),
    "a translated name in capitals": (
        VIDEO | {"name_localizations": {"de": "Film"}},
        "APPLICATION_COMMAND_INVALID_NAME",
    ),
    "an unknown locale": (VIDEO | {"name_localizations": {"de-DE": "film"}}, "ENUM_TYPE_COERCE"),
    "no description": (VIDEO | {"description": ""}, "BASE_TYPE_BAD_LENGTH"),
    "a long description": (VIDEO | {"description": "x" * 101}, "BASE_TYPE_BAD_LENGTH"),
    "26 options": (with_options(*(option(name=f"o{n}") for n in range(26))), "BASE_TYPE_MAX_LENGTH"),
    "26 choices": (
        with_options(option(choices=[{"name": f"{n}", "value": f"{n}"} for n in range(26)])),
        "BASE_TYPE_MAX_LENGTH",
    ),
    "a choice of another type": (with_options(option(type=4, choices=[CHOICE])), "UNION_TYPE_CONVERT"),
    "a required option after others": (
        with_options(option(), option(name="length", required=True)),
        "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID",
    ),
    "one option twice": (with_options(option(), option()), "APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS"),
    "a subcommand beside an option": (
        with_options(option(), option(name="sub", type=1)),
        "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID",
    ),
    "choices and autocomplete": (
        with_options(option(choices=[CHOICE], autocomplete=True)),
        "APPLICATION_COMMAND_AUTOCOMPLETE_INVALID",
    ),
    "a text with a largest value": (with_options(option(max_value=5)), "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID"),
    "texts of 6001 characters": (with_options(option(max_length=6001)), "NUMBER_TYPE_MAX"),
    "8001 characters": (
        with_options(
            *(
                option(name=f"o{n}", choices=[{"name": f"{k:0100}", "value": f"{k:0100}"} for k in range(25)])
                for n in range(2)
            )
        ),
        "APPLICATION_COMMAND_TOO_LARGE",
    ),
    "a menu with a description": (
        {"name": "Remix", "type": 3, "description": "x"},
        "APPLICATION_COMMAND_CONTEXT_MENU_DESCRIPTION_CANNOT_BE_SET",
    ),
    "a context that does not exist": (VIDEO | {"contexts": [3]}, "BASE_TYPE_CHOICES"),
    "no way to install it": (VIDEO | {"integration_types": []}, "BASE_TYPE_CHOICES"),
}


@pytest.mark.parametrize("name", WRONG_COMMANDS)
async def test_a_command_is_refused_that_is_not_as_discord_wants_it(name: str) -> None:
    command, mistake = WRONG_COMMANDS[name]
    async with wired() as wire:
        told = await wire.register(command)
        assert (told.status, told.code) == (400, 50035)
        assert mistake in told.mistakes()
        assert [kept["name"] for kept in wire.discord.commands.offered(None)] == ["video"]


async def test_names_are_unique_for_each_type_and_there_are_only_so_many() -> None:
    async with wired() as wire:
        assert "APPLICATION_COMMANDS_DUPLICATE_NAME" in (await wire.register(VIDEO, VIDEO)).mistakes()
        assert (await wire.register(VIDEO, {"name": "video", "type": 3})).status == 200
        many = [VIDEO | {"name": f"c{n}"} for n in range(101)]
        assert (await wire.register(*many)).code == 30032
        menus = [{"name": f"Menu {n}", "type": 3} for n in range(16)]
        assert (await wire.register(*menus)).code == 30032
        assert (await wire.register(*menus[:15])).status == 200


async def test_no_more_than_two_hundred_are_created_on_a_day() -> None:
    async with wired() as wire:
        for batch in range(2):
            await wire.register(*(VIDEO | {"name": f"c{batch}-{n}"} for n in range(99)))
        assert (await wire.register(VIDEO | {"name": "one"}, VIDEO | {"name": "two"})).code == 30034


async def test_who_was_known_keeps_its_id_and_each_sync_is_counted() -> None:
    async with wired() as wire:
        path = f"/applications/{wire.discord.application_id}/commands"
        (first,) = (await wire.ask("GET", path)).body
        told = await wire.register(VIDEO | {"description": "Another"}, VIDEO | {"name": "jobs"})
        assert told.body[0]["id"] == first["id"]
        assert told.body[0]["version"] != first["version"]
        assert [sync.names for sync in wire.discord.syncs] == [("video",), ("video", "jobs")]
        assert (await wire.ask("PUT", "/applications/5/commands", [])).code == 50001
        guilds = f"/applications/{wire.discord.application_id}/guilds/{wire.guild.id}/commands"
        assert (await wire.ask("PUT", guilds, [VIDEO | {"name": "staff"}])).status == 200
        assert (await wire.ask("DELETE", f"{path}/{first['id']}")).status == 204
        assert (await wire.ask("GET", f"{path}/{first['id']}")).code == 10063
        assert [kept["name"] for kept in wire.discord.commands.offered(wire.guild)] == ["staff", "jobs"]


async def test_what_a_person_types_is_checked_as_the_client_checks_it() -> None:
    length = {"name": "length", "description": "Seconds", "type": 4, "min_value": 5, "max_value": 10}
    image = {"name": "image", "description": "A picture", "type": 11}
    style = option(name="style", choices=[{"name": "Film", "value": "film"}])
    async with wired() as wire:
        await wire.register(with_options(option(required=True, min_length=2, max_length=9), length, image, style))
        wrong: list[dict[str, Any]] = [
            {},
            {"prompt": "x"},
            {"prompt": "x" * 10},
            {"prompt": 5},
            {"prompt": "fine", "length": 4},
            {"prompt": "fine", "length": 11},
            {"prompt": "fine", "length": "5"},
            {"prompt": "fine", "style": "opera"},
            {"prompt": "fine", "image": "a.png"},
            {"prompt": "fine", "voice": "x"},
        ]
        for options in wrong:
            with pytest.raises(NotPossibleError):
                await wire.mia.slash(wire.channel, "video", **options)
        picture = Upload("a.png", b"a picture")
        asked = await wire.mia.slash(wire.channel, "video", prompt="fine", length=5, style="Film", image=picture)
        told = {entry["name"]: entry["value"] for entry in asked.data["options"]}
        assert (told["prompt"], told["length"], told["style"]) == ("fine", 5, "film")
        attachment = asked.data["resolved"]["attachments"][told["image"]]
        assert (attachment["filename"], attachment["size"], attachment["ephemeral"]) == ("a.png", 9, True)
        async with wire.session.get(attachment["url"]) as response:
            assert await response.read() == b"a picture"
        await asyncio.sleep(25 * 3600)
        async with wire.session.get(attachment["url"]) as response:
            assert response.status == 404


async def test_a_subcommand_is_reached_by_its_path() -> None:
    words = option(name="word", description="A word", required=True)
    sub = {"name": "add", "description": "Add one", "type": 1, "options": [words]}
    group = {"name": "words", "description": "Words", "type": 2, "options": [sub]}
    async with wired() as wire:
        await wire.register({"name": "settings", "description": "Settings", "options": [group]})
        asked = await wire.mia.slash(wire.channel, "settings words add", word="cursed")
        told = asked.data["options"][0]
        assert (told["name"], told["type"]) == ("words", 2)
        assert told["options"][0]["options"] == [{"name": "word", "type": 3, "value": "cursed"}]
        with pytest.raises(NotPossibleError):
            await wire.mia.slash(wire.channel, "settings")
        with pytest.raises(NotPossibleError):
            await wire.mia.slash(wire.channel, "settings words remove")


async def test_a_command_is_offered_by_context_by_permission_and_by_age() -> None:
    async with wired() as wire:
        direct = wire.discord.dm(wire.mia)
        forbidden: list[tuple[dict[str, Any], Any]] = [
            ({"contexts": [0]}, direct),
            ({"contexts": [1]}, wire.channel),
            ({"default_member_permissions": str(int(Permission.MANAGE_GUILD))}, wire.channel),
            ({"default_member_permissions": "0"}, wire.channel),
            ({"nsfw": True}, wire.channel),
            ({"integration_types": [1]}, wire.channel),
        ]
        for fields, channel in forbidden:
            await wire.register(VIDEO | fields)
            await asyncio.sleep(1)
            with pytest.raises(NotPossibleError):
                await wire.mia.slash(channel, "video")
        await wire.register(VIDEO | {"nsfw": True})
        adults = wire.guild.channel("late", nsfw=True)
        assert (await wire.mia.slash(adults, "video")).person is wire.mia
        wire.mia.is_adult = False
        with pytest.raises(NotPossibleError):
            await wire.mia.slash(adults, "video")
        await wire.register(VIDEO)
        wire.channel.deny(wire.mia, Permission.USE_APPLICATION_COMMANDS)
        with pytest.raises(NotPossibleError):
            await wire.mia.slash(wire.channel, "video")
