"""Films and pictures at the emulator: uploads, identifiers, addresses, thumbnails, limits, downloads."""

import asyncio
from pathlib import Path

import pytest
from telegram import InputFile, InputMediaPhoto, InputMediaVideo
from telegram.error import BadRequest, InvalidToken, NetworkError

from tests.emulators.telegram import MIB, bot_at, emulated_telegram
from tests.emulators.telegram_wire import FILM, ask, picture, said

pytestmark = pytest.mark.virtual_time


async def test_an_upload_is_kept_and_served_back_byte_for_byte() -> None:
    async with emulated_telegram() as telegram, bot_at(telegram) as bot:
        chat = telegram.group()
        film = FILM + b"\r\n--x\r\n" + bytes(10)
        sent = await bot.send_video(chat.id, InputFile(film, "film.mp4"), caption="done", width=9, height=16)
        assert sent.video is not None
        assert (sent.video.width, sent.video.height, sent.video.file_size) == (9, 16, len(film))
        file = await sent.video.get_file()
        assert bytes(await file.download_as_bytearray()) == film
        assert chat.last.video is not None
        assert chat.last.video.data == film
        assert telegram.server.downloads == ["videos/file_0.mp4"]


async def test_a_film_is_sent_again_by_its_identifier_and_by_no_other_bots() -> None:
    async with emulated_telegram() as telegram, bot_at(telegram) as bot:
        store, chat = telegram.channel(), telegram.group()
        kept = await bot.send_video(store.id, InputFile(FILM, "film.mp4"), width=9, height=16)
        assert kept.video is not None
        status = await bot.send_message(chat.id, "1 %")
        by_id = InputMediaVideo(kept.video.file_id, width=9, height=16)
        await bot.edit_message_media(by_id, chat.id, status.message_id)
        assert chat.last.video is not None
        assert chat.last.video.file is store.last.video.file if store.last.video else None
        with pytest.raises(BadRequest, match=said("message is not modified")):
            await bot.edit_message_media(by_id, chat.id, status.message_id)
        foreign = telegram.files.foreign_id(chat.last.video.file, "video")
        for wrong in (foreign, kept.video.file_unique_id, "nonsense"):
            with pytest.raises(BadRequest, match=said("wrong file identifier/HTTP URL specified")):
                await bot.send_video(chat.id, wrong)
        with pytest.raises(BadRequest, match=said("can't use file of type Video as Photo")):
            await bot.edit_message_media(InputMediaPhoto(kept.video.file_id), chat.id, status.message_id)


async def test_what_lies_at_an_address_is_fetched_up_to_twenty_megabytes() -> None:
    async with emulated_telegram() as telegram, bot_at(telegram) as bot:
        chat = telegram.group()
        telegram.publish("https://films.example.org/a.mp4", FILM)
        telegram.publish("https://films.example.org/b.mp4", FILM + bytes(20 * MIB))
        telegram.publish("https://films.example.org/c.html", b"<html>", "text/html")
        await bot.send_video(chat.id, "https://films.example.org/a.mp4")
        assert chat.last.video is not None
        assert chat.last.video.data == FILM
        for name, sentence in (("b.mp4", "failed to get HTTP URL content"), ("c.html", "wrong type of the web page")):
            with pytest.raises(BadRequest, match=said(sentence)):
                await bot.send_video(chat.id, f"https://films.example.org/{name}")
        with pytest.raises(BadRequest, match=said("failed to get HTTP URL content")):
            await bot.send_video(chat.id, "https://nowhere.example.org/a.mp4")


async def test_a_file_above_the_limit_is_refused_with_413() -> None:
    async with emulated_telegram() as telegram, bot_at(telegram) as bot:
        chat = telegram.group()
        with pytest.raises(NetworkError, match="Request Entity Too Large"):
            await bot.send_video(chat.id, FILM + bytes(50 * MIB))
        assert telegram.calls("sendVideo")[0].status == 413
        with pytest.raises(NetworkError):
            await bot.send_video(chat.id, FILM + bytes(70 * MIB))
        assert chat.messages == []
        await bot.send_video(chat.id, FILM + bytes(49 * MIB))


async def test_what_is_above_twenty_megabytes_cannot_be_downloaded() -> None:
    async with emulated_telegram() as telegram, bot_at(telegram) as bot:
        anna = telegram.person("Anna")
        anna.send_document(anna.private, bytes(20 * MIB + 1), "big.png")
        (update,) = await bot.get_updates()
        assert update.message is not None
        assert update.message.document is not None
        with pytest.raises(BadRequest, match=said("file is too big")):
            await update.message.document.get_file()
        with pytest.raises(BadRequest, match=said("invalid file_id")):
            await bot.get_file("nonsense")


async def test_a_path_opens_for_an_hour() -> None:
    async with emulated_telegram() as telegram, bot_at(telegram) as bot:
        anna = telegram.person("Anna")
        data = picture(40, 30, "PNG")
        anna.send_document(anna.private, data, "small.png")
        (update,) = await bot.get_updates()
        assert update.message is not None
        assert update.message.document is not None
        file = await update.message.document.get_file()
        assert bytes(await file.download_as_bytearray()) == data
        await asyncio.sleep(3601)
        # as the library calls every 404
        with pytest.raises(InvalidToken, match="Not Found"):
            await file.download_as_bytearray()


