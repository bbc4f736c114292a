"""Pictures that people hand to the bot on Discord: taken at once, judged before anything is charged, cleaned."""

import asyncio
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from core.db import Database
from core.model import Job
from core.texts import say
from tests.bots.discord_house import DiscordHouse, discord_house, two_models
from tests.bots.discord_looks import told
from tests.emulators.discord import Interaction, Upload

pytestmark = pytest.mark.virtual_time

UNREADABLE = say("refusal-picture-unreadable")


def drawn(kind: str = "PNG", size: tuple[int, int] = (64, 32), **more: object) -> bytes:
    """A picture: red above, blue below."""
    out, picture = BytesIO(), Image.new("RGB", size, "red")
    picture.paste("blue", (0, size[1] // 2, size[0], size[1]))
    picture.save(out, kind, **more)
    return out.getvalue()


def sideways() -> bytes:
    """One that a camera held on its side took: to be turned, and with the place where it was taken."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x8825] = {1: "N", 2: (48.0, 8.0, 0.0)}
    return drawn("JPEG", exif=exif)


async def asked(house: DiscordHouse, data: bytes, kind: str = "image/png", command: str = "animate") -> Interaction:
    picture = Upload("picture.png", data, kind)
    model = {} if command == "animate" else {"model": "pictures"}
    interaction = await house.mia.slash(house.channel, command, prompt="it moves", image=picture, **model)
    await asyncio.sleep(1)
    return interaction


def taken(job: Job) -> Image.Image:
    assert job.request.image is not None
    assert job.request.image.media_type == "image/jpeg"
    return Image.open(BytesIO(job.request.image.data))


@pytest.mark.parametrize(("command", "kind"), [("animate", "PNG"), ("video", "JPEG"), ("video", "WEBP")])
async def test_a_picture_begins_a_video(database: Database, tmp_path: Path, command: str, kind: str) -> None:
    async with discord_house(database, tmp_path, models=two_models()) as house, house.open():
        await asked(house, drawn(kind), f"image/{kind.lower()}", command)
        job = await house.over()
        assert job.request.model == "pictures"
        assert taken(job).size == (64, 32)


async def test_a_pictures_message_has_a_menu_that_animates_it(database: Database, tmp_path: Path) -> None:
    async with discord_house(database, tmp_path, models=two_models()) as house, house.open():
        said = house.ben.say(house.channel, "look", Upload("cat.png", drawn(), "image/png"))
        opened = await house.mia.context_menu(said, "Animate this image")
        assert opened.modal is not None
        await house.mia.submit(opened, {opened.modal.fields[0].label: "it purrs"})
        job = await house.over()
        assert (job.request.prompt, taken(job).size) == ("it purrs", (64, 32))
        plain = house.ben.say(house.channel, "nothing to see")
        assert told(await house.mia.context_menu(plain, "Animate this image")) == say("refusal-no-picture-there")


async def test_a_picture_is_kept_upright_and_without_what_it_carried(database: Database, tmp_path: Path) -> None:
    async with discord_house(database, tmp_path, models=two_models()) as house, house.open():
        await asked(house, sideways(), "image/jpeg")
        picture = taken(await house.over())
    assert picture.size == (32, 64)
    assert dict(picture.getexif()) == {}
    red, _, blue = picture.getpixel((28, 32))  # type: ignore[misc] # three bands
    assert red > 200 > blue


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"%PDF-1.7 not a picture", id="another kind"),
        pytest.param(drawn("GIF"), id="GIF"),
        pytest.param(drawn(size=(9000, 9000)), id="bomb"),
        pytest.param(drawn("JPEG", (640, 480))[:800], id="cut short"),
        pytest.param(b"", id="empty"),
        pytest.param(bytes(9 << 20), id="too large"),
    ],
)
async def test_what_is_no_good_picture_is_refused_in_private(database: Database, tmp_path: Path, data: bytes) -> None:
    async with discord_house(database, tmp_path, models=two_models()) as house, house.open():
        interaction = await asked(house, data)
        await asyncio.sleep(1)
        assert told(interaction) == UNREADABLE
        assert await house.jobs() == []
        assert house.channel.messages == []


async def test_a_model_that_takes_no_picture_says_so_before_anything_is_charged(
    database: Database, tmp_path: Path
) -> None:
    async with discord_house(database, tmp_path, models=two_models()) as house, house.open():
        picture = Upload("picture.png", drawn(), "image/png")
        refused = await house.mia.slash(house.channel, "video", prompt="x", image=picture, model="words")
        assert (
            told(refused)
            == "“words” does not take a picture. Nothing was charged. Leave it out, or take another model."
        )
        assert await house.jobs() == []


async def test_a_picture_is_fetched_at_once(database: Database, tmp_path: Path) -> None:
    async with discord_house(database, tmp_path, models=two_models()) as house, house.open():
        async with database.begin():  # the books are busy
            interaction = await house.mia.slash(
                house.channel, "animate", prompt="it moves", image=Upload("a.png", drawn(), "image/png")
            )
            assert interaction.acknowledged
            await asyncio.sleep(1)
            vars(house.server.cdn)["_files"].clear()  # its address is no longer good
        assert (await house.over()).request.image is not None
