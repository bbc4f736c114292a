"""One sitting at this terminal: who sits there, what they see, what they type, and what they hear when they leave."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from io import TextIOWrapper

from bots.app import House, utc_now
from bots.console import render
from bots.console.commands import Commands
from bots.console.messenger import ConsoleMessenger
from bots.console.platform import HERE, NAME, ConsolePlatform
from bots.console.screen import Screen, Terminal
from core.db import DatabaseUnavailableError
from core.errors import Refusal, RefusalReason
from core.model import Address, GenerationRequest, Job, Phase, Requester
from core.ports import Messenger
from core.progress import opening
from core.texts import say

ME = Requester(person="console:me", community="console:here")
"""Whoever sits here; a terminal knows no names."""

_LOOK_SECONDS = 0.1


@asynccontextmanager
async def seat(house: House, *, to_stderr: bool = False) -> AsyncIterator[tuple[Screen, Commands]]:
    """The screen and the commands of this terminal."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that lacks a sign shows another instead of failing
    # Told outright whether it is one: in the environments of CI services it is often said, and wrong.
    at_a_terminal = (sys.stderr if to_stderr else sys.stdout).isatty()
    screen = Screen(Terminal(stderr=to_stderr, force_terminal=at_a_terminal), utc_now)

    def taken(job: Job) -> None:
        screen.say(render.accepted(job))
        screen.show(opening(job, house.catalogue.models[job.request.model].label, Phase.WAITING))

    commands = Commands(house.service, house.catalogue, ME, HERE, zone=house.plan.policy.zone, now=utc_now, taken=taken)
    with screen:
        try:
            yield screen, commands
        finally:
            with suppress(DatabaseUnavailableError):
                if left := await commands.under_way():
                    screen.say(say("unfinished", count=len(left)))


async def converse(house: House, *, first: str | None = None) -> None:
    """Serve this terminal until the person leaves; `first` is obeyed as if it had been typed."""
    async with seat(house) as (screen, commands):
        house.platforms[NAME] = ConsolePlatform(commands, screen, sys.stdin.fileno(), first=first)
        await house.serve()


async def make_one(house: House, request: GenerationRequest, *, to_stderr: bool = False) -> Job:
    """Make one video with nobody at the keyboard; return the job as it ended, or as it stands when we must leave.

    Raises `Refusal` and `DatabaseUnavailableError`.
    """
    async with seat(house, to_stderr=to_stderr) as (screen, commands):
        errand = _Errand(screen, commands, request)
        house.platforms[NAME] = errand
        await house.serve()
        return await errand.result()


class _Errand:
    """A platform whose conversation is over when one job is."""

    name = NAME

    def __init__(self, screen: Screen, commands: Commands, request: GenerationRequest) -> None:
        self._screen = screen
        self._commands = commands
        self._request = request
        self._job: Job | None = None
        self._error: Refusal | DatabaseUnavailableError = Refusal(RefusalReason.DRAINING)

    def messenger(self, _address: Address) -> Messenger:
        return ConsoleMessenger(self._screen)

    async def run(self) -> None:
        try:
            job = self._job = await self._submit()
            while not job.state.terminal:
                await asyncio.sleep(_LOOK_SECONDS)
                job = await self._commands.job(job.id)
        except (Refusal, DatabaseUnavailableError) as error:
            self._error = error

    async def result(self) -> Job:
        """What became of it; raises what kept it from being asked for."""
        if self._job is None:
            raise self._error
        return await self._commands.job(self._job.id)

    async def _submit(self) -> Job:
        """Ask; where earlier starts left as much as one may have under way, wait until that is settled."""
        while True:
            try:
                return await self._commands.submit(self._request)
            except Refusal as refusal:
                if refusal.reason is not RefusalReason.TOO_MANY_WAITING:
                    raise
            await asyncio.sleep(_LOOK_SECONDS)
