"""Updates on their way in: none lost, each seen to once, in order per chat, and no one in another's way."""

import asyncio
import json
from itertools import pairwise

import pytest
import telegram

from bots.telegram.ingress import CHATS_AT_ONCE, LONGEST_SECONDS, TRIES, URGENT_AT_ONCE, let_pass
from bots.telegram.updates import read_update
from core import inbox, leases
from core.db import Database, DatabaseUnavailableError
from core.duty import LIFE
from tests.bots.telegram_door import SOURCE, Seen, all_seen_to, backlog, door, open_door, words_of
from tests.emulators.telegram import emulated_telegram
from tests.virtual_time import now

pytestmark = pytest.mark.virtual_time


async def test_an_update_is_kept_before_it_is_confirmed(database: Database) -> None:
    async def nobody_comes(_: telegram.Update) -> None:
        await asyncio.get_running_loop().create_future()

    async with emulated_telegram() as server:
        anna = server.person("Anna", started=True)
        seen = Seen(nobody_comes)
        async with open_door(database, server, seen):
            await server.until(lambda: server.updates.is_polled)
            anna.write(anna.private, "hello")
            await server.until(lambda: not server.updates.pending)
            async with database.read() as tx:
                assert await inbox.backlog(tx, SOURCE) == 1
        assert await backlog(database) == 1, "it was begun, not finished"
        later = Seen()
        async with open_door(database, server, later, "two"):
            await all_seen_to(database, server)
        assert (seen.finished, later.finished) == ([], ["hello"])


async def test_what_cannot_be_kept_is_not_confirmed_and_comes_again(database: Database) -> None:
    async with emulated_telegram() as server, door(database, server, seen := Seen()) as made:
        anna = server.person("Anna", started=True)
        anna.write(anna.private, "hello")
        refused = 3
        receive = made.ingress.receive

        async def full_disk(raws: object) -> int:
            nonlocal refused
            refused -= 1
            if refused >= 0:
                raise DatabaseUnavailableError("database or disk is full")
            return await receive(raws)  # type: ignore[arg-type] # what it is given

        made.poller._receive = full_disk
        task = asyncio.create_task(made.run())
        await all_seen_to(database, server)
        task.cancel()
        await asyncio.wait([task])
        assert seen.finished == ["hello"]
        assert server.updates.every[0].handed == 4
        seconds = [call.second for call in server.calls("getUpdates")[:4]]
        assert [round(after - before) for before, after in pairwise(seconds)] == [1, 2, 4]


async def test_a_chat_is_served_in_order_and_chats_beside_one_another(database: Database) -> None:
    at_once = most = 0

    async def take_a_while(_: telegram.Update) -> None:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        await asyncio.sleep(10)
        at_once -= 1

    async with emulated_telegram() as server:
        people = [server.person(f"P{number}", started=True) for number in range(CHATS_AT_ONCE + 10)]
        for number in range(3):
            for person in people:
                person.write(person.private, f"{person.first_name} {number}")
        seen = Seen(take_a_while)
        async with open_door(database, server, seen):
            await all_seen_to(database, server)
        assert len(seen.finished) == len(set(seen.finished)) == 3 * len(people)
        for person in people:
            theirs = [words for words in seen.begun if words.startswith(f"{person.first_name} ")]
            assert theirs == [f"{person.first_name} {number}" for number in range(3)]
        assert most == CHATS_AT_ONCE


async def test_a_press_does_not_wait_for_what_came_before_it_in_its_chat(database: Database) -> None:
    async def slow_words(update: telegram.Update) -> None:
        if update.message is not None:
            await asyncio.sleep(100)

    async with emulated_telegram() as server:
        anna = server.person("Anna", started=True)
        async with open_door(database, server, seen := Seen(slow_words)):
            await server.until(lambda: server.updates.is_polled)
            mine = [anna.write(anna.private, f"{number}") for number in range(5)]
            began = server.second
            for number in range(3):
                anna.forge(mine[-1], f"b{number}")
            await server.until(lambda: len(seen.finished) == 3)
            assert server.second - began < 5
            assert seen.finished == ["press b0", "press b1", "press b2"]
            assert "1" not in seen.begun
            await all_seen_to(database, server, 1000)
        assert seen.finished[3:] == ["0", "1", "2", "3", "4"]


