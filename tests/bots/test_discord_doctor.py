"""What the doctor says of Discord, and that a start tells Discord what it has forgotten."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import discord
import pytest

from bots.discord.desk import Desk
from bots.discord.doctor import examine
from bots.discord.syncing import COMMANDS_MARK
from bots.findings import Finding, Found
from core.db import Database
from tests.bots.discord_house import DiscordHouse, discord_house
from tests.stand_ins import POLICY
from tests.virtual_time import now

pytestmark = pytest.mark.virtual_time

COMMANDS = r"^/applications/\d+/commands$"
Command = dict[str, Any]


@asynccontextmanager
async def started(database: Database, folder: Path) -> AsyncGenerator[DiscordHouse]:
    """A house that was open once, and has told Discord its commands."""
    async with discord_house(database, folder) as house:
        async with house.open():
            pass
        yield house


async def findings(house: DiscordHouse) -> list[Finding]:
    """All of them."""
    desk = Desk(house.service, house.models, POLICY.zone, now)
    return [finding async for finding in examine(house.server.token, desk)]


async def of_the_commands(house: DiscordHouse) -> Finding:
    """What is said last."""
    return (await findings(house))[-1]


def without_video(commands: list[Command]) -> list[Command]:
    return [command for command in commands if command["name"] != "video"]


def with_another(commands: list[Command]) -> list[Command]:
    return [*commands, {"name": "ban", "description": "x", "type": 1}]


def with_another_length(commands: list[Command]) -> list[Command]:
    (video,) = [command for command in commands if command["name"] == "video"]
    options = [option if option["name"] != "length" else option | {"description": "x"} for option in video["options"]]
    return [*without_video(commands), video | {"options": options}]


def with_one_choice_less(commands: list[Command]) -> list[Command]:
    (video,) = [command for command in commands if command["name"] == "video"]
    options = [option | {"choices": option.get("choices", [])[1:]} for option in video["options"]]
    return [*without_video(commands), video | {"options": options}]


def none(_: list[Command]) -> list[Command]:
    return []


async def change(house: DiscordHouse, how: Any) -> None:
    """Somebody else tells Discord other commands under our token."""
    async with discord.Client(intents=discord.Intents.none()) as client:
        await client.login(house.server.token)
        http, id_ = client.http, house.server.application_id
        known: Any = await http.get_global_commands(id_)
        for command in known:  # Discord tells permissions in letters, and takes them as a number
            if command["default_member_permissions"] is not None:
                command["default_member_permissions"] = int(command["default_member_permissions"])
        await http.bulk_upsert_global_commands(id_, how(known))


async def test_commands_that_are_known_as_they_are_are_said_to_be(database: Database, tmp_path: Path) -> None:
    async with started(database, tmp_path) as house:
        finding = await of_the_commands(house)
        assert (finding.found, finding.words) == (Found.GOOD, "Discord: it knows all 11 commands as they are.")
        assert all(each.found is Found.GOOD for each in await findings(house))


@pytest.mark.parametrize(
    ("how", "words"),
    [
        (without_video, "it lacks video;"),
        (with_another, "it knows ban, which is none of ours;"),
        (with_another_length, "it has video otherwise;"),
        (with_one_choice_less, "it has video otherwise;"),
    ],
)
async def test_commands_that_differ_are_not_ok_and_the_next_start_tells_them_again(
    database: Database, tmp_path: Path, how: Any, words: str
) -> None:
    async with started(database, tmp_path) as house:
        await change(house, how)
        finding = await of_the_commands(house)
        assert finding.found is Found.BAD
        assert words in finding.words
        assert "matinee run" in finding.words
        before = len(house.server.requests("GET", COMMANDS))
        async with house.open():
            pass
        assert len(house.server.requests("GET", COMMANDS)) == before + 1
        assert (await of_the_commands(house)).found is Found.GOOD


async def test_that_discord_knows_no_command_is_a_note_before_the_first_start(
    database: Database, tmp_path: Path
) -> None:
    async with discord_house(database, tmp_path) as house:
        assert (await of_the_commands(house)).found is Found.NOTE


async def test_that_discord_has_forgotten_all_commands_is_not_ok(database: Database, tmp_path: Path) -> None:
    async with started(database, tmp_path) as house:
        await change(house, none)
        assert (await of_the_commands(house)).found is Found.BAD


async def test_commands_of_another_database_are_told_again_by_the_next_start(
    database: Database, tmp_path: Path
) -> None:
    async with started(database, tmp_path) as house:
        await house.service.set_mark(COMMANDS_MARK, "others")
        finding = await of_the_commands(house)
        assert finding.found is Found.NOTE
        assert "matinee run" in finding.words


@pytest.mark.parametrize(("status", "body"), [(403, '{"message": "Missing Access", "code": 50001}'), (500, "")])
async def test_commands_that_cannot_be_looked_at_are_one_line(
    database: Database, tmp_path: Path, status: int, body: str
) -> None:
    async with started(database, tmp_path) as house:
        house.server.fail("GET", COMMANDS, status=status, body=body, times=9)
        finding = await of_the_commands(house)
        assert finding.found is Found.BAD
        assert f"HTTP {status}" in finding.words


async def test_a_start_that_cannot_look_at_the_commands_goes_on(database: Database, tmp_path: Path) -> None:
    async with started(database, tmp_path) as house:
        house.server.fail("GET", COMMANDS, status=500, times=9)
        async with house.open():
            asked = await house.mia.slash(house.channel, "models")
            assert asked.acknowledged
        assert len(house.server.syncs) == 1


@pytest.mark.parametrize(
    ("token", "words"), [("nonsense", "does not look like a bot's token"), ("not.the.token", "not accepted")]
)
async def test_a_token_that_cannot_be_is_one_line(database: Database, tmp_path: Path, token: str, words: str) -> None:
    async with discord_house(database, tmp_path) as house:
        desk = Desk(house.service, house.models, POLICY.zone, now)
        (finding,) = [finding async for finding in examine(token, desk)]
        assert finding.found is Found.BAD
        assert words in finding.words
