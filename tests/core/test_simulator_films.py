"""The simulator's films: real ones that move, as long and as wide as was asked, whatever the prompt holds."""

import asyncio
import re
from io import BytesIO
from pathlib import Path

import imageio_ffmpeg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops

from core.model import Shape
from core.simulator import lettering
from core.simulator.film import FRAMES_PER_SECOND, LONGEST_SECONDS, Film, FilmError, Studio, render_film, render_poster
from core.simulator.frames import SIZES, Painter
from core.videos import boxes

HOSTILE = {
    "ffmpeg's escapes": "100% {n}:'\\\\' %{pts\\:hms} [a];b,c=d $HOME `ls` \"q\" -i /etc/passwd",
    "emoji": "👨‍👩‍👧‍👦 and a 🐕 on a 🏄🏽 🇯🇵 ❤️‍🔥",
    "ideographs": "雨中的纸船漂在街道上。日本語テスト 한국어",
    "right to left": "\u202eשלום עולם مرحبا بالعالم\u202c",
    "2000 letters": "word " * 400,
    "one long word": "W" * 8000,
    "2000 ideographs": "漢" * 2000,
    "nothing to see": "\u200b\u0301\ufeff\u2028",
    "control characters": "a\x00b\x1b[31mred\x07\x85",
    "half a character": "a\udc80b",
    "stacked accents": "Z" + "\u0300" * 500,
}


