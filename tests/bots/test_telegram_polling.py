"""Asking Telegram for updates: faults of every kind are waited out, and only what is kept is confirmed."""

import asyncio
import json
import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest
from telegram import Bot

from bots.telegram.polling import CONFLICTS, LONGEST_PAUSE_SECONDS, Poller, UpdatesRequest
from core.db import Database
from core.errors import ConfigurationError
from tests.bots.telegram_door import Seen, all_seen_to, door, open_door
from tests.emulators.telegram import TelegramEmulator, emulated_telegram
from tests.emulators.telegram.faults import Fault

pytestmark = pytest.mark.virtual_time

OTHER = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"


def fail(server: TelegramEmulator, status: int, description: str = "", *, times: int = 1, **more: Any) -> None:
    """What getUpdates is answered from now on."""
    answer = {"ok": False, "error_code": status, "description": description, **more}
    body = json.dumps(answer).encode()
    server.server.faults.add(Fault(re.compile("getUpdates"), status=status, body=body, times=times))


def answer(server: TelegramEmulator, body: bytes, *, times: int = 1) -> None:
    """What getUpdates says, with a good conscience."""
    server.server.faults.add(Fault(re.compile("getUpdates"), status=200, body=body, times=times))


async def test_the_line_is_asked_for_what_we_hear_and_waits_long(database: Database) -> None:
    async with emulated_telegram() as server, open_door(database, server, Seen()):
        await asyncio.sleep(500)
        calls = server.calls("getUpdates")
        assert 10 <= len(calls) <= 12
        assert calls[0].params["timeout"] == "50" or calls[0].params["timeout"] == 50
        assert server.updates.allowed == {"message", "channel_post", "callback_query", "my_chat_member"}


@pytest.mark.parametrize(
    "fault",
    [
        (502, "Bad Gateway"),
        (500, "Internal Server Error"),
        (400, "Bad Request: something else"),
        (429, "Too Many Requests: retry after 30"),
    ],
)
async def test_a_fault_of_telegrams_is_waited_out_with_growing_pauses(
    database: Database, fault: tuple[int, str]
) -> None:
    async with emulated_telegram() as server:
        anna = server.person("Anna", started=True)
        anna.write(anna.private, "hello")
        fail(server, *fault, times=20)
        async with open_door(database, server, seen := Seen()):
            await all_seen_to(database, server, 3000)
        assert seen.finished == ["hello"]
        at = [call.second for call in server.calls("getUpdates")[:21]]
        pauses = [after - before for before, after in pairwise(at)]
        assert [round(pause) for pause in pauses] == [*(1, 2, 4, 8, 16, 32), *[LONGEST_PAUSE_SECONDS] * 14]


async def test_telegram_says_itself_how_long_it_wants_to_be_left_alone(database: Database) -> None:
    async with emulated_telegram() as server:
        fail(server, 429, "Too Many Requests: retry after 300", parameters={"retry_after": 300})
        async with open_door(database, server, Seen()):
            await asyncio.sleep(400)
        first, second = (call.second for call in server.calls("getUpdates")[:2])
        assert second - first >= 300


async def test_a_line_that_breaks_or_hangs_costs_nothing_but_time(database: Database) -> None:
    async with emulated_telegram() as server:
        faults = server.server.faults
        faults.add(Fault(re.compile("getUpdates"), drop=True))
        faults.add(Fault(re.compile("getUpdates"), drop=True, after_effect=True))
        faults.add(Fault(re.compile("getUpdates"), seconds=1000, after_effect=True))
        anna = server.person("Anna", started=True)
        async with open_door(database, server, seen := Seen()):
            for number in range(3):
                anna.write(anna.private, f"{number}")
                await asyncio.sleep(200)
            await all_seen_to(database, server, 3000)
        assert seen.finished == ["0", "1", "2"]