async def test_a_local_server_takes_large_files_and_paths_and_gives_paths(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    path.write_bytes(FILM)
    async with emulated_telegram(local=True) as telegram, bot_at(telegram, local_mode=True) as bot:
        chat = telegram.group()
        await bot.send_video(chat.id, path)
        assert telegram.calls("sendVideo")[0].params["video"] == path.as_uri()
        assert chat.last.video is not None
        assert chat.last.video.data == FILM
        anna = telegram.person("Anna")
        anna.send_document(anna.private, bytes(20 * MIB + 1), "big.png")
        (update,) = await bot.get_updates()
        assert update.message is not None
        assert update.message.document is not None
        file = await update.message.document.get_file()
        assert file.file_path is not None
        assert Path(file.file_path).stat().st_size == 20 * MIB + 1  # noqa: ASYNC240 - a test's own small wait
        large = FILM + bytes(60 * MIB)
        await bot.send_video(chat.id, large)
        assert chat.last.video is not None
        assert chat.last.video.file.size == len(large)


async def test_a_path_means_nothing_to_telegrams_own_servers() -> None:
    async with emulated_telegram() as telegram:
        answer = await ask(telegram, "sendVideo", chat_id=telegram.group().id, video="file:///etc/hostname")
        assert answer["description"] == "Bad Request: wrong file identifier/HTTP URL specified"


async def test_a_thumbnail_is_taken_with_an_upload() -> None:
    async with emulated_telegram() as telegram, bot_at(telegram) as bot:
        chat = telegram.group()
        small = picture(320, 180)
        await bot.send_video(chat.id, InputFile(FILM, "film.mp4"), thumbnail=small)
        assert chat.last.video is not None
        assert chat.last.video.thumbnail is not None
        assert chat.last.video.thumbnail.data == small
        assert chat.last.video.thumbnail_size == (320, 180)


@pytest.mark.parametrize("thumbnail", [picture(321, 180), picture(320, 180, "PNG")])
async def test_a_thumbnail_that_telegram_would_pass_over_is_complained_of(thumbnail: bytes) -> None:
    async with emulated_telegram() as telegram, bot_at(telegram) as bot:
        await bot.send_video(telegram.group().id, InputFile(FILM, "film.mp4"), thumbnail=thumbnail)
        (complaint,) = telegram.complaints
        assert "a thumbnail is a JPEG below 200 kB of at most 320 pixels a side" in complaint
        telegram.complaints.clear()


async def test_a_thumbnail_without_an_upload_is_complained_of() -> None:
    async with emulated_telegram() as telegram, bot_at(telegram) as bot:
        chat = telegram.group()
        sent = await bot.send_video(chat.id, FILM)
        assert sent.video is not None
        await bot.send_video(chat.id, sent.video.file_id, thumbnail=picture(320, 180))
        (complaint,) = telegram.complaints
        assert "a thumbnail is ignored where the file is not uploaded with it" in complaint
        telegram.complaints.clear()


async def test_what_is_no_film_is_shown_as_a_document() -> None:
    async with emulated_telegram() as telegram, bot_at(telegram) as bot:
        chat = telegram.group()
        sent = await bot.send_video(chat.id, b"no film")
        assert sent.video is None
        assert sent.document is not None
        assert chat.videos == []


async def test_a_photo_of_the_bot_is_scaled_and_what_is_none_is_refused() -> None:
    async with emulated_telegram() as telegram, bot_at(telegram) as bot:
        chat = telegram.group()
        sent = await bot.send_photo(chat.id, picture(2000, 1000))
        assert [(size.width, size.height) for size in sent.photo] == [(90, 45), (320, 160), (800, 400), (1280, 640)]
        await bot.send_photo(chat.id, sent.photo[-1].file_id)
        with pytest.raises(BadRequest, match=said("image_process_failed")):
            await bot.send_photo(chat.id, b"no picture")
        with pytest.raises(BadRequest, match=said("photo_invalid_dimensions")):
            await bot.send_photo(chat.id, picture(2100, 100))


async def test_a_caption_has_1024_units_at_most() -> None:
    async with emulated_telegram() as telegram, bot_at(telegram) as bot:
        chat = telegram.group()
        await bot.send_video(chat.id, FILM, caption="x" * 1024)
        with pytest.raises(BadRequest, match=said("message caption is too long")):
            await bot.send_video(chat.id, FILM, caption="x" * 1025)
        with pytest.raises(BadRequest, match=said("there is no text in the message to edit")):
            await bot.edit_message_text("x", chat.id, chat.last.id)


async def test_a_large_chats_film_may_be_told_as_message_0_and_appear_later() -> None:
    async with emulated_telegram() as telegram, bot_at(telegram) as bot:
        chat = telegram.supergroup()
        chat.schedules_videos = 30
        sent = await bot.send_video(chat.id, FILM)
        assert sent.message_id == 0
        assert chat.videos == []
        await asyncio.sleep(31)
        assert [message.id > 0 for message in chat.videos] == [True]
        assert (await bot.send_video(chat.id, FILM)).message_id > 0
