"""The emulator of Telegram from end to end: people write, the real library answers, a film arrives."""

import asyncio
from datetime import timedelta

import pytest
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, InputFile, InputMediaVideo
from telegram.error import BadRequest, RetryAfter

from tests.emulators.telegram import bot_at, emulated_telegram
from tests.emulators.telegram_bot import STEP_SECONDS, at_work
from tests.emulators.telegram_wire import FILM, picture, said

pytestmark = pytest.mark.virtual_time


async def test_a_command_is_answered_and_the_status_becomes_the_film() -> None:
    async with emulated_telegram() as telegram, bot_at(telegram) as bot:
        anna = telegram.person("Anna")
        asked = anna.write(anna.private, "/video a lighthouse")
        (update,) = await bot.get_updates(timeout=50)
        assert update.message is not None
        assert update.message.text == asked.text
        assert update.message.entities[0].type == "bot_command"
        button = InlineKeyboardMarkup([[InlineKeyboardButton("Cancel", callback_data="c:1")]])
        sent = await bot.send_message(anna.private.id, "1 %", reply_markup=button)
        status = anna.private.last
        assert status.id == sent.message_id
        assert status.keyboard == [["Cancel"]]
        await bot.edit_message_text("50 %", anna.private.id, sent.message_id)
        media = InputMediaVideo(
            InputFile(FILM, "film.mp4", attach=True),
            caption="done",
            width=1280,
            height=720,
            duration=8,
            supports_streaming=True,
            thumbnail=InputFile(picture(320, 180), attach=True),
        )
        await bot.edit_message_media(media, anna.private.id, sent.message_id)
        assert status.texts == ["1 %", "50 %", "done"]
        assert status.video is not None
        assert status.video.data == FILM
        assert (status.video.width, status.video.height, status.video.duration) == (1280, 720, 8)
        assert status.video.thumbnail is not None
        assert anna.private.videos == [status]


async def test_a_press_is_answered_with_a_toast() -> None:
    async with emulated_telegram() as telegram, bot_at(telegram) as bot:
        anna = telegram.person("Anna")
        group = telegram.group("Film club", anna)
        button = InlineKeyboardMarkup([[InlineKeyboardButton("Cancel", callback_data="c:1")]])
        await bot.send_message(group.id, "1 %", reply_markup=button)
        press = anna.tap(group.last, "Cancel")
        (update,) = await bot.get_updates()
        assert update.callback_query is not None
        assert update.callback_query.data == "c:1"
        await update.callback_query.answer("cancelled", show_alert=True)
        assert await press.answered()
        assert (press.toast, press.alert) == ("cancelled", True)


async def test_a_photo_of_a_person_comes_in_several_sizes_and_is_downloaded_as_it_was() -> None:
    async with emulated_telegram() as telegram, bot_at(telegram) as bot:
        anna = telegram.person("Anna")
        data = picture(1000, 500)
        anna.send_photo(anna.private, data, "/animate it moves")
        (update,) = await bot.get_updates()
        assert update.message is not None
        assert [size.width for size in update.message.photo] == [90, 320, 800, 1000]
        assert update.message.caption_entities[0].type == "bot_command"
        file = await update.message.photo[-1].get_file()
        assert bytes(await file.download_as_bytearray()) == data


async def test_a_group_is_given_twenty_sends_and_edits_a_minute_and_the_penalty_grows() -> None:
    async with emulated_telegram() as telegram, bot_at(telegram) as bot:
        group = telegram.group()
        sent = await bot.send_message(group.id, "0")
        for number in range(1, 20):
            await bot.edit_message_text(str(number), group.id, sent.message_id)
        for waits in (60, 120, 240):
            with pytest.raises(RetryAfter) as refused:
                await bot.send_message(group.id, "x")
            assert refused.value.retry_after == timedelta(seconds=waits)
        assert [flood.escalation for flood in telegram.flooded] == [0, 1, 2]


async def test_what_has_not_changed_is_refused_as_not_modified() -> None:
    async with emulated_telegram() as telegram, bot_at(telegram) as bot:
        anna = telegram.person("Anna", started=True)
        sent = await bot.send_message(anna.private.id, "x")
        with pytest.raises(BadRequest, match=said("message is not modified")):
            await bot.edit_message_text("x", anna.private.id, sent.message_id)


async def test_an_application_serves_a_topic_a_group_and_a_person_at_once() -> None:
    async with emulated_telegram() as telegram, at_work(telegram):
        anna, ben = telegram.person("Anna"), telegram.person("Ben")
        forum = telegram.forum("Film club", anna)
        films = forum.topic("Films")
        anna.command(forum, "video", "a lighthouse", topic=films)
        ben.command(ben.private, "video", "a dog")
        await telegram.until(lambda: len(forum.from_bot) == 1)
        press = await anna.press(forum.from_bot[0], "Cancel")
        assert press.toast == "too late"
        await telegram.until(lambda: forum.videos and ben.private.videos)
        (in_forum,), (in_private,) = forum.videos, ben.private.videos
        assert in_forum.topic is films
        assert in_forum.texts == ["0 %", "25 %", "50 %", "75 %", "a lighthouse"]
        assert (in_private.text, in_private.keyboard) == ("a dog", [])
        first, *_, last = in_forum.versions
        assert (last.at - first.at).total_seconds() >= 3 * STEP_SECONDS
        await telegram.quiet()
        assert telegram.flooded == []


async def test_a_quarter_of_a_day_of_polling_passes_in_no_time() -> None:
    async with emulated_telegram() as telegram, at_work(telegram):
        anna = telegram.person("Anna")
        await asyncio.sleep(6 * 3600)
        anna.command(anna.private, "video", "a lighthouse")
        await telegram.until(lambda: anna.private.videos)
        assert len(telegram.calls("getUpdates")) >= 6 * 3600 / 50


async def test_the_pictures_of_an_album_are_told_one_by_one() -> None:
    async with emulated_telegram() as telegram, bot_at(telegram) as bot:
        anna = telegram.person("Anna")
        anna.send_album(anna.private, picture(20, 20), picture(30, 30), caption="/animate both")
        first, second = [update.message for update in await bot.get_updates()]
        assert first is not None
        assert second is not None
        assert first.media_group_id == second.media_group_id
        assert (first.caption, second.caption) == ("/animate both", None)


async def test_a_large_picture_is_downloaded_whole() -> None:
    async with emulated_telegram() as telegram, bot_at(telegram) as bot:
        anna = telegram.person("Anna")
        data = picture(2000, 2000, "BMP")
        anna.send_document(anna.private, data, "large.bmp", "/animate it", mime_type="image/bmp")
        (update,) = await bot.get_updates()
        assert update.message is not None
        assert update.message.document is not None
        file = await update.message.document.get_file()
        assert bytes(await file.download_as_bytearray()) == data
