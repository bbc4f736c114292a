"""Renders simulated films: frames drawn here, encoded as H.264 by ffmpeg in a child process, the latest kept."""

import asyncio
import contextlib
import tempfile
from collections import OrderedDict
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

import imageio_ffmpeg

from core.model import Shape
from core.simulator.frames import Painter

FRAMES_PER_SECOND = 12
LONGEST_SECONDS = 60
"""The longest film that is rendered: about five seconds of one processor."""
LABEL = "simulated"

_ENCODER_SECONDS = 120.0  # far beyond what the longest film takes on a busy machine
_QUALITY = "24"  # x264's constant rate factor: text stays sharp, five seconds take about 150 kB


class FilmError(RuntimeError):
    """The encoder is not there or did not finish; the message holds its own words."""


class Film(NamedTuple):
    """What a film is made of; equal films are equal to the byte."""

    prompt: str
    seconds: int
    shape: Shape
    label: str = LABEL


async def render_film(prompt: str, seconds: int, shape: Shape, *, label: str = LABEL) -> bytes:
    """Render a moving H.264 MP4 (yuv420p, a silent sound track, index first) that shows `prompt`, `seconds` long.

    `seconds` is 1 to `LONGEST_SECONDS`; otherwise `ValueError`. Raises `FilmError`. Nothing blocks the loop, and
    cancelling ends the encoder.
    """
    if not 1 <= seconds <= LONGEST_SECONDS:
        raise ValueError(f"a film is 1 to {LONGEST_SECONDS} seconds long, not {seconds}")
    painter = await asyncio.to_thread(Painter, prompt, seconds, shape, label)
    with tempfile.TemporaryDirectory(prefix="matinee-film-") as folder:
        target = Path(folder) / "film.mp4"
        await _encode(painter, seconds, target)
        return await asyncio.to_thread(target.read_bytes)


def render_poster(prompt: str, seconds: int, shape: Shape) -> bytes:
    """The film's middle frame as WebP. Takes some milliseconds: call it in a thread."""
    poster = BytesIO()
    Painter(prompt, seconds, shape, LABEL).frame(seconds / 2).save(poster, "WEBP", quality=80)
    return poster.getvalue()


async def _encode(painter: Painter, seconds: int, target: Path) -> None:
    """Pipe every frame to the encoder, which needs a file to move the index to the front at the end."""
    try:
        program = await asyncio.to_thread(imageio_ffmpeg.get_ffmpeg_exe)
        encoder = await asyncio.create_subprocess_exec(
            program,
            *_arguments(painter.size, seconds, target),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
    except (OSError, RuntimeError) as error:
        raise FilmError(f"ffmpeg could not be started: {error}") from error
    try:
        async with asyncio.timeout(_ENCODER_SECONDS):
            said = await _feed(encoder, painter, seconds)
    except TimeoutError as error:
        raise FilmError(f"ffmpeg did not finish within {_ENCODER_SECONDS:.0f} s") from error
    finally:
        if encoder.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                encoder.kill()
            await encoder.wait()
    if encoder.returncode:
        raise FilmError(f"ffmpeg ended with {encoder.returncode}: {said.strip()[-500:]}")


async def _feed(encoder: asyncio.subprocess.Process, painter: Painter, seconds: int) -> str:
    """Write all frames, then wait for the end; returns what the encoder complained about."""
    pipe = encoder.stdin
    if pipe is None:  # it was asked for; this is for the type checker
        raise FilmError("ffmpeg has no input")
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it ended early: its exit code says why
        for number in range(seconds * FRAMES_PER_SECOND):
            picture = await asyncio.to_thread(lambda at: painter.frame(at).tobytes(), number / FRAMES_PER_SECOND)
            pipe.write(picture)
            await pipe.drain()
    pipe.close()
    _, complaints = await encoder.communicate()
    return complaints.decode("utf-8", "replace")


def _arguments(size: tuple[int, int], seconds: int, target: Path) -> list[str]:
    """ffmpeg's arguments. One thread and bit-exact flags, so that the same film has the same bytes on every machine.

    The sound track is silent: some chats show a film without one as a looping picture.
    """
    width, height = size
    raw = f"-f rawvideo -pix_fmt rgb24 -s {width}x{height} -r {FRAMES_PER_SECOND} -i pipe:0"
    sound = f"-f lavfi -t {seconds} -i anullsrc=r=22050:cl=mono"
    picture = f"-c:v libx264 -preset veryfast -crf {_QUALITY} -pix_fmt yuv420p -threads 1"
    form = "-c:a aac -b:a 16k -map_metadata -1 -fflags +bitexact -flags +bitexact -movflags +faststart -f mp4"
    return [*f"-hide_banner -loglevel error -y {raw} {sound} {picture} {form}".split(), str(target)]


class Studio:
    """Keeps the latest films and renders each one once, however many ask for it at the same time."""

    def __init__(self, *, films_kept: int, at_once: int = 2) -> None:
        self._kept: OrderedDict[Film, asyncio.Task[bytes]] = OrderedDict()
        self._films_kept = films_kept
        self._cameras = asyncio.Semaphore(at_once)

    async def film(self, film: Film) -> bytes:
        """The film's bytes. Raises `FilmError`. A caller that is cancelled does not end it for the others."""
        making = self._kept.get(film)
        if making is None or (making.done() and (making.cancelled() or making.exception())):
            making = asyncio.create_task(self._make(film), name="simulator: render a film")
            self._kept[film] = making
        self._kept.move_to_end(film)
        self._drop_oldest()
        return await asyncio.shield(making)

    async def _make(self, film: Film) -> bytes:
        async with self._cameras:
            return await render_film(film.prompt, film.seconds, film.shape, label=film.label)

    def _drop_oldest(self) -> None:
        """Forget finished films beyond the limit; one that is being made is awaited by somebody."""
        finished = [film for film, making in self._kept.items() if making.done()]
        for film in finished[: max(0, len(self._kept) - self._films_kept)]:
            making = self._kept.pop(film)
            if not making.cancelled():
                making.exception()  # looked at, so that nothing is reported as never retrieved

    async def aclose(self) -> None:
        """End what is being made."""
        making = list(self._kept.values())
        self._kept.clear()
        for task in making:
            task.cancel()
        await asyncio.gather(*making, return_exceptions=True)
