"""How the emulator counts floods, and what goes wrong on demand."""

import asyncio
from datetime import timedelta

import pytest
from telegram.error import NetworkError, RetryAfter, TelegramError, TimedOut
from telegram.request import HTTPXRequest

from tests.emulators.telegram import bot_at, emulated_telegram
from tests.emulators.telegram_wire import FILM, ask, said

pytestmark = pytest.mark.virtual_time


def second() -> float:
    return asyncio.get_running_loop().time()


async def test_a_group_takes_twenty_in_any_minute_sends_and_edits_together() -> None:
    async with emulated_telegram() as telegram, bot_at(telegram) as bot:
        group = telegram.supergroup()
        for number in range(60):
            if number:
                await asyncio.sleep(3)
            await bot.send_message(group.id, str(number))
        assert telegram.flooded == []
        await asyncio.sleep(3)
        await bot.edit_message_text("x", group.id, group.last.id)
        with pytest.raises(RetryAfter) as refused:
            await bot.send_message(group.id, "y")
        assert refused.value.retry_after == timedelta(seconds=3)
        assert [(flood.chat_id, flood.retry_after) for flood in telegram.flooded] == [(group.id, 3)]
        await asyncio.sleep(3)
        await bot.send_message(group.id, "y")


async def test_a_person_is_written_to_once_a_second_with_short_bursts() -> None:
    async with emulated_telegram() as telegram, bot_at(telegram) as bot:
        anna = telegram.person("Anna", started=True)
        for number in range(5):
            await bot.send_message(anna.private.id, str(number))
        with pytest.raises(RetryAfter):
            await bot.send_message(anna.private.id, "x")
        await asyncio.sleep(1)
        for number in range(30):
            await bot.send_message(anna.private.id, str(number))
            await asyncio.sleep(1)
        assert len(telegram.flooded) == 1


async def test_thirty_a_second_are_taken_over_all() -> None:
    async with emulated_telegram() as telegram, bot_at(telegram) as bot:
        people = [telegram.person(f"Anna {number}", started=True) for number in range(31)]
        for person in people[:30]:
            await bot.send_message(person.private.id, "x")
        with pytest.raises(RetryAfter):
            await bot.send_message(people[30].private.id, "x")
        assert telegram.flooded[0].chat_id is None
        await asyncio.sleep(1)
        await bot.send_message(people[30].private.id, "x")


async def test_who_asks_during_a_penalty_waits_twice_as_long_each_time_up_to_hours() -> None:
    async with emulated_telegram() as telegram, bot_at(telegram) as bot:
        group, other = telegram.supergroup(), telegram.supergroup()
        telegram.flood.arm(group.id, 3600)
        waits = []
        for _ in range(4):
            with pytest.raises(RetryAfter) as refused:
                await bot.send_message(group.id, "x")
            waits.append(refused.value._retry_after.total_seconds())
        assert waits == [3600, 7200, 10800, 10800]
        # what is slow is the chat, not the bot
        await bot.send_message(other.id, "x")
        await asyncio.sleep(10800)
        await bot.send_message(group.id, "x")


async def test_an_answer_to_a_press_is_never_too_many() -> None:
    async with emulated_telegram() as telegram, bot_at(telegram) as bot:
        anna = telegram.person("Anna")
        group = telegram.group("Film club", anna)
        await bot.send_message(group.id, "x")
        telegram.flood.arm(group.id, 3600)
        with pytest.raises(RetryAfter):
            await bot.send_message(group.id, "x")
        for number in range(40):
            press = anna.forge(group.last, str(number))
            await bot.answer_callback_query(press.id)
        assert len(telegram.flooded) == 1


async def test_large_files_of_one_size_are_taken_one_after_another() -> None:
    async with emulated_telegram() as telegram, bot_at(telegram) as bot:
        films = [telegram.supergroup() for _ in range(3)]
        began = second()
        for group in films:
            await bot.send_video(group.id, FILM + bytes(100_000))
        assert second() - began == pytest.approx(1.0)


async def test_too_many_large_files_of_one_size_at_once_are_refused_for_a_minute() -> None:
    async with emulated_telegram() as telegram, bot_at(telegram) as bot:
        groups = [telegram.supergroup() for _ in range(14)]
        film = FILM + bytes(100_000)
        sent = await asyncio.gather(*(bot.send_video(group.id, film) for group in groups), return_exceptions=True)
        refused = [answer for answer in sent if isinstance(answer, RetryAfter)]
        assert [flood.retry_after for flood in telegram.flooded] == [60] * len(refused)
        assert len(refused) == 3


