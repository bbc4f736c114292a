"""What several processes of one bot share about speaking, on both databases."""

from datetime import timedelta

import pytest

from core import chat_boards, turns
from core.chat_boards import Board, Line
from core.db import Database
from core.model import Address, GenerationRequest, Requester
from core.service import Service
from core.turns import Silence, Turn
from tests.stand_ins import POLICY, catalogue
from tests.virtual_time import BEGINNING

pytestmark = pytest.mark.both_databases

BOT = "telegram:1"


async def test_a_turn_that_one_process_took_counts_for_all_until_it_is_given_back(database: Database) -> None:
    async with database.begin() as tx:
        first, _ = await turns.spend(tx, BOT, [Turn(-7, BEGINNING), Turn(-8, BEGINNING)])
    async with database.begin() as tx:
        before = BEGINNING - timedelta(seconds=1)
        assert await turns.since(tx, BOT, before, chat=-7) == [Turn(-7, BEGINNING)]
        assert await turns.since(tx, "telegram:2", before) == []
        await turns.give_back(tx, [first])
        assert await turns.since(tx, BOT, before) == [Turn(-8, BEGINNING)]


async def test_a_chat_that_is_told_twice_to_be_silent_is_so_once(database: Database) -> None:
    for seconds in (30, 60):
        async with database.begin() as tx:
            await turns.silence(tx, BOT, Silence(-7, BEGINNING, BEGINNING + timedelta(seconds=seconds)))
    async with database.read() as tx:
        assert [silence.until for silence in await turns.silent(tx, BOT, now=BEGINNING)] == [
            BEGINNING + timedelta(seconds=60)
        ]


async def test_a_board_stands_for_what_all_processes_say_of_their_jobs(database: Database) -> None:
    service = Service(database, catalogue(), POLICY, now=lambda: BEGINNING)
    request = GenerationRequest("a lighthouse", "standard", 5)
    jobs = [
        (await service.submit(request, Requester(f"telegram:{number}", "telegram:-7"), Address("telegram", "x"))).id
        for number in range(2)
    ]
    async with database.begin() as tx:
        for message in (40, 41):
            await chat_boards.put(tx, BOT, Board(-7, 0, message))
        for number, job in enumerate(jobs):
            await chat_boards.write(tx, BOT, f"process {number}", [Line(job, -7, True, "waits")], now=BEGINNING)
        await chat_boards.write(tx, BOT, "process 1", [Line(jobs[0], -7, True, "waits on")], now=BEGINNING)
    async with database.read() as tx:
        assert await chat_boards.known(tx, BOT) == [Board(-7, 0, 41)]
        said = await chat_boards.read(tx, BOT, [-7], since=BEGINNING - timedelta(seconds=1))
    assert sorted(line.body for line in said) == ["waits", "waits on"]
