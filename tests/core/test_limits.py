"""What moderators set is kept as they set it, in the order in which it is heard, and goes along under another name."""

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from core import communities, limits
from core.db import Database
from core.limits import Action, Block, Community, Pause
from core.model import Address, Requester
from core.quota import Limit, Setting, Source
from tests.virtual_time import BEGINNING

pytestmark = pytest.mark.both_databases

OLD, NEW = "chat:-1", "chat:-100"
MIA, SAM = "chat:7", "chat:8"
HERS = Setting(Source.PERSON, MIA, Limit.DAY, 9)
BOOSTERS = Setting(Source.ROLE, "chat:role:1", Limit.DAY, 8)
EVERYBODYS = Setting(Source.COMMUNITY, "", Limit.DAY, 3)
POOL = Setting(Source.COMMUNITY, "", Limit.POOL_WEEK, 200)


async def test_settings_come_in_the_order_in_which_they_are_heard(database: Database) -> None:
    async with database.begin() as tx:
        for setting in (POOL, EVERYBODYS, BOOSTERS, HERS):
            await limits.set_limit(tx, OLD, setting, by=SAM, now=BEGINNING)
        assert await limits.settings_of(tx, OLD) == (HERS, BOOSTERS, EVERYBODYS, POOL)
        assert await limits.settings_of(tx, NEW) == ()


async def test_a_limit_that_is_set_again_has_its_new_value_alone(database: Database) -> None:
    async with database.begin() as tx:
        await limits.set_limit(tx, OLD, EVERYBODYS, by=SAM, now=BEGINNING)
        await limits.set_limit(tx, OLD, replace(EVERYBODYS, value=0), by=SAM, now=BEGINNING)
        assert await limits.settings_of(tx, OLD) == (replace(EVERYBODYS, value=0),)


async def test_a_limit_that_is_cleared_is_gone_and_clearing_it_again_says_so(database: Database) -> None:
    async with database.begin() as tx:
        await limits.set_limit(tx, OLD, HERS, by=SAM, now=BEGINNING)
        assert await limits.clear_limit(tx, OLD, Source.PERSON, MIA, Limit.DAY)
        assert not await limits.clear_limit(tx, OLD, Source.PERSON, MIA, Limit.DAY)
        assert await limits.settings_of(tx, OLD) == ()


async def test_those_of_all_communities_can_be_read_at_once_and_of_some_limits_only(database: Database) -> None:
    running = Setting(Source.COMMUNITY, "", Limit.RUNNING, 2)
    async with database.begin() as tx:
        await limits.set_limit(tx, OLD, running, by=SAM, now=BEGINNING)
        await limits.set_limit(tx, OLD, POOL, by=SAM, now=BEGINNING)
        await limits.set_limit(tx, NEW, POOL, by=SAM, now=BEGINNING)
        assert await limits.all_settings(tx) == {OLD: (running, POOL), NEW: (POOL,)}
        assert await limits.all_settings(tx, Limit.RUNNING, Limit.POOL_RUNNING) == {OLD: (running,)}


async def test_zone_channels_and_pause_are_kept_side_by_side(database: Database) -> None:
    pause = Pause(SAM, BEGINNING, "somebody flooded it")
    async with database.begin() as tx:
        assert await limits.community_of(tx, OLD) == Community()
        await limits.set_channels(tx, OLD, ["chat:channel:1", "chat:channel:2", "chat:channel:1"])
        await limits.set_zone(tx, OLD, ZoneInfo("Europe/Berlin"))
        await limits.set_pause(tx, OLD, pause)
        known = Community(ZoneInfo("Europe/Berlin"), frozenset({"chat:channel:1", "chat:channel:2"}), pause)
        assert await limits.community_of(tx, OLD) == known
        await limits.set_zone(tx, OLD, None)
        await limits.set_channels(tx, OLD, [])
        assert await limits.community_of(tx, OLD) == Community(pause=pause)


