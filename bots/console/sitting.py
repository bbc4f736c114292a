"""One sitting at this terminal: who sits there, what they see, and what they type."""

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper

from rich.console import Console

from bots.app import House, utc_now
from bots.console.commands import Commands
from bots.console.messenger import ConsoleMessenger
from bots.console.platform import HERE, NAME, ConsolePlatform
from bots.console.screen import Screen
from core.model import Address, GenerationRequest, Job, Requester
from core.ports import Messenger

ME = Requester(person="console:me", community="console:here")
"""Whoever sits here; a terminal knows no names."""

_LOOK_SECONDS = 0.1


@contextmanager
def seat(house: House, *, to_stderr: bool = False) -> Iterator[tuple[Screen, Commands]]:
    """The screen and the commands of this terminal."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that lacks a sign shows another instead of failing
    screen = Screen(Console(stderr=to_stderr), utc_now)
    commands = Commands(house.service, house.catalogue, ME, HERE, zone=house.plan.policy.zone, now=utc_now)
    with screen:
        yield screen, commands


async def converse(house: House, *, first: str | None = None) -> None:
    """Serve this terminal until the person leaves; `first` is obeyed as if it had been typed."""
    with seat(house) as (screen, commands):
        house.platforms[NAME] = ConsolePlatform(commands, screen, sys.stdin.fileno(), first=first)
        await house.serve()


async def make_one(house: House, request: GenerationRequest, *, to_stderr: bool = False) -> Job:
    """Make one video with nobody at the keyboard; return the job as it ended. Raises `Refusal`."""
    with seat(house, to_stderr=to_stderr) as (screen, _):
        errand = _Errand(house, screen, await house.service.submit(request, ME, HERE))
        house.platforms[NAME] = errand
        await house.serve()
    return errand.job


class _Errand:
    """A platform whose conversation is over when one job is."""

    name = NAME

    def __init__(self, house: House, screen: Screen, job: Job) -> None:
        self.job = job
        self._house = house
        self._screen = screen

    def messenger(self, _address: Address) -> Messenger:
        return ConsoleMessenger(self._screen)

    async def run(self) -> None:
        while not self.job.state.terminal:
            await asyncio.sleep(_LOOK_SECONDS)
            self.job = next(job for job in await self._house.service.jobs(ME, limit=100) if job.id == self.job.id)
