"""Updates are kept once, seen to in order, chat by chat, and forgotten in time."""

from datetime import timedelta

from sqlalchemy import select

from core import inbox
from core.db import Database
from core.inbox import Arrived
from core.tables import inbox as table
from tests.virtual_time import BEGINNING

BOT = "telegram:1"


def arrived(update_id: int, chat: str = "a", *, urgent: bool = False) -> Arrived:
    return Arrived(update_id, chat, f'{{"update_id":{update_id}}}', urgent)


async def put(database: Database, *updates: Arrived, source: str = BOT) -> int:
    async with database.begin() as tx:
        return await inbox.put(tx, source, updates, now=BEGINNING)


async def take(
    database: Database, *besides: int, urgent: bool = False, limit: int = 100, source: str = BOT
) -> dict[int, int]:
    """What is given out: the number of each in the table by its number at the platform."""
    async with database.begin() as tx:
        taken = await inbox.take(tx, source, urgent=urgent, limit=limit, besides=besides)
    return {waiting.update_id: waiting.id for waiting in taken}


async def see_to(database: Database, ids: list[int], *, minutes: int = 0) -> None:
    async with database.begin() as tx:
        await inbox.done(tx, ids, now=BEGINNING + timedelta(minutes=minutes))


async def test_what_is_told_twice_is_kept_once(database: Database) -> None:
    assert await put(database, arrived(7), arrived(8)) == 2
    assert await put(database, arrived(8), arrived(9)) == 1
    ids: list[int] = []
    while taken := await take(database):
        ids += taken
        await see_to(database, list(taken.values()))
    assert ids == [7, 8, 9]
    assert await put(database, arrived(7)) == 0, "nor when it was seen to already"


async def test_two_bots_with_the_same_numbers_do_not_meet(database: Database) -> None:
    assert await put(database, arrived(7)) == 1
    assert await put(database, arrived(7), source="telegram:2") == 1
    assert list(await take(database, source="telegram:2")) == [7]
    async with database.read() as tx:
        assert (await inbox.backlog(tx, BOT), await inbox.backlog(tx, "telegram:3")) == (1, 0)


async def test_what_may_be_passed_is_in_hand_and_holds_up_nothing_of_its_chat(database: Database) -> None:
    await put(database, arrived(1), arrived(2), arrived(3))
    async with database.begin() as tx:
        (first,) = await inbox.take(tx, BOT, limit=9)
        assert await inbox.take(tx, BOT, limit=9, besides=[first.id]) == []
        (second,) = await inbox.take(tx, BOT, limit=9, besides=[first.id], passed=[first.id])
        assert second.update_id == 2
        both = [first.id, second.id]
        assert await inbox.take(tx, BOT, limit=9, besides=both, passed=[first.id]) == [], "the second is not passed"
    assert list(await take(database)) == [1], "whoever comes next begins with what was not seen to"


async def test_a_chat_gets_one_at_a_time_in_order_and_holds_up_no_other(database: Database) -> None:
    await put(database, arrived(1, "a"), arrived(2, "a"), arrived(3, "b"), arrived(4, "b"))
    first = await take(database)
    assert list(first) == [1, 3]
    assert await take(database, *first.values()) == {}
    await see_to(database, [first[3]])
    assert list(await take(database, first[1])) == [4]


async def test_order_is_that_of_arrival_even_where_the_platform_begins_to_count_anew(database: Database) -> None:
    await put(database, arrived(900))
    await put(database, arrived(12))
    assert list(await take(database)) == [900]


async def test_what_is_urgent_waits_for_nothing_and_holds_up_nothing(database: Database) -> None:
    await put(database, arrived(1), arrived(2, urgent=True), arrived(3, urgent=True))
    assert list(await take(database)) == [1]
    urgent = await take(database, urgent=True)
    assert list(urgent) == [2, 3]
    assert await take(database, *urgent.values(), urgent=True) == {}


async def test_no_more_are_given_out_than_there_is_room_for_and_the_oldest_first(database: Database) -> None:
    await put(database, *(arrived(number, f"chat {number}") for number in range(10)))
    assert list(await take(database, limit=3)) == [0, 1, 2]
    assert await take(database, limit=0) == {}


async def test_it_is_counted_how_often_something_was_tried(database: Database) -> None:
    await put(database, arrived(1))
    for tries in (1, 2, 3):
        async with database.begin() as tx:
            (waiting,) = await inbox.take(tx, BOT, limit=1)
        assert (waiting.tries, waiting.chat, waiting.body) == (tries, "a", '{"update_id":1}')


async def test_of_what_was_seen_to_the_words_go_at_once_and_the_number_in_time(database: Database) -> None:
    await put(database, arrived(1), arrived(2), arrived(3))
    taken = await take(database)
    await see_to(database, list(taken.values()))
    taken = await take(database)
    await see_to(database, list(taken.values()), minutes=60)
    async with database.read() as tx:
        assert list(await tx.scalars(select(table.c.body).order_by(table.c.id))) == ["", "", '{"update_id":3}']
    async with database.begin() as tx:
        assert await inbox.sweep(tx, before=BEGINNING + timedelta(minutes=30)) == 1
    async with database.read() as tx:
        assert list(await tx.scalars(select(table.c.update_id).order_by(table.c.id))) == [2, 3]
