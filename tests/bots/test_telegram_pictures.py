"""Pictures on Telegram: by caption and by reply, as photo and as file; what is none, and where their address goes."""

import asyncio
import io
import logging
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from PIL import Image
from typing_extensions import override

from core.db import Database
from core.events import GenerationEvent
from core.model import GenerationRequest
from core.pictures import BYTES_LIMIT
from tests.bots.telegram_counter import Counter, counter, photo
from tests.stand_ins import Upstream

pytestmark = pytest.mark.virtual_time

UNREADABLE = "That file isn't a PNG, JPEG or WebP under 8 MB. Nothing was charged. Try another picture."
NOT_FETCHED = "Your picture could not be fetched. Nothing was charged. Try again in a moment, or send the picture anew."


@pytest.fixture
async def house(database: Database, tmp_path: Path) -> AsyncGenerator[Counter]:
    async with counter(database, tmp_path) as opened:
        yield opened


async def test_a_photo_with_a_caption_is_set_in_motion(house: Counter) -> None:
    house.anna.send_photo(house.group, photo(1280, 960), "/animate@matinee_bot it moves")
    await house.heard()
    (job,) = await house.jobs()
    assert (job.request.prompt, job.request.model) == ("it moves", "pictures")
    assert job.request.image is not None
    with Image.open(io.BytesIO(job.request.image.data)) as taken:
        assert (taken.size, taken.format) == ((1280, 960), "JPEG")


async def test_a_video_with_a_caption_begins_from_its_picture(house: Counter) -> None:
    house.anna.send_photo(house.anna.private, photo(), "/video it moves")
    await house.heard()
    (job,) = await house.jobs()
    assert job.request.image is not None


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
async def test_a_reply_sets_somebody_elses_file_in_motion(house: Counter, form: str) -> None:
    shown = house.ben.send_document(
        house.group, photo(form=form), f"picture.{form.lower()}", mime_type=f"image/{form.lower()}"
    )
    house.anna.command(house.group, "animate", "it moves", reply_to=shown)
    await house.heard()
    (job,) = await house.jobs()
    assert job.request.image is not None
    assert job.request.image.media_type == "image/jpeg"


async def test_a_reply_without_words_opens_a_card(house: Counter) -> None:
    shown = house.ben.send_photo(house.group, photo())
    house.anna.command(house.group, "animate", reply_to=shown)
    await house.heard()
    assert "🖼 It begins from your picture." in house.group.last.text


@pytest.mark.parametrize("command", ["/animate", "/video"])
async def test_an_album_whose_caption_says_what_to_make_opens_no_card(house: Counter, command: str) -> None:
    house.anna.send_album(house.anna.private, *(photo() for _ in range(3)), caption=f"{command} it moves")
    await house.heard()
    (job,) = await house.jobs()
    assert job.request.prompt == "it moves"
    assert job.request.image is not None
    assert house.anna.private.from_bot == []


@pytest.mark.parametrize("option", ["length:999", "shape:round"])
async def test_an_album_whose_caption_is_turned_away_opens_no_card(house: Counter, option: str) -> None:
    house.anna.send_album(house.anna.private, *(photo() for _ in range(3)), caption=f"/animate it moves {option}")
    await house.heard()
    (refused,) = house.anna.private.from_bot
    assert option.partition(":")[2] in refused.text


async def test_an_album_whose_caption_asks_for_a_card_opens_one(house: Counter) -> None:
    house.anna.send_album(house.anna.private, *(photo() for _ in range(3)), caption="/animate")
    await house.heard()
    (card,) = house.anna.private.from_bot
    assert "🖼 It begins from your picture." in card.text


async def test_where_it_was_taken_is_told_to_nobody(house: Counter) -> None:
    exif = Image.Exif()
    exif[0x010E] = "at home, 1 Secret Street"
    house.anna.send_document(
        house.anna.private, photo(exif=exif), "picture.jpg", "/animate it moves", mime_type="image/jpeg"
    )
    await house.heard()
    (job,) = await house.jobs()
    assert job.request.image is not None
    assert b"Secret" not in job.request.image.data
    with Image.open(io.BytesIO(job.request.image.data)) as taken:
        assert not taken.getexif()


@dataclass
class Listening(Upstream):
    """An upstream that remembers what it was asked."""

    asked: list[GenerationRequest] = field(default_factory=list)

    @override
    def generate(self, request: GenerationRequest) -> AsyncGenerator[GenerationEvent]:
        self.asked.append(request)
        return super().generate(request)


def several(form: str) -> bytes:
    """A red picture, and a blue one behind it in the same file."""
    out = io.BytesIO()
    frames = [Image.new("RGB", (64, 64), colour) for colour in ("red", "blue")]
    frames[0].save(out, form, save_all=True, append_images=frames[1:])
    return out.getvalue()


