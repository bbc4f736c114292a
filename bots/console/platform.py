"""The terminal as a platform: one person, one conversation, commands typed under lines that count up."""

import asyncio
from collections.abc import Iterable
from contextlib import ExitStack, aclosing, suppress

from bots.console.commands import Commands
from bots.console.keyboard import LineEditor, at_the_keyboard, key_by_key, typed
from bots.console.messenger import ConsoleMessenger
from bots.console.screen import Screen
from core.db import DatabaseUnavailableError
from core.model import Address
from core.ports import Messenger
from core.texts import say

NAME = "console"
HERE = Address(NAME, "terminal")
"""The only conversation there is."""

_TICK_SECONDS = 0.5


class ConsolePlatform:
    """Reads what is typed until /quit, Ctrl-D or the end of the pipe."""

    def __init__(self, commands: Commands, screen: Screen, keyboard: int, *, first: str | None = None) -> None:
        """`first` is obeyed before anything is read, as if it had been typed."""
        self._commands = commands
        self._screen = screen
        self._keyboard = keyboard
        self._first = [first] if first else []
        self._watched = screen.draws and at_the_keyboard(keyboard)

    @property
    def name(self) -> str:
        """The word before the colon in its ids and addresses."""
        return NAME

    def messenger(self, _address: Address) -> Messenger:
        """The one conversation there is, also for jobs of an earlier start."""
        return ConsoleMessenger(self._screen)

    async def run(self) -> None:
        """Obey what is typed until the person leaves."""
        with ExitStack() as terminal:
            if self._watched:
                terminal.enter_context(key_by_key(self._keyboard))
                terminal.callback(self._screen.typing, None)
                self._screen.typing("")
            async with asyncio.TaskGroup() as tasks:
                clocks = tasks.create_task(self._draw_clocks(), name="console clocks")
                await self._converse()
                clocks.cancel()
        with suppress(DatabaseUnavailableError):
            if await self._commands.under_way():
                self._screen.say(say("leaving"))

    async def _converse(self) -> None:
        editor = LineEditor()
        if not await self._obey(self._first):
            return
        async with aclosing(typed(self._keyboard)) as texts:
            async for text in texts:
                if not await self._obey(editor.feed(text)) or editor.over:
                    return
                if self._watched:
                    self._screen.typing(editor.line)
        await self._obey(editor.finish())

    async def _obey(self, lines: Iterable[str]) -> bool:
        """Do what the lines say, one after the other; False once one of them says to leave, or nobody reads here."""
        for line in lines:
            if self._watched and line.strip():
                self._screen.say(f"> {line}")
            answer = await self._commands.obey(line)
            if answer is None:
                return False
            if answer:
                self._screen.say(answer)
        return not self._screen.lost

    async def _draw_clocks(self) -> None:
        while True:
            await asyncio.sleep(_TICK_SECONDS)
            self._screen.tick()
