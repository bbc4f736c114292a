"""/videomod on Discord: who may use it, whoever else was let see it, what it does, and that what it sets holds."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from core.db import Database
from core.model import JobId, JobState
from core.quota import Limit
from core.texts import say
from tests.bots.discord_house import DiscordHouse, discord_house
from tests.bots.discord_looks import told
from tests.bots.moderated import OPENS, SAID, Clock, log_of
from tests.emulators.discord import Channel, Permission, Person
from tests.emulators.discord.modals import NotPossibleError
from tests.stand_ins import Upstream

pytestmark = pytest.mark.virtual_time

ROLES = {
    "admin": Permission.ADMINISTRATOR,
    "moderator": Permission.MANAGE_GUILD,
    "who manages messages": Permission.MANAGE_MESSAGES,
    "who kicks and manages channels": Permission.KICK_MEMBERS | Permission.MANAGE_CHANNELS,
}


def words(house: DiscordHouse, job: JobId) -> list[tuple[str, dict[str, Any]]]:
    """One of each."""
    role = house.guild.role("boosters")
    return [
        ("limits", {}),
        ("limits", {"limit": "day", "value": 8}),
        ("limits", {"who": house.mia, "limit": "week", "value": 9}),
        ("limits", {"channel": house.channel}),
        ("limits", {"zone": "Asia/Tokyo"}),
        ("roles", {}),
        ("roles", {"role": role, "limit": "day", "value": 9}),
        ("pool", {}),
        ("pool", {"limit": "pool_week", "value": 200}),
        ("grant", {"person": house.mia, "credits": 5}),
        ("reset", {"person": house.mia}),
        ("block", {"person": house.mia, "duration": "7d", "reason": "spam"}),
        ("unblock", {"person": house.mia}),
        ("pause", {"reason": "a flood"}),
        ("resume", {}),
        ("cancel", {"job": job}),
        ("status", {}),
        ("log", {}),
    ]


def lets_everybody_see(house: DiscordHouse) -> None:
    """What a server's owner can do on the page "Integrations"."""
    (command,) = [each for each in house.server.commands.offered(house.guild) if each["name"] == "videomod"]
    command["default_member_permissions"] = None


def somebody(house: DiscordHouse, rank: str) -> Person:
    """Of this rank, in this server."""
    owner = house.guild.owner
    assert isinstance(owner, Person)
    if rank == "owner":
        return owner
    if rank in ROLES:
        house.guild.members[house.ben.id].roles.append(house.guild.role(rank, ROLES[rank]))
    return house.ben


async def answer(house: DiscordHouse, who: Person, step: str, channel: Channel | None = None, /, **options: Any) -> str:
    """What somebody alone reads as the answer."""
    asked = await who.slash(channel or house.channel, f"videomod {step}", **options)
    await asyncio.sleep(1)
    return told(asked)


async def asks(house: DiscordHouse, who: Person, channel: Channel | None = None) -> str:
    """What somebody is answered who asks for a video; nothing where it is taken."""
    asked = await who.slash(channel or house.channel, "video", prompt="a dog on the beach")
    await asyncio.sleep(2)
    return "" if asked.message is not None and asked.message.only_for is None and not asked.followups else told(asked)


def idle() -> Upstream:
    """Nothing comes of it for as long as the test goes on."""
    return Upstream((1_000_000.0,))


# Who may


@pytest.mark.parametrize("rank", ["owner", "admin", "moderator"])
async def test_whoever_manages_the_server_may_use_all_of_it(database: Database, tmp_path: Path, rank: str) -> None:
    async with discord_house(database, tmp_path, upstream=idle(), at_once=1) as house, house.open(drain_seconds=0):
        who = somebody(house, rank)
        await asks(house, house.mia)
        (job,) = await house.jobs()
        answers = [await answer(house, who, step, **options) for step, options in words(house, job.id)]
        assert not [said for said in answers if "Nothing was changed" in said or not said]
        assert f"{who.mention} paused videos here: “a flood”" in answers[-1]
        assert len(await log_of(database, f"discord:{house.guild.id}")) == 13
        await asyncio.sleep(30)
        assert (await house.service.job(job.id)).state is JobState.CANCELLED