@pytest.mark.parametrize(
    ("form", "mime_type"),
    [("MPO", "image/jpeg"), ("WEBP", "image/webp"), ("PNG", "image/png")],
    ids=["of a camera", "moving WebP", "moving PNG"],
)
async def test_of_several_pictures_in_a_file_the_first_is_taken(house: Counter, form: str, mime_type: str) -> None:
    house.anna.send_document(
        house.anna.private, several(form), "DSC_0001.JPG", "/animate it moves", mime_type=mime_type
    )
    await house.heard()
    (job,) = await house.jobs()
    assert job.request.image is not None
    with Image.open(io.BytesIO(job.request.image.data)) as taken:
        red, _, blue = taken.getpixel((32, 32))  # type: ignore[misc] # three bands
    assert red > 200 > blue


@pytest.mark.parametrize(
    ("data", "mime_type"),
    [
        (b"%PDF-1.7 no picture", "application/pdf"),
        (b"%PDF-1.7 no picture", "image/png"),
        (photo()[:200], "image/jpeg"),
        (photo(form="GIF"), "image/gif"),
        (photo(form="GIF"), "image/png"),
        (photo(5000, 4001, form="PNG"), "image/png"),
        (photo() + bytes(BYTES_LIMIT), "image/jpeg"),
        (b"", "image/png"),
    ],
    ids=["pdf", "pdf as png", "cut", "gif", "gif as png", "too many pixels", "too many bytes", "empty"],
)
async def test_what_is_no_picture_of_ours_is_turned_away(house: Counter, data: bytes, mime_type: str) -> None:
    house.anna.send_document(house.anna.private, data, "picture", "/animate it moves", mime_type=mime_type)
    await house.heard()
    assert house.anna.private.last.text == UNREADABLE
    assert await house.jobs() == []


async def test_a_film_is_no_picture(house: Counter) -> None:
    house.anna.send_video(house.anna.private, b"film", "/animate it moves")
    await house.heard()
    assert house.anna.private.last.text == UNREADABLE


@pytest.mark.parametrize("method", ["getFile", "file"])
@pytest.mark.parametrize("cut", [True, False], ids=["the line is cut", "an error"])
async def test_a_picture_that_does_not_arrive_is_said_not_to_have(house: Counter, method: str, cut: bool) -> None:
    if cut:
        house.telegram.faults.drop(method, times=2)  # the file is asked for twice
    else:
        house.telegram.faults.fail(method, 502)
    house.anna.send_photo(house.anna.private, photo(), "/animate it moves")
    await house.heard()
    assert house.anna.private.last.text == NOT_FETCHED
    assert await house.jobs() == []


async def test_a_picture_that_telegram_finds_too_large_is_said_to_be(house: Counter) -> None:
    house.telegram.faults.fail("getFile", 400, description="Bad Request: file is too big")
    house.anna.send_photo(house.anna.private, photo(), "/animate it moves")
    await house.heard()
    assert house.anna.private.last.text == UNREADABLE


async def test_nobody_is_followed_elsewhere_with_the_address_of_a_picture(house: Counter) -> None:
    house.telegram.faults.redirect("file", "?elsewhere")
    house.anna.send_photo(house.anna.private, photo(), "/animate it moves")
    await house.heard()
    assert house.anna.private.last.text == NOT_FETCHED
    assert await house.jobs() == []


async def test_a_picture_that_stalls_is_given_up(house: Counter) -> None:
    house.telegram.faults.slow("file", 500)
    house.anna.send_photo(house.anna.private, photo(), "/animate it moves")
    await asyncio.sleep(100)
    await house.heard()
    assert house.anna.private.last.text == NOT_FETCHED


async def test_the_address_of_a_picture_leaves_this_process_to_telegram_alone(
    house: Counter, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    house.upstream = listening = Listening()
    house.anna.send_photo(house.anna.private, photo(), "/animate it moves")
    await house.heard()
    house.telegram.faults.fail("file", 404)
    house.anna.send_photo(house.anna.private, photo(), "/animate it moves again")
    await house.heard()
    async with house.working():
        pass
    (request,) = listening.asked
    assert request.image is not None
    kept = b"".join(path.read_bytes() for path in house.folder.rglob("*") if path.is_file())
    messages = [text for message in house.anna.private.messages for text in message.texts]
    said = "\n".join([caplog.text, *capsys.readouterr(), repr(request), *messages])
    assert "a picture could not be fetched" in said
    assert "/file/bot" not in said
    assert b"/file/bot" not in kept + request.image.data