async def test_every_call_is_written_down_with_its_time() -> None:
    async with emulated_telegram() as telegram, bot_at(telegram) as bot:
        group, other = telegram.group(), telegram.group()
        await bot.send_message(group.id, "1")
        await asyncio.sleep(5)
        await bot.send_message(other.id, "2")
        await bot.edit_message_text("3", group.id, group.last.id)
        first, last = telegram.calls("(send|edit)Message.*", group)
        assert last.second - first.second == pytest.approx(5)
        assert (first.method, last.method) == ("sendMessage", "editMessageText")
        assert first.ok


async def test_an_error_before_the_effect_has_none_and_one_after_it_has() -> None:
    async with emulated_telegram() as telegram, bot_at(telegram) as bot:
        group = telegram.group()
        telegram.faults.fail("sendMessage", 502)
        with pytest.raises(NetworkError, match="Bad Gateway"):
            await bot.send_message(group.id, "x")
        assert group.messages == []
        telegram.faults.fail("sendMessage", 500, after_effect=True)
        with pytest.raises(TelegramError, match="Internal Server Error"):
            await bot.send_message(group.id, "x")
        assert len(group.messages) == 1
        await bot.send_message(group.id, "x")


async def test_a_line_is_cut_before_or_after_the_effect() -> None:
    async with emulated_telegram() as telegram, bot_at(telegram) as bot:
        group, other = telegram.group(), telegram.group()
        telegram.faults.drop("sendVideo", chat_id=group.id)
        await bot.send_video(other.id, FILM)
        with pytest.raises(NetworkError):
            await bot.send_video(group.id, FILM)
        assert group.videos == []
        telegram.faults.drop("sendVideo", after_effect=True)
        with pytest.raises(NetworkError):
            await bot.send_video(group.id, FILM)
        assert len(group.videos) == 1
        assert [call.status for call in telegram.calls("sendVideo", group)] == [0, 0]


async def test_an_upload_that_is_answered_after_a_minute_is_there_long_before() -> None:
    async with emulated_telegram() as telegram, bot_at(telegram) as bot:
        group = telegram.group()
        telegram.faults.slow("sendVideo", 60, after_effect=True, times=2)
        with pytest.raises(TimedOut):
            await bot.send_video(group.id, FILM, read_timeout=20)
        assert len(group.videos) == 1
        began = second()
        await bot.send_video(group.id, FILM, read_timeout=120)
        assert second() - began == pytest.approx(60)
        assert len(group.videos) == 2


async def test_a_wait_that_is_asked_for_on_demand_is_as_long_as_asked() -> None:
    async with emulated_telegram() as telegram, bot_at(telegram) as bot:
        telegram.faults.fail("getMe", 429, retry_after=17)
        with pytest.raises(RetryAfter) as refused:
            await bot.get_me()
        assert refused.value.retry_after == timedelta(seconds=17)


async def test_what_is_no_answer_of_the_bot_api_breaks_the_library_and_not_the_emulator() -> None:
    async with emulated_telegram() as telegram, bot_at(telegram) as bot:
        telegram.faults.garble("getMe", b'{"ok":true,"result":')
        with pytest.raises(TelegramError, match=said("invalid")):
            await bot.get_me()
        telegram.faults.garble("getMe", b"<html>", status=502)
        with pytest.raises(NetworkError):
            await bot.get_me()
        assert (await bot.get_me()).id == telegram.bot.id


async def test_a_download_can_fail_as_well() -> None:
    async with emulated_telegram() as telegram, bot_at(telegram) as bot:
        group = telegram.group()
        sent = await bot.send_video(group.id, FILM)
        assert sent.video is not None
        file = await sent.video.get_file()
        telegram.faults.fail("file", 500)
        with pytest.raises(NetworkError):
            await file.download_as_bytearray()
        assert bytes(await file.download_as_bytearray()) == FILM


async def test_only_the_requests_that_are_meant_meet_a_fault() -> None:
    async with emulated_telegram() as telegram:
        group = telegram.group()
        telegram.faults.fail("sendMessage", 500, skip=1, text="x")
        answers = [await ask(telegram, "sendMessage", chat_id=group.id, text=text) for text in ("x", "y", "x", "x")]
        assert [answer["ok"] for answer in answers] == [True, True, False, True]


async def test_a_pool_without_room_sends_nothing() -> None:
    narrow = HTTPXRequest(connection_pool_size=1, pool_timeout=1, read_timeout=60)
    async with emulated_telegram() as telegram, bot_at(telegram, request=narrow) as bot:
        group = telegram.group()
        telegram.faults.slow("sendMessage", 30)
        slow = asyncio.create_task(bot.send_message(group.id, "1"))
        await asyncio.sleep(0.5)
        with pytest.raises(TimedOut, match="not"):
            await bot.send_message(group.id, "2")
        await slow
        assert [message.text for message in group.messages] == ["1"]