@pytest.mark.parametrize(
    "body", [b"<html>proxy</html>", b"[]", b'"ok"', b'{"ok":true,"result":7}', b'{"ok":true,"result":["?"]}', b"\xff"]
)
async def test_what_is_no_answer_is_no_reason_to_ask_without_a_pause(database: Database, body: bytes) -> None:
    async with emulated_telegram() as server:
        answer(server, body, times=8)
        anna = server.person("Anna", started=True)
        anna.write(anna.private, "hello")
        async with open_door(database, server, seen := Seen()):
            await asyncio.sleep(5)
            assert len(server.calls("getUpdates")) <= 6
            await all_seen_to(database, server, 3000)
        assert seen.finished == ["hello"]


async def test_a_server_that_tells_the_same_again_and_again_is_not_asked_without_a_pause(database: Database) -> None:
    async with emulated_telegram() as server:
        same = {"update_id": 5, "message": {"message_id": 1, "date": 1, "chat": {"id": 1, "type": "private"}}}
        answer(server, json.dumps({"ok": True, "result": [same]}).encode(), times=1000)
        async with open_door(database, server, seen := Seen()):
            await asyncio.sleep(60)
        assert len(server.calls("getUpdates")) <= 62
        assert seen.finished == ["nothing"]


async def test_a_token_that_is_refused_is_said_in_one_line_without_it(database: Database) -> None:
    async with emulated_telegram() as server, door(database, server, Seen()) as made:
        server.server.revoked = True
        with pytest.raises(ConfigurationError) as refused:
            await made.poller.run()
        (line,) = refused.value.lines
        assert line.startswith("MATINEE_TELEGRAM_TOKEN: Telegram does not accept this token")
        assert server.token not in line


async def test_a_second_poller_gives_way_with_a_line_that_says_why(database: Database) -> None:
    async with emulated_telegram() as server, door(database, server, Seen()) as made:
        fail(server, 409, OTHER, times=1000)
        with pytest.raises(ConfigurationError, match="MATINEE_TELEGRAM_TOKEN: another program fetches"):
            await made.poller.run()
        assert len(server.calls("getUpdates")) == CONFLICTS


async def test_whoever_was_there_first_stays_and_says_who_disturbs(
    database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    async with emulated_telegram() as server:
        anna = server.person("Anna", started=True)
        async with open_door(database, server, seen := Seen()) as task:
            await asyncio.sleep(60)
            fail(server, 409, OTHER, times=20)
            await asyncio.sleep(600)
            anna.write(anna.private, "hello")
            await all_seen_to(database, server, 3000)
            assert not task.done()
        assert seen.finished == ["hello"]
    assert "another program fetches this bot's updates" in capsys.readouterr().out


async def test_two_of_us_at_two_databases_end_with_one(database: Database) -> None:
    async with emulated_telegram() as server:
        requests = UpdatesRequest(read_timeout=15.0), UpdatesRequest(read_timeout=15.0)
        bots = [Bot(server.token, server.api_url, get_updates_request=request) for request in requests]

        async def keep(raws: Sequence[object]) -> int:
            return len(raws)

        pollers = [Poller(bot, request, keep).run() for bot, request in zip(bots, requests, strict=True)]
        one = asyncio.create_task(pollers[0])
        await asyncio.sleep(60)
        two = asyncio.create_task(pollers[1])
        await asyncio.wait([one, two], timeout=600, return_when=asyncio.FIRST_COMPLETED)
        assert (one.done(), two.done()) == (False, True)
        assert isinstance(two.exception(), ConfigurationError)
        one.cancel()
        await asyncio.wait([one])
        for bot, request in zip(bots, requests, strict=True):
            await request.shutdown()
            await bot.request.shutdown()


async def test_after_a_silence_telegram_may_count_from_below(database: Database) -> None:
    async with emulated_telegram() as server:
        anna = server.person("Anna", started=True)
        async with open_door(database, server, seen := Seen()):
            anna.write(anna.private, "before")
            await all_seen_to(database, server)
            await asyncio.sleep(600)
            server.updates._numbers = iter(range(100, 200))  # type: ignore[assignment] # itertools.count elsewhere
            anna.write(anna.private, "after")
            await all_seen_to(database, server)
        assert seen.finished == ["before", "after"]
