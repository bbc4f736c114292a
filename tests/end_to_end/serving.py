"""`matinee run` as a process, between an upstream that renders real films and platforms that live in the test."""

import asyncio
import os
import signal
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from shutil import copy

from core.simulator import Simulator
from tests.end_to_end.programs import SECONDS, command, environment

CATALOGUE = Path(__file__).parents[2] / "catalogue.toml"


@dataclass
class Serving:
    """One process that serves; its log is read as it comes."""

    process: asyncio.subprocess.Process
    lines: list[str] = field(default_factory=list)

    async def until(self, words: str) -> None:
        """Until a line of its log has these words."""
        async with asyncio.timeout(SECONDS):
            while not any(words in line for line in self.lines):
                assert self.process.returncode is None, self.log
                await asyncio.sleep(0.05)

    @property
    def log(self) -> str:
        """All that it wrote down."""
        return "".join(self.lines)

    async def stop(self) -> int:
        """Ask it to leave, as a host does; its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return await self.over()

    async def kill(self) -> None:
        """End it where it stands."""
        self.process.kill()
        await self.over()

    def freeze(self) -> None:
        """Let it stand still, with all that it holds."""
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on as if nothing had been."""
        self.process.send_signal(signal.SIGCONT)

    async def over(self) -> int:
        """Its exit code, once it has left by itself."""
        async with asyncio.timeout(SECONDS):
            return await self.process.wait()


@asynccontextmanager
async def serving(folder: Path, settings: Mapping[str, str], *words: str) -> AsyncGenerator[Serving]:
    """Start `matinee run` with these settings, or what `words` say; whatever becomes of it, it is gone afterwards."""
    if not (folder / "catalogue.toml").exists():
        copy(CATALOGUE, folder)
    process = await asyncio.create_subprocess_exec(
        *command(*(words or ("run",))),
        cwd=folder,
        env=environment(MATINEE_LOG_FORMAT="json", **settings),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    served = Serving(process)
    reader = asyncio.create_task(_read(process, served.lines), name="its log")
    try:
        yield served
    finally:
        if process.returncode is None:
            os.kill(process.pid, signal.SIGKILL)
        await process.wait()
        await reader
        (folder / f"log of {process.pid}").write_text(served.log)  # for whoever wonders afterwards


async def _read(process: asyncio.subprocess.Process, lines: list[str]) -> None:
    if process.stderr is not None:
        async for line in process.stderr:
            lines.append(line.decode("utf-8", "replace"))  # noqa: PERF401 - whoever waits reads along


@asynccontextmanager
async def upstream(speed: float) -> AsyncGenerator[dict[str, str]]:
    """A simulator, as the settings name it."""
    async with Simulator(speed=speed) as simulator:
        yield {"MATINEE_PROVIDER_URL": f"{simulator.url}/v1"}
