"""What people type: a line editor that needs no terminal, and the reading of a terminal, a pipe or a file."""

import asyncio
import codecs
import os
import re
import termios
import tty
import unicodedata
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager

_CHUNK = 4096
_LONGEST = 10_000
"""Characters in one line: more than any prompt may have, so that the refusal can say so."""

_KEY = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1bO.|\x1b[\[O][0-9;?]*$|\x1b[^\[O]|[\s\S]")
"""One key: a control sequence (or the beginning of one), or one character."""


class LineEditor:
    """Keys in, lines out: backspace, ^U, ^W, up and down through earlier lines, and ^D on an empty line to leave."""

    def __init__(self) -> None:
        self.line = ""
        """What is typed and not sent yet."""
        self.over = False
        """Whether ^D was pressed on an empty line."""
        self._unread = ""
        self._earlier: list[str] = []
        self._back = 0

    def feed(self, text: str) -> list[str]:
        """Take what was typed; return the lines that it completes."""
        lines: list[str] = []
        text, self._unread = self._unread + text, ""
        for key in _KEY.findall(text):
            if re.fullmatch(r"\x1b[\[O][0-9;?]*", key):
                self._unread = key
            elif key in {"\r", "\n"}:
                lines.append(self._send())
            else:
                self._press(key)
        return lines

    def finish(self) -> list[str]:
        """Nothing more will be typed; what stands without a line feed is a line too."""
        return [self._send()] if self.line else []

    def _press(self, key: str) -> None:
        match key:
            case "\x7f" | "\b":
                self.line = self.line[:-1]
            case "\x15":
                self.line = ""
            case "\x17":
                self.line = "".join(self.line.rstrip().rpartition(" ")[:2])
            case "\x04":
                self.over = self.over or not self.line
            case "\x1b[A" | "\x1bOA":
                self._recall(self._back + 1)
            case "\x1b[B" | "\x1bOB":
                self._recall(self._back - 1)
            case _ if len(key) == 1 and unicodedata.category(key) != "Cc" and len(self.line) < _LONGEST:
                self.line += key

    def _send(self) -> str:
        line, self.line, self._back = self.line, "", 0
        if line.strip() and self._earlier[-1:] != [line]:
            self._earlier.append(line)
        return line

    def _recall(self, back: int) -> None:
        self._back = min(max(back, 0), len(self._earlier))
        self.line = self._earlier[-self._back] if self._back else ""


def at_the_keyboard(fd: int) -> bool:
    """Whether somebody can type here: a terminal, and we stand in its foreground."""
    try:
        return os.isatty(fd) and os.tcgetpgrp(fd) == os.getpgrp()
    except OSError:
        return False


@contextmanager
def key_by_key(fd: int) -> Iterator[None]:
    """Let the terminal hand over each key at once and draw none itself; its old ways are restored whatever happens."""
    before = termios.tcgetattr(fd)
    try:
        tty.setcbreak(fd)
        yield
    finally:
        termios.tcsetattr(fd, termios.TCSADRAIN, before)


async def typed(fd: int) -> AsyncGenerator[str]:
    """Text as it comes, until the end. The descriptor stays as it is: others may share it."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    while chunk := await _read(fd):
        yield decoder.decode(chunk)


async def _read(fd: int) -> bytes:
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    try:
        loop.add_reader(fd, ready.set)
    except PermissionError:
        ready.set()  # a file never lets us wait: the operating system does not know "ready" for it
    try:
        await ready.wait()
        return os.read(fd, _CHUNK)
    except OSError:
        return b""  # the terminal has gone
    finally:
        loop.remove_reader(fd)
