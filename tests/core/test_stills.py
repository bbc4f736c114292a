"""A picture out of a film that a stranger sent: small, taken by a bounded child process, and never a reason to fail."""

import io
from pathlib import Path

import pytest
from PIL import Image

from core.model import Shape
from core.simulator.film import render_film
from core.videos import stills
from core.videos.stills import MOST_BYTES, SIDE, still_of
from tests.films import TINY_FILM


@pytest.fixture
def film(tmp_path: Path) -> Path:
    path = tmp_path / "-i film; rm.mp4"
    path.write_bytes(TINY_FILM)
    return path


def holding(path: Path, data: bytes) -> Path:
    """The file, with these bytes in it."""
    path.write_bytes(data)
    return path


async def test_a_film_tells_its_sides_its_length_and_gives_a_picture(film: Path) -> None:
    still = await still_of(film)
    assert still is not None
    assert (still.width, still.height, still.seconds) == (32, 32, 1.0)
    assert still.jpeg is not None
    with Image.open(io.BytesIO(still.jpeg)) as picture:
        assert (picture.format, picture.size) == ("JPEG", (32, 32))
        red, _, blue = picture.convert("RGB").getpixel((16, 16))  # type: ignore[misc] # three numbers in RGB
    assert blue > red


async def test_a_film_that_cannot_be_decoded_has_no_picture(film: Path) -> None:
    still = await still_of(holding(film, TINY_FILM.replace(b"avc1", b"zzz1")))
    assert still is not None
    assert (still.width, still.jpeg) == (32, None)


@pytest.mark.parametrize("data", [b"", b"GIF89a", TINY_FILM[:200]])
async def test_what_is_no_film_says_nothing(film: Path, data: bytes) -> None:
    assert await still_of(holding(film, data)) is None


async def test_a_film_that_is_gone_says_nothing(tmp_path: Path) -> None:
    assert await still_of(tmp_path / "gone.mp4") is None


async def test_a_decoder_that_needs_too_much_memory_gives_no_picture(
    film: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stills, "MEMORY", 20 << 20)
    still = await still_of(film)
    assert still is not None
    assert still.jpeg is None


@pytest.mark.parametrize(("shape", "size"), [(Shape.LANDSCAPE, (320, 180)), (Shape.PORTRAIT, (180, 320))])
async def test_a_large_film_gives_a_small_picture(tmp_path: Path, shape: Shape, size: tuple[int, int]) -> None:
    still = await still_of(holding(tmp_path / "large.mp4", await render_film("a lighthouse", 2, shape)))
    assert still is not None
    assert max(still.width, still.height) > SIDE
    assert still.jpeg is not None
    assert len(still.jpeg) <= MOST_BYTES
    with Image.open(io.BytesIO(still.jpeg)) as picture:
        assert picture.size == size


async def test_a_picture_is_made_again_smaller_and_left_out_where_it_is_still_too_large(
    film: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stills, "MOST_BYTES", 10)
    still = await still_of(film)
    assert still is not None
    assert still.jpeg is None