@pytest.mark.parametrize("rank", ["member", "who manages messages", "who kicks and manages channels"])
async def test_nobody_else_may_use_any_of_it_though_they_were_let_see_it(
    database: Database, tmp_path: Path, rank: str
) -> None:
    async with discord_house(database, tmp_path, upstream=idle(), at_once=1) as house, house.open(drain_seconds=0):
        who = somebody(house, rank)
        with pytest.raises(NotPossibleError):
            await who.slash(house.channel, "videomod log")
        lets_everybody_see(house)
        await asks(house, house.mia)
        (job,) = await house.jobs()
        answers = {await answer(house, who, step, **options) for step, options in words(house, job.id)}
        assert answers == {say("refusal-not-a-moderator", platform="discord")}
        assert await log_of(database, f"discord:{house.guild.id}") == []
        typed = await who.autocomplete(house.channel, "videomod cancel", "job", "")
        assert typed.choices == []
        assert not (await house.service.job(job.id)).state.terminal


async def test_a_moderator_of_another_server_is_a_stranger_here(database: Database, tmp_path: Path) -> None:
    async with discord_house(database, tmp_path, upstream=idle(), at_once=1) as house, house.open(drain_seconds=0):
        other = house.server.guild("Other club", house.ben)
        other.members[house.ben.id].roles.append(other.role("moderators", Permission.MANAGE_GUILD))
        room = other.channel("room")
        await asks(house, house.mia)
        (job,) = await house.jobs()
        assert (await answer(house, house.ben, "cancel", room, job=job.id)).startswith("There is no such job.")
        await answer(house, house.ben, "block", room, person=house.mia)
        await answer(house, house.ben, "pause", room)
        assert (await answer(house, house.ben, "status", room)).startswith("Nobody is waiting. None is being made.")
        assert await asks(house, house.mia) == ""
        assert await log_of(database, f"discord:{house.guild.id}") == []


async def test_it_is_nowhere_but_in_servers(database: Database, tmp_path: Path) -> None:
    async with discord_house(database, tmp_path) as house, house.open():
        house.ben.installed_app = True
        with pytest.raises(NotPossibleError):
            await house.ben.slash(house.server.dm(house.ben), "videomod limits")


# What it does


@pytest.mark.parametrize("limit", OPENS)
async def test_a_limit_that_is_set_holds_says_so_and_opens_at_its_moment_where_clocks_change(
    database: Database, tmp_path: Path, limit: Limit
) -> None:
    clock = Clock()
    async with discord_house(database, tmp_path) as house:
        house.clock = clock
        house.service = type(house.service)(database, house.models, house.policy, now=clock)
        async with house.open(drain_seconds=0):
            moderator = somebody(house, "moderator")
            await answer(house, moderator, "limits", zone="Europe/Berlin")
            await answer(house, moderator, "pool" if limit.of_pool else "limits", limit=limit.value, value=1)
            assert await asks(house, house.mia) == ""
            assert await asks(house, house.mia) == SAID[limit]
            clock.at = OPENS[limit] - timedelta(microseconds=1)
            assert await asks(house, house.mia) != ""
            clock.at = OPENS[limit]
            assert await asks(house, house.mia) == ""


