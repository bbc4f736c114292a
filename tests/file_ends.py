"""The two far ends as files that many processes share: what an upstream was asked for, and what a chat was shown."""

import asyncio
import os
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from core.events import Completed, GenerationEvent, Progress, ResultUrl, Submitted
from core.model import GenerationRequest, Status, Ticket, Video
from core.ports import Limits
from tests.films import TINY_FILM

LINK = "https://films.example/a.mp4"


def note(file: Path, words: str) -> None:
    """Add a line, in one piece whoever else adds one."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    try:
        os.write(descriptor, f"{words}\n".encode())
    finally:
        os.close(descriptor)


def notes(file: Path) -> list[str]:
    """All lines that were added."""
    return file.read_text("utf-8").splitlines() if file.exists() else []


class FileUpstream:
    """Takes a while; its ticket is the prompt, by which it can be asked on. `step` is told of each boundary."""

    def __init__(self, folder: Path, *, seconds: float, step: Callable[[str], None] = lambda _: None) -> None:
        self._folder = folder
        self._seconds = seconds
        self._step = step

    async def generate(self, request: GenerationRequest) -> AsyncGenerator[GenerationEvent]:
        self._step("before the upstream is asked")
        note(self._folder / "asked", request.prompt)
        self._step("after the upstream was asked")
        yield Submitted(Ticket(request.prompt, f"https://source.example/{len(request.prompt)}"))
        async for event in self._rest():
            yield event

    async def resume(self, ticket: Ticket) -> AsyncGenerator[GenerationEvent]:
        self._step("before the upstream is asked on")
        async for event in self._rest():
            yield event

    async def _rest(self) -> AsyncGenerator[GenerationEvent]:
        yield Progress(44)
        await asyncio.sleep(self._seconds)
        self._step("before the upstream is through")
        yield Completed((ResultUrl(LINK),))

    @asynccontextmanager
    async def download(self, result: ResultUrl) -> AsyncGenerator[AsyncIterator[bytes]]:
        self._step("before the film is fetched")

        async def chunks() -> AsyncGenerator[bytes]:
            yield TINY_FILM

        yield chunks()

    def may_show(self, url: str) -> bool:
        return False

    async def aclose(self) -> None:
        """Nothing is kept."""


class FileChat:
    """One message a job: what it shows last is what counts, and repeating it shows it once."""

    limits = Limits(upload_bytes=10_000_000, edit_interval=timedelta(milliseconds=50))

    def __init__(self, folder: Path, *, step: Callable[[str], None] = lambda _: None) -> None:
        self._folder = folder
        self._step = step

    async def turn(self) -> None:
        """It takes an edit at any time."""

    async def show(self, status: Status) -> None:
        self._step("before a status is shown")
        note(self._folder / "shown", f"{status.job} {status.phase.value}")

    async def shows(self, status: Status) -> bool:
        return last_shown(self._folder).get(status.job) == status.phase.value

    async def deliver(self, video: Video, status: Status) -> None:
        self._step("before the film is handed over")
        note(self._folder / "shown", f"{status.job} {status.phase.value}")
        self._step("after the film was handed over")


def last_shown(folder: Path) -> dict[str, str]:
    """By job, the phase that its message shows in the end."""
    return dict(line.split(" ") for line in notes(folder / "shown"))