async def decoded(film: bytes, folder: Path) -> tuple[list[str], str]:
    """The checksums of all frames, in order, and what the decoder had to say; it must not have stumbled."""
    path = folder / "film.mp4"
    path.write_bytes(film)
    decoder = await asyncio.create_subprocess_exec(
        imageio_ffmpeg.get_ffmpeg_exe(),
        *f"-hide_banner -xerror -i {path} -map 0:v -f framemd5 -".split(),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    told, said = await decoder.communicate()
    assert decoder.returncode == 0
    lines = [line for line in told.decode().splitlines() if line and not line.startswith("#")]
    return [line.rpartition(",")[2].strip() for line in lines], said.decode()


def names_below(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob("*")]


def probed(film: bytes) -> boxes.Film:
    return boxes.probe(BytesIO(film), len(film))


# What a film is


@pytest.mark.parametrize("shape", list(Shape))
@pytest.mark.parametrize("seconds", [1, 3])
async def test_a_film_is_as_long_and_as_wide_as_was_asked_and_moves_all_the_time(
    shape: Shape, seconds: int, tmp_path: Path
) -> None:
    film = await render_film("a paper boat", seconds, shape)
    frames, said = await decoded(film, tmp_path)
    assert len(frames) == len(set(frames)) == seconds * FRAMES_PER_SECOND
    assert probed(film) == boxes.Film(*SIZES[shape], float(seconds), "avc1")
    assert re.search(r"Video: h264 .*yuv420p", said)
    assert re.search(r"Audio: aac", said)
    assert film.index(b"moov") < film.index(b"mdat")


@pytest.mark.parametrize("shape", list(Shape))
def test_its_sides_have_the_asked_ratio(shape: Shape) -> None:
    (width, height), (across, down) = SIZES[shape], map(int, shape.ratio.split(":"))
    assert (width * down, width % 2, height % 2) == (height * across, 0, 0)


@pytest.mark.parametrize("seconds", [0, -1, LONGEST_SECONDS + 1])
async def test_a_film_of_another_length_is_none(seconds: int) -> None:
    with pytest.raises(ValueError, match="1 to 60 seconds"):
        await render_film("a cat", seconds, Shape.SQUARE)


async def test_equal_films_are_equal_to_the_byte_and_others_are_not() -> None:
    first, again, other, preview = await asyncio.gather(
        render_film("a cat", 1, Shape.SQUARE),
        render_film("a cat", 1, Shape.SQUARE),
        render_film("a dog", 1, Shape.SQUARE),
        render_film("a cat", 1, Shape.SQUARE, label="simulated preview"),
    )
    assert first == again
    assert len({first, other, preview}) == 3


# What is written on it


@pytest.mark.parametrize("prompt", list(HOSTILE.values()), ids=list(HOSTILE))
async def test_no_prompt_stands_in_the_way_of_its_film(prompt: str, tmp_path: Path) -> None:
    frames, _ = await decoded(await render_film(prompt, 1, Shape.PORTRAIT), tmp_path)
    assert len(set(frames)) == FRAMES_PER_SECOND


def test_the_prompt_can_be_seen_from_the_first_frame_to_the_last() -> None:
    painters = [Painter(prompt, 5, Shape.LANDSCAPE, "simulated") for prompt in ("a cat", "a cat and a dog")]
    painters[1]._mood = painters[0]._mood  # the same sky and hills: what differs is the title
    painters[1]._sky, painters[1]._sun, painters[1]._hills = painters[0]._sky, painters[0]._sun, painters[0]._hills
    for at in (0.0, 2.5, 4.9):
        differing = ImageChops.difference(*(painter.frame(at) for painter in painters)).getbbox()
        assert differing is not None
        left, top, right, bottom = differing
        assert right - left > 200
        assert 100 < (top + bottom) / 2 < 260


@pytest.mark.parametrize("prompt", list(HOSTILE.values()), ids=list(HOSTILE))
def test_every_line_of_the_title_stands_within_the_picture(prompt: str) -> None:
    width, height = 304, 544
    letters = lettering.fit(lettering.legible(prompt), width, height)
    assert letters.lines
    assert len(letters.lines) * letters.pitch <= height
    assert max(lettering.font(letters.size).getlength(line) for line in letters.lines) <= width


@pytest.mark.parametrize(
    ("prompt", "shown"),
    [
        ("a cat", "a cat"),
        ("  a \n cat\t", "a cat"),
        ("雨中，的纸船。", "Yu Zhong, De Zhi Chuan."),
        ("naïve Ærø", "naive Aero"),
        ("a 🐕", "a dog2"),
        ("\x00a\x1b\x07b\x7f", "ab"),
        ("\u202e\u200b", lettering.NOTHING_TO_SHOW),
        ("", lettering.NOTHING_TO_SHOW),
    ],
)
def test_any_script_is_written_in_letters_that_the_font_has(prompt: str, shown: str) -> None:
    assert lettering.legible(prompt) == shown


@given(st.text(max_size=200))
@settings(max_examples=50)
def test_whatever_is_written_has_letters_and_no_empty_boxes(prompt: str) -> None:
    shown = lettering.legible(prompt)
    assert shown
    assert shown.isprintable()
    missing = lettering._missing()
    assert not [char for char in shown if bytes(lettering.font(24).getmask(char)) == missing]


async def test_the_poster_is_a_picture_of_the_films_shape() -> None:
    for shape in Shape:
        poster = Image.open(BytesIO(await asyncio.to_thread(render_poster, HOSTILE["emoji"], 5, shape)))
        assert (poster.format, poster.size) == ("WEBP", SIZES[shape])


# The studio


CAT = Film("a cat", 1, Shape.SQUARE)


async def test_a_film_that_many_ask_for_at_once_is_rendered_once() -> None:
    studio = Studio(films_kept=2)
    films = await asyncio.gather(*(studio.film(CAT) for _ in range(20)))
    assert len({id(film) for film in films}) == 1
    await studio.aclose()


async def test_who_stops_waiting_does_not_end_it_for_the_others() -> None:
    studio = Studio(films_kept=2)
    impatient, patient = [asyncio.create_task(studio.film(CAT), name="waits for a film") for _ in range(2)]
    await asyncio.sleep(0)
    impatient.cancel()
    assert (await patient)[4:8] == b"ftyp"
    assert impatient.cancelled()
    await studio.aclose()


async def test_only_the_latest_films_are_kept() -> None:
    studio = Studio(films_kept=2)
    for number in range(4):
        await studio.film(Film(f"cat {number}", 1, Shape.SQUARE))
    assert [film.prompt for film in studio._kept] == ["cat 2", "cat 3"]
    await studio.aclose()


async def test_an_encoder_that_is_not_there_or_fails_is_said_and_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing = tmp_path / "ffmpeg"
    failing.write_text("#!/bin/sh\necho 'no such codec' >&2\nexit 3\n")
    failing.chmod(0o755)
    studio = Studio(films_kept=2)
    for program, words in ((failing, "no such codec"), (tmp_path / "missing", "could not be started")):
        monkeypatch.setattr(imageio_ffmpeg, "get_ffmpeg_exe", lambda program=program: str(program))
        with pytest.raises(FilmError, match=words):
            await studio.film(CAT)
    monkeypatch.undo()
    assert (await studio.film(CAT))[4:8] == b"ftyp"
    await studio.aclose()


async def test_cancelling_ends_the_encoder_and_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    rendering = asyncio.create_task(render_film("a cat", 60, Shape.LANDSCAPE), name="renders a film")
    for _ in range(1000):
        if "film.mp4" in names_below(tmp_path):
            break
        await asyncio.sleep(0.001)
    rendering.cancel()
    with pytest.raises(asyncio.CancelledError):
        await rendering
    assert names_below(tmp_path) == []