async def test_how_many_are_under_way_and_ones_part_of_the_pool_can_be_limited(
    database: Database, tmp_path: Path
) -> None:
    async with discord_house(database, tmp_path, upstream=idle(), at_once=1) as house, house.open(drain_seconds=0):
        owner = somebody(house, "owner")
        await answer(house, owner, "limits", who=house.mia, limit="waiting", value=1)
        assert await asks(house, house.mia) == ""
        assert await asks(house, house.mia) == say("refusal-too-many-waiting", limit=1)
        await answer(house, owner, "pool", limit="pool_waiting", value=2)
        assert await asks(house, house.ben) == ""
        assert await asks(house, house.ben) == say("refusal-community-full", limit=2)
        await answer(house, owner, "pool", limit="pool_waiting", clear=True)
        await answer(house, owner, "pool", limit="pool_week", value=4)
        await answer(house, owner, "pool", limit="pool_share", value=25)
        refused = await asks(house, house.ben)
        assert refused.startswith("You have used 1 of the 1 credits that one member may have of this community's pool")


async def test_the_most_generous_of_ones_roles_counts_and_a_person_before_any(
    database: Database, tmp_path: Path
) -> None:
    async with discord_house(database, tmp_path) as house, house.open():
        owner = somebody(house, "owner")
        few, many = house.guild.role("few"), house.guild.role("many")
        house.guild.members[house.mia.id].roles += [few, many]
        await answer(house, owner, "limits", limit="day", value=20)
        await answer(house, owner, "roles", role=few, limit="day", value=2)
        await answer(house, owner, "limits", who=many, limit="day", value=7)

        async def quota(who: Person) -> str:
            asked = await who.slash(house.channel, "quota")
            await asyncio.sleep(1)
            return told(asked)

        assert (await quota(house.ben)).startswith("20 of 20 credits left today (community).")
        assert (await quota(house.mia)).startswith("7 of 7 credits left today (role).")
        await answer(house, owner, "limits", who=house.mia, limit="day", value=1)
        assert (await quota(house.mia)).startswith("1 of 1 credits left today (person).")
        assert await asks(house, house.mia) == ""
        assert (await asks(house, house.mia)).startswith("You have used 1 of 1 credits today")


async def test_all_that_is_set_is_on_one_screen_with_where_it_comes_from(database: Database, tmp_path: Path) -> None:
    async with discord_house(database, tmp_path) as house, house.open():
        owner = somebody(house, "owner")
        role = house.guild.role("boosters")
        await answer(house, owner, "limits", limit="week", value=20)
        await answer(house, owner, "limits", who=role, limit="day", value=8)
        await answer(house, owner, "limits", who=house.mia, limit="running", value=1)
        await answer(house, owner, "pool", limit="pool_week", value=200)
        await answer(house, owner, "pool", limit="pool_share", value=20)
        await answer(house, owner, "limits", channel=house.channel)
        await answer(house, owner, "limits", zone="europe/berlin")
        free = "no limit a month · no limit to what is made at once · 3 videos under way at once (installation)"
        share = "at most 20 % of it for one member (community) · no limit to what is made at once · "
        share += "no limit to what is under way"
        assert (await answer(house, owner, "limits")).splitlines() == [
            "Days begin at midnight in Europe/Berlin (community).",
            f"Each person: 5 credits a day (installation) · 20 credits a week (community) · {free}",
            f"Role {role.mention}: 8 credits a day",
            f"Person {house.mia.mention}: 1 video being made at once",
            f"Pool: no limit a day · 200 credits a week (community) · no limit a month · {share}",
            f"Videos can be asked for in: <#{house.channel.id}>",
            "Heard first: person → role → community → installation. Of several roles the most generous counts.",
        ]


async def test_a_channel_that_is_allowed_leaves_no_other_and_widens_no_limit(
    database: Database, tmp_path: Path
) -> None:
    async with discord_house(database, tmp_path) as house, house.open():
        owner = somebody(house, "owner")
        talk = house.guild.channel("talk")
        await answer(house, owner, "limits", limit="day", value=1)
        await answer(house, owner, "limits", channel=house.channel)
        elsewhere = say("refusal-wrong-channel", channels=f"<#{house.channel.id}>")
        assert await asks(house, house.mia, talk) == elsewhere
        assert await asks(house, house.mia, talk.thread("a thread")) == elsewhere
        assert await asks(house, house.mia, house.channel.thread("a thread")) == ""
        await answer(house, owner, "limits", channel=talk)
        for channel in (talk, house.channel):
            assert (await asks(house, house.mia, channel)).startswith("You have used 1 of 1 credits today")
        await answer(house, owner, "limits", clear=True)
        everywhere = house.guild.channel("somewhere else")
        assert (await asks(house, house.mia, everywhere)).startswith("You have used 1 of 1 credits today")


