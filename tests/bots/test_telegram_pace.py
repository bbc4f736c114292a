"""The flood budget of Telegram in virtual time: windows, ranks, gates."""

import asyncio
import itertools

import pytest

from bots.telegram.limits import GROUP_A_MINUTE, PATIENCE
from bots.telegram.pace import GatedError, Pace

pytestmark = pytest.mark.virtual_time

GROUP, OTHER, THIRD, PRIVATE = -1001, -1002, -1003, 42


def second() -> float:
    return asyncio.get_running_loop().time()


async def taken(pace: Pace, kind: str, chat: int, count: int) -> list[float]:
    """When so many turns were had by those who all asked at once."""

    async def one() -> float:
        await getattr(pace, kind)(chat)
        return second()

    return sorted(await asyncio.gather(*(one() for _ in range(count))))


def most_within(times: list[float], seconds: float) -> int:
    return max(sum(1 for other in times if at <= other < at + seconds) for at in times)


@pytest.mark.parametrize("kind", ["final", "answer", "ping", "first", "progress"])
async def test_a_group_never_hears_more_than_twenty_in_a_minute(kind: str) -> None:
    times = await taken(Pace(), kind, GROUP, 70)
    assert most_within(times, 60) <= GROUP_A_MINUTE
    assert most_within(times, 1) <= 3


async def test_finals_answers_and_progress_together_keep_to_twenty_in_a_minute() -> None:
    pace = Pace()
    kinds = ["progress", "answer", "final", "ping"]
    times = sorted(itertools.chain(*await asyncio.gather(*(taken(pace, kind, GROUP, 20) for kind in kinds))))
    assert most_within(times, 60) <= GROUP_A_MINUTE


@pytest.mark.parametrize("kind", ["final", "answer", "progress"])
async def test_a_private_chat_hears_about_one_a_second(kind: str) -> None:
    times = await taken(Pace(), kind, PRIVATE, 30)
    assert most_within(times, 10) <= 12
    assert most_within(times, 3) <= 3


async def test_finals_find_room_when_progress_has_taken_all_that_it_may() -> None:
    pace = Pace()
    busy = asyncio.create_task(taken(pace, "progress", GROUP, 100), name="progress")
    await asyncio.sleep(120)
    began = second()
    times = await taken(pace, "final", GROUP, 3)
    assert times[-1] - began <= 4
    busy.cancel()


async def test_who_ends_a_job_goes_before_who_answers_and_that_before_progress() -> None:
    pace = Pace()
    await taken(pace, "final", GROUP, 6)
    order: list[str] = []

    async def wait(kind: str) -> None:
        await getattr(pace, kind)(GROUP)
        order.append(kind)

    kinds = ["progress", "ping", "answer", "final", "progress", "final"]
    await asyncio.gather(*(wait(kind) for kind in kinds))
    assert order == ["final", "final", "answer", "ping", "progress", "progress"]


async def test_over_all_chats_there_are_no_more_than_25_in_a_second_and_5_of_them_are_for_finals() -> None:
    pace = Pace()
    answers = [asyncio.create_task(pace.answer(-5000 - n), name=str(n)) for n in range(60)]
    await asyncio.sleep(0)
    began = second()
    await asyncio.gather(*(pace.final(-6000 - n) for n in range(5)))
    assert second() == began
    await asyncio.gather(*answers)
    assert second() - began >= 2


async def test_a_flood_closes_its_chat_for_everything_and_no_other() -> None:
    pace = Pace()
    pace.shut(GROUP, 20)
    began = second()
    await pace.final(OTHER)
    assert second() == began
    await pace.final(GROUP)
    assert second() - began == pytest.approx(20.5)


@pytest.mark.parametrize("kind", ["final", "answer", "ping"])
async def test_who_cannot_wait_is_told_of_a_long_flood_at_once(kind: str) -> None:
    pace = Pace()
    pace.shut(GROUP, 3600)
    with pytest.raises(GatedError) as told:
        await getattr(pace, kind)(GROUP)
    assert second() == 0
    assert told.value.seconds > PATIENCE


async def test_who_waits_when_a_long_flood_begins_is_told_then() -> None:
    pace = Pace()
    await taken(pace, "final", GROUP, 6)
    waiting = asyncio.create_task(pace.answer(GROUP), name="waiting")
    await asyncio.sleep(1)
    pace.shut(GROUP, 3600)
    with pytest.raises(GatedError):
        await waiting
    assert second() == pytest.approx(4.2)


async def test_floods_in_three_chats_pause_all_of_them_and_the_others() -> None:
    pace = Pace()
    assert not pace.shut(GROUP, 7)
    assert not pace.shut(OTHER, 5)
    await asyncio.sleep(1)
    assert pace.shut(THIRD, 3600)
    began = second()
    await pace.final(PRIVATE)
    assert second() - began == pytest.approx(5.5)


async def test_floods_that_lie_apart_are_floods_of_their_chats_alone() -> None:
    pace = Pace()
    for chat in (GROUP, OTHER, THIRD):
        assert not pace.shut(chat, 2)
        await asyncio.sleep(11)
    began = second()
    await pace.final(PRIVATE)
    assert second() == began


async def test_a_turn_that_was_given_back_is_there_for_the_next() -> None:
    pace = Pace()
    assert await pace.take_now(GROUP)
    assert await pace.take_now(GROUP)
    assert not await pace.take_now(GROUP)
    pace.give_back(GROUP)
    assert await pace.take_now(GROUP)


async def test_who_no_longer_waits_holds_nobody_up() -> None:
    pace = Pace()
    await taken(pace, "final", GROUP, 3)
    gone = asyncio.create_task(pace.final(GROUP), name="gone")
    stays = asyncio.create_task(pace.final(GROUP), name="stays")
    await asyncio.sleep(1)
    gone.cancel()
    await stays
    assert second() == pytest.approx(3.2)


async def test_chats_that_nobody_speaks_in_are_forgotten() -> None:
    pace = Pace()
    for number in range(12_000):
        pace.give_back(-number - 1)
    assert len(pace._chats) <= 10_000
