"""What stands in for a film before it plays: its sides, its length, and a small picture out of it."""

import os
import subprocess
import sys
from asyncio import to_thread
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import imageio_ffmpeg
import structlog

from core.videos.boxes import Film, NotAVideoError, probe

SIDE: Final = 320
"""Pixels of the longer side at most: what Telegram takes as a thumbnail."""
MOST_BYTES: Final = 200_000
SECONDS: Final = 20.0
"""So long a decoder may look for one picture."""
MEMORY: Final = 1 << 30
"""Bytes of address space: a picture of 4096 x 4096 and those it is made from need a quarter of it."""
QUALITIES: Final = (4, 12)
"""Of the JPEG, 2 is the best; the second where the first is too large."""

# The decoder reads what a stranger wrote. Its limits are set before it begins, by a process that then becomes it.
_BOUNDED: Final = """
import os, resource, sys
seconds, memory, *program = sys.argv[1:]
for limit, most in (
    (resource.RLIMIT_CPU, int(seconds)),
    (resource.RLIMIT_AS, int(memory)),
    (resource.RLIMIT_FSIZE, 0),
    (resource.RLIMIT_CORE, 0),
    (resource.RLIMIT_NOFILE, 32),
):
    try:
        resource.setrlimit(limit, (most, most))
    except (OSError, ValueError):
        pass
os.nice(15)
os.execve(program[0], program, {})
"""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Still:
    """What is known of a film without playing it. `jpeg` is None where no picture could be made."""

    width: int
    height: int
    seconds: float | None
    jpeg: bytes | None


async def still_of(path: Path) -> Still | None:
    """Look at a kept film; None where it says nothing of itself. Never raises for what is in the file.

    The decoder is a child process without a shell, an environment, the network, or a file to write to.
    """
    return await to_thread(_look, path)


def _look(path: Path) -> Still | None:
    try:
        with path.open("rb") as file:
            film = probe(file, os.fstat(file.fileno()).st_size)
    except (NotAVideoError, OSError) as error:
        _log.info("a film says nothing of itself", film=path.name, reason=str(error))
        return None
    return Still(film.width, film.height, film.seconds, _picture(path, film))


def _picture(path: Path, film: Film) -> bytes | None:
    """A picture from a third into the film, where openings in black are over."""
    for quality in QUALITIES:
        try:
            jpeg = _decode(path, (film.seconds or 0) / 3, quality)
        except (OSError, RuntimeError, subprocess.SubprocessError) as error:
            _log.info("no picture could be taken out of a film", film=path.name, reason=type(error).__name__)
            return None
        if not jpeg.startswith(b"\xff\xd8"):
            _log.info("no picture could be taken out of a film", film=path.name, reason="the decoder gave none")
            return None
        if len(jpeg) <= MOST_BYTES:
            return jpeg
    return None


def _decode(path: Path, at_seconds: float, quality: int) -> bytes:
    scale = f"scale=w='if(gte(iw,ih),min({SIDE},iw),-2)':h='if(gte(iw,ih),-2,min({SIDE},ih))'"
    ffmpeg = [
        *(imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-hide_banner", "-loglevel", "quiet", "-threads", "1"),
        *("-protocol_whitelist", "file", "-f", "mov", "-ss", f"{at_seconds:.3f}", "-i", f"file:{path.absolute()}"),
        *("-map", "0:v:0", "-frames:v", "1", "-vf", scale, "-threads", "1", "-map_metadata", "-1"),
        *("-f", "image2pipe", "-c:v", "mjpeg", "-pix_fmt", "yuvj420p", "-q:v", str(quality), "pipe:1"),
    ]
    bounds = [sys.executable, "-I", "-S", "-c", _BOUNDED, str(int(SECONDS)), str(MEMORY)]
    made = subprocess.run(  # noqa: S603 - no shell, and the arguments are ours
        [*bounds, *ffmpeg],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={},
        timeout=SECONDS,
        check=False,
    )
    return made.stdout[: MOST_BYTES + 1]
