"""One status message: the newest wins, one edit at a time, at the platform's pace, and nothing after its end."""

import asyncio
import itertools
from dataclasses import replace

import pytest

from core.board import QUIET_SECONDS, SETTLE_SECONDS, Board
from core.errors import DeliveryError, DeliveryReason
from core.model import JobId, Phase, Status
from tests.stand_ins import REQUEST, Chat
from tests.virtual_time import now

pytestmark = pytest.mark.virtual_time

START = Status(JobId("AAAA1111"), Phase.STARTING, REQUEST, "standard", 1)


def at(percent: float) -> Status:
    return replace(START, phase=Phase.RENDERING, percent=percent)


async def test_a_flood_of_percentages_becomes_a_few_edits_and_the_last_one_counts() -> None:
    chat = Chat()
    async with Board(chat, now=now) as board:
        for percent in range(101):
            board.post(at(percent))
            await asyncio.sleep(0.1)
        await asyncio.sleep(30)
    seen = [status.percent for _, status in chat.shown if status.percent is not None]
    assert seen == pytest.approx([0, 30, 60, 90, 100], abs=1)
    assert seen[-1] == 100
    times = [time for time, _ in chat.shown]
    assert min(later - earlier for earlier, later in itertools.pairwise(times)) >= 3


async def test_a_small_step_is_shown_once_the_message_is_stale() -> None:
    chat = Chat()
    async with Board(chat, now=now) as board:
        board.post(at(40))
        await asyncio.sleep(4)
        board.post(at(41))
        await asyncio.sleep(10)
        assert len(chat.shown) == 1
        await asyncio.sleep(2)
    assert [round(time) for time, _ in chat.shown] == [0, 15]


async def test_a_new_phase_is_worth_an_edit_whatever_the_percentage() -> None:
    chat = Chat()
    async with Board(chat, now=now) as board:
        board.post(at(98))
        await asyncio.sleep(1)
        board.post(replace(at(98), phase=Phase.FINISHING))
        await asyncio.sleep(3)
    assert chat.phases == ["rendering", "finishing"]


async def test_a_slow_chat_gets_one_edit_at_a_time_and_holds_nobody_up() -> None:
    chat = Chat(takes_seconds=20)
    async with Board(chat, now=now) as board:
        for percent in range(0, 100, 10):
            board.post(at(percent))
            await asyncio.sleep(5)
        await asyncio.sleep(60)
    assert chat.most_under_way == 1
    assert chat.last.percent == 90


async def test_nothing_is_shown_once_it_has_settled() -> None:
    chat = Chat()
    board = Board(chat, now=now)
    async with board:
        board.post(START)
        await asyncio.sleep(1)
        board.post(at(50))
        await board.settle()
        board.post(at(60))
        await asyncio.sleep(100)
    assert [status for _, status in chat.shown] == [START]


async def test_an_edit_under_way_ends_before_what_comes_after_it() -> None:
    chat = Chat(takes_seconds=2)
    async with Board(chat, now=now) as board:
        board.post(START)
        await asyncio.sleep(1)
    assert [status for _, status in chat.shown] == [START]


async def test_an_edit_that_hangs_is_not_waited_for_for_ever() -> None:
    chat = Chat(takes_seconds=1e6)
    began = asyncio.get_running_loop().time()
    async with Board(chat, now=now) as board:
        board.post(START)
        await asyncio.sleep(1)
    assert asyncio.get_running_loop().time() - began <= 1 + SETTLE_SECONDS
    assert (chat.shown, chat.under_way) == ([], 0)


async def test_silence_is_admitted_and_news_take_it_back() -> None:
    chat = Chat()
    async with Board(chat, now=now) as board:
        board.post(at(40))
        await asyncio.sleep(2.5 * QUIET_SECONDS)
        board.post(at(41))
        await asyncio.sleep(5)
    assert [status.quiet_since is not None for _, status in chat.shown] == [False, True, True, False]
    assert chat.shown[1][1].quiet_since == now().replace(hour=12, minute=0, second=0)


async def test_a_chat_that_refuses_an_edit_gets_the_next_one() -> None:
    chat = Chat(deaf=[DeliveryError(DeliveryReason.CHAT_UNREACHABLE)])
    async with Board(chat, now=now) as board:
        board.post(START)
        await asyncio.sleep(10)
        board.post(at(50))
        await asyncio.sleep(10)
    assert [status.percent for _, status in chat.shown] == [50]


async def test_a_board_that_is_cancelled_leaves_no_task_behind() -> None:
    async def show() -> None:
        async with Board(Chat(), now=now) as board:
            board.post(START)
            await asyncio.sleep(1000)

    task = asyncio.create_task(show())
    await asyncio.sleep(1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert asyncio.all_tasks() == {asyncio.current_task()}