async def test_what_lets_others_pass_holds_up_nobody_and_comes_again_after_a_death(database: Database) -> None:
    async def only_say_something(update: telegram.Update) -> None:
        if words_of(update) != "request":
            let_pass()
            await asyncio.sleep(100)

    async with emulated_telegram() as server:
        anna = server.person("Anna", started=True)
        async with open_door(database, server, seen := Seen(only_say_something)):
            await server.until(lambda: server.updates.is_polled)
            for words in ("look", "another", "request"):
                anna.write(anna.private, words)
            presses = [anna.forge(anna.private.messages[0], f"b{number}") for number in range(2 * URGENT_AT_ONCE)]
            await server.until(lambda: len(seen.begun) == 3 + len(presses), 10)
            assert seen.finished == ["request"]
            assert [words for words in seen.begun if not words.startswith("press")] == ["look", "another", "request"]
        assert await backlog(database) == 2 + len(presses)
        async with open_door(database, server, later := Seen(), "two"):
            await all_seen_to(database, server)
        assert later.finished[:3] == ["press b0", "press b1", "press b2"]
        assert set(later.finished) == set(seen.begun) - {"request"}
        assert len(later.finished) == 2 + len(presses)


async def test_a_poisonous_update_is_logged_and_holds_up_nobody(
    database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    async def stumble(update: telegram.Update) -> None:
        if words_of(update) == "poison":
            raise ZeroDivisionError("a bug of ours")
        if words_of(update) == "worse":
            raise asyncio.CancelledError

    async with emulated_telegram() as server:
        anna = server.person("Anna", started=True)
        for words in ("before", "poison", "worse", "after"):
            anna.write(anna.private, words)
        async with open_door(database, server, seen := Seen(stumble)):
            await all_seen_to(database, server)
        assert seen.begun == ["before", "poison", "worse", "after"]
        assert seen.finished == ["before", "after"]
    assert capsys.readouterr().out.count("an update met a bug of ours") == 2


async def test_an_update_that_nobody_understands_holds_up_nobody(database: Database) -> None:
    odd = [
        {"update_id": 1, "message": {"chat": "not one", "text": 5}},
        {"update_id": 2, "callback_query": {"id": None}},
        {"update_id": 3, "something_new": {"from": {"id": 7}}},
        {"update_id": 4, "message": {"message_id": 1, "date": "yesterday", "chat": {"id": 1, "type": "private"}}},
        "no update at all",
        {"update_id": -1},
        {"update_id": 2**63},
        {
            "update_id": 5,
            "message": {"message_id": 1, "date": 1, "chat": {"id": 1, "type": "private"}, "text": "\ud83d!"},
        },
    ]
    async with emulated_telegram() as server, door(database, server, seen := Seen()) as made:
        assert await made.ingress.receive(odd) == 5
        task = asyncio.create_task(made.ingress.run())
        async with asyncio.timeout(60):
            while await backlog(database):  # noqa: ASYNC110 - a table knows no event
                await asyncio.sleep(0.5)
        task.cancel()
        await asyncio.wait([task])
    assert seen.finished == ["nothing", "?!"] or seen.finished == ["?!", "nothing"], "half a character is none"


async def test_a_handler_that_finds_no_database_is_given_the_same_update_again(database: Database) -> None:
    refuse = 3

    async def need_the_database(_: telegram.Update) -> None:
        nonlocal refuse
        refuse -= 1
        if refuse >= 0:
            raise DatabaseUnavailableError("the file is locked")

    async with emulated_telegram() as server:
        anna = server.person("Anna", started=True)
        anna.write(anna.private, "one")
        anna.write(anna.private, "two")
        async with open_door(database, server, seen := Seen(need_the_database)):
            await all_seen_to(database, server)
        assert seen.begun == ["one"] * 4 + ["two"]
        assert seen.finished == ["one", "two"]


async def test_a_handler_that_never_ends_is_ended(database: Database) -> None:
    async def sleep_in(update: telegram.Update) -> None:
        if words_of(update) == "one":
            await asyncio.sleep(10 * LONGEST_SECONDS)

    async with emulated_telegram() as server:
        anna = server.person("Anna", started=True)
        anna.write(anna.private, "one")
        anna.write(anna.private, "two")
        async with open_door(database, server, seen := Seen(sleep_in)):
            await all_seen_to(database, server, 2 * LONGEST_SECONDS)
        assert seen.finished == ["two"]


async def test_what_no_process_survives_is_given_up(database: Database) -> None:
    async def nobody_comes(update: telegram.Update) -> None:
        if words_of(update) == "deadly":
            await asyncio.get_running_loop().create_future()

    async with emulated_telegram() as server:
        anna = server.person("Anna", started=True)
        anna.write(anna.private, "deadly")
        anna.write(anna.private, "harmless")
        seen = Seen(nobody_comes)
        for life in range(TRIES):
            async with open_door(database, server, seen, f"life {life}"):
                await asyncio.sleep(30)
        async with open_door(database, server, seen, "the last"):
            await all_seen_to(database, server)
        assert seen.begun == ["deadly"] * TRIES + ["harmless"]


def test_what_is_kept_of_an_update_reads_as_it_came() -> None:
    raw = {"update_id": 9, "message": {"chat": {"id": -100}, "text": "é🎬\u2028\x00"}}
    kept = read_update(raw)
    assert (kept.update_id, kept.chat, kept.urgent, json.loads(kept.body)) == (9, "-100", False, raw)
    press = read_update({"update_id": 10, "callback_query": {"from": {"id": 5}, "message": {"chat": {"id": -100}}}})
    assert (press.chat, press.urgent) == ("-100", True)
    assert read_update({"update_id": 11, "inline_query": {"from": {"id": 5}}}).chat == "from 5"
    strange: list[object] = [{"update_id": "9"}, {"message": {}}, [], None]
    for wrong in strange:
        with pytest.raises(ValueError, match="not an update"):
            read_update(wrong)


async def test_when_one_process_dies_another_takes_over_within_its_expiry(database: Database) -> None:
    async with emulated_telegram() as server:
        anna = server.person("Anna", started=True)
        one, two = Seen(), Seen()
        async with door(database, server, one, "one") as first:
            task = asyncio.create_task(first.run())
            await server.until(lambda: server.updates.is_polled)
            async with open_door(database, server, two, "two"):
                await asyncio.sleep(60)
                anna.write(anna.private, "first")
                await all_seen_to(database, server)
                first.duty._release = _nothing  # type: ignore[method-assign] # it dies without a word
                task.cancel()
                await asyncio.wait([task])
                anna.write(anna.private, "second")
                await all_seen_to(database, server, 2 * LIFE.total_seconds())
        assert (one.finished, two.finished) == (["first"], ["second"])
        assert [call for call in server.calls("getUpdates") if call.status == 409] == []


async def _nothing() -> None:
    return None


async def test_whoever_lost_the_duty_stops_and_waits_for_it(database: Database) -> None:
    async with emulated_telegram() as server, door(database, server, Seen(), "one") as made:
        working = asyncio.Event()

        async def work() -> None:
            working.set()
            try:
                await asyncio.get_running_loop().create_future()
            finally:
                working.clear()

        task = asyncio.create_task(made.duty.run(work))
        await working.wait()
        async with database.begin() as tx:
            await leases.release(tx, SOURCE, "one")
            assert await leases.take(tx, SOURCE, "two", now=now(), life=LIFE)
        await asyncio.sleep(LIFE.total_seconds() - 1)
        assert not working.is_set()
        await asyncio.sleep(LIFE.total_seconds())
        assert working.is_set(), "the lease of the other has run out"
        task.cancel()
        await asyncio.wait([task])


async def test_a_stop_gives_the_duty_back_at_once(database: Database) -> None:
    async with emulated_telegram() as server:
        anna = server.person("Anna", started=True)
        async with open_door(database, server, Seen(), "one"):
            await server.until(lambda: server.updates.is_polled)
        async with open_door(database, server, seen := Seen(), "two"):
            anna.write(anna.private, "hello")
            await server.until(lambda: seen.finished, LIFE.total_seconds() / 3)