async def test_who_is_paused_is_told_until_it_goes_on(database: Database) -> None:
    async with database.begin() as tx:
        await limits.set_zone(tx, NEW, ZoneInfo("UTC"))
        await limits.set_pause(tx, OLD, Pause(SAM, BEGINNING, ""))
        assert await limits.paused(tx) == {OLD}
        await limits.set_pause(tx, OLD, None)
        assert await limits.paused(tx) == frozenset()


async def test_a_block_holds_until_its_last_moment_and_in_its_community_alone(database: Database) -> None:
    until = BEGINNING + timedelta(days=7)
    block = Block(MIA, until, "flooding", SAM, BEGINNING)
    async with database.begin() as tx:
        await limits.block(tx, OLD, block)
        mia = Requester(MIA, OLD)
        assert await limits.block_of(tx, mia, now=until - timedelta(microseconds=1)) == block
        assert await limits.block_of(tx, mia, now=until) is None
        assert await limits.block_of(tx, Requester(MIA, NEW), now=BEGINNING) is None
        assert await limits.block_of(tx, Requester(SAM, OLD), now=BEGINNING) is None
        assert await limits.blocks_of(tx, OLD, now=BEGINNING) == [block]
        assert await limits.blocks_of(tx, OLD, now=until) == []


async def test_a_later_block_stands_for_the_earlier_and_can_be_taken_back(database: Database) -> None:
    mia = Requester(MIA, OLD)
    async with database.begin() as tx:
        await limits.block(tx, OLD, Block(MIA, BEGINNING + timedelta(days=1), "flooding", SAM, BEGINNING))
        forever = Block(MIA, None, "again", SAM, BEGINNING)
        await limits.block(tx, OLD, forever)
        assert await limits.block_of(tx, mia, now=BEGINNING + timedelta(days=9999)) == forever
        assert await limits.unblock(tx, mia, now=BEGINNING)
        assert not await limits.unblock(tx, mia, now=BEGINNING)
        assert await limits.block_of(tx, mia, now=BEGINNING) is None


async def test_the_log_says_the_newest_first_and_only_of_its_own_community(database: Database) -> None:
    first = Action(SAM, "set_limit", MIA, BEGINNING, {"limit": "day", "value": 9})
    second = Action(SAM, "pause", "", BEGINNING, {"reason": "a flood"})
    async with database.begin() as tx:
        await limits.write(tx, OLD, first)
        await limits.write(tx, OLD, second)
        await limits.write(tx, NEW, first)
        assert await limits.log_of(tx, OLD, most=20) == [second, first]
        assert await limits.log_of(tx, OLD, most=1) == [second]


async def test_everything_that_is_set_goes_along_when_a_community_has_another_name(database: Database) -> None:
    pause = Pause(OLD, BEGINNING, "")
    async with database.begin() as tx:
        for setting in (HERS, Setting(Source.PERSON, OLD, Limit.DAY, 2), POOL):
            await limits.set_limit(tx, OLD, setting, by=OLD, now=BEGINNING)
        await limits.set_limit(tx, NEW, replace(POOL, value=7), by=SAM, now=BEGINNING)
        await limits.set_pause(tx, OLD, pause)
        await limits.block(tx, OLD, Block(OLD, None, "", SAM, BEGINNING))
        await limits.write(tx, OLD, Action(OLD, "pause", "", BEGINNING))
        for _ in range(2):
            await communities.move(tx, OLD, NEW, _stays)
            assert await limits.settings_of(tx, OLD) == ()
            moved = (Setting(Source.PERSON, NEW, Limit.DAY, 2), HERS, replace(POOL, value=7))
            assert await limits.settings_of(tx, NEW) == moved
            assert (await limits.community_of(tx, NEW)).pause == replace(pause, by=NEW)
            assert await limits.paused(tx) == {NEW}
            assert [block.person for block in await limits.blocks_of(tx, NEW, now=BEGINNING)] == [NEW]
            assert await limits.log_of(tx, NEW, most=20) == [Action(NEW, "pause", "", BEGINNING)]


def _stays(address: Address) -> Address:
    return address
