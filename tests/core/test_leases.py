"""What only one may do: its lease has one owner at a time, and finds a new one when that owner falls silent."""

from datetime import timedelta

from core import leases
from core.db import Database
from tests.virtual_time import BEGINNING

LIFE = timedelta(seconds=15)


async def take(database: Database, owner: str, seconds: float, name: str = "poller") -> bool:
    async with database.begin() as tx:
        return await leases.take(tx, name, owner, now=BEGINNING + timedelta(seconds=seconds), life=LIFE)


async def renew(database: Database, owner: str, seconds: float) -> bool:
    async with database.begin() as tx:
        return await leases.renew(tx, "poller", owner, now=BEGINNING + timedelta(seconds=seconds), life=LIFE)


async def test_a_lease_has_one_owner_until_it_runs_out(database: Database) -> None:
    assert await take(database, "one", 0)
    assert not await take(database, "two", 14)
    assert await take(database, "one", 14), "taking what one has prolongs it"
    assert not await take(database, "two", 28)
    assert await take(database, "two", 29)
    assert not await take(database, "one", 30)


async def test_a_lease_that_is_renewed_stays(database: Database) -> None:
    await take(database, "one", 0)
    for seconds in (5, 10, 15):
        assert await renew(database, "one", seconds)
    assert not await take(database, "two", 29)
    assert await take(database, "two", 30)
    assert not await renew(database, "one", 31), "another has it"
    assert not await renew(database, "three", 31), "it never had it"


async def test_whoever_overslept_goes_on_where_nobody_came(database: Database) -> None:
    await take(database, "one", 0)
    assert await renew(database, "one", 100)
    assert not await take(database, "two", 101)


async def test_what_is_given_back_is_free_at_once_but_only_by_its_owner(database: Database) -> None:
    await take(database, "one", 0)
    async with database.begin() as tx:
        await leases.release(tx, "poller", "two")
    assert not await take(database, "two", 1)
    async with database.begin() as tx:
        await leases.release(tx, "poller", "one")
    assert await take(database, "two", 1)


async def test_leases_of_other_names_are_other_leases(database: Database) -> None:
    assert await take(database, "one", 0)
    assert await take(database, "two", 0, name="sweeper")


async def test_whoever_knows_itself_alone_inherits_all_of_them(database: Database) -> None:
    await take(database, "one", 0)
    async with database.begin() as tx:
        await leases.inherit(tx)
    assert await take(database, "two", 0)