async def test_who_is_blocked_reads_until_when_and_why_and_nobody_is_pinged(database: Database, tmp_path: Path) -> None:
    async with discord_house(database, tmp_path) as house, house.open():
        owner = somebody(house, "owner")
        said = await answer(house, owner, "block", person=house.mia, duration="7d", reason="*spam* @everyone")
        assert said == (
            f"✔ {owner.mention} blocked {house.mia.mention} until 2026-12-01 12:00: “\\*spam\\* @\u200beveryone”"
        )
        assert await asks(house, house.mia) == (
            "You can't make videos here (reason: “\\*spam\\* @\u200beveryone”). Nothing was charged. "
            "You can again on 2026-12-01 at 12:00. Ask the moderators to appeal."
        )
        assert await asks(house, house.ben) == ""
        await answer(house, owner, "unblock", person=house.mia)
        assert await asks(house, house.mia) == ""


async def test_what_was_given_and_what_the_latest_videos_came_to_is_in_quota(
    database: Database, tmp_path: Path
) -> None:
    async with discord_house(database, tmp_path) as house, house.open():
        owner = somebody(house, "owner")
        await answer(house, owner, "grant", person=house.mia, credits=3)
        await house.mia.slash(house.channel, "video", prompt="a dog on the beach")
        job = await house.over()
        asked = await house.mia.slash(house.channel, "quota")
        await asyncio.sleep(1)
        first, given, heading, receipt = told(asked).splitlines()
        assert first.startswith("4 of 5 credits left today (installation). More at 00:00")
        assert given == "Given to you besides: 3 credits, which never lapse."
        assert heading == "Your latest videos:"
        assert receipt.startswith(f"{job.id} · 2026-11-24 12:0")
        assert receipt.endswith(" · 1 credit")


@pytest.mark.parametrize(
    ("step", "options", "said"),
    [
        ("limits", {"limit": "day"}, "Say the value too, or clear. Nothing was changed."),
        ("limits", {"value": 3}, "Say which limit. Nothing was changed."),
        ("limits", {"zone": "Mars/Base"}, "There is no time zone “Mars/Base”. Nothing was changed."),
        ("pool", {"limit": "pool_share", "value": 101}, "That number does not do. Nothing was changed."),
        ("cancel", {"job": "7F3K9QXA"}, "There is no such job. Nothing was changed."),
        ("resume", {}, "That is so already. Nothing was changed."),
    ],
)
async def test_what_is_wrong_is_said_and_changes_nothing(
    database: Database, tmp_path: Path, step: str, options: dict[str, Any], said: str
) -> None:
    async with discord_house(database, tmp_path) as house, house.open():
        assert (await answer(house, somebody(house, "owner"), step, **options)).startswith(said)
        assert await log_of(database, f"discord:{house.guild.id}") == []


async def test_jobs_and_zones_are_offered_while_one_types(database: Database, tmp_path: Path) -> None:
    async with discord_house(database, tmp_path, upstream=idle(), at_once=1) as house, house.open(drain_seconds=0):
        owner = somebody(house, "owner")
        await asks(house, house.mia)
        (job,) = await house.jobs()
        typed = await owner.autocomplete(house.channel, "videomod cancel", "job", job.id[:2])
        assert [choice["value"] for choice in typed.choices] == [job.id]
        typed = await owner.autocomplete(house.channel, "videomod limits", "zone", "berlin")
        assert [choice["value"] for choice in typed.choices] == ["Europe/Berlin"]
