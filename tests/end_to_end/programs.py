"""The program as people start it: a process of its own, on pipes or in a terminal of its own."""

import asyncio
import os
import pty
import re
import select
import shlex
import subprocess
import sys
import termios
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import imageio_ffmpeg

from core import jobs, ledger
from core.db import open_database
from core.model import Job

SECONDS: Final = 30.0
"""After so long a program that owes us something is given up."""

# A session leader takes the terminal it stands at, and listens to Ctrl-C whatever our own parent does.
_TAKE_THE_TERMINAL: Final = """
import fcntl, os, signal, sys, termios
signal.signal(signal.SIGINT, signal.SIG_DFL)
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.executable, sys.argv[1:])
"""
_SEQUENCE: Final = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")


def command(*words: str) -> list[str]:
    """`matinee WORDS`, with the Python that runs the tests."""
    return [sys.executable, "-m", "bots", *words]


def environment(**more: str) -> dict[str, str]:
    """What a fresh login has, and nothing that the machine of the tests has set."""
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "TMPDIR"}}
    return {**kept, "LANG": "C.UTF-8", "TERM": "xterm", **more}


def matinee(
    *words: str, cwd: Path, typed: str = "", shell: str = "", env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run the program to its end, with `typed` on a pipe; `shell` is what follows in the shell, such as `| head -1`."""
    line = f"{shlex.join(command(*words))} {shell}"
    return subprocess.run(
        ["/bin/sh", "-c", line],
        cwd=cwd,
        env=environment(**(env or {})),
        input=typed,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


def films_in(folder: Path) -> list[Path]:
    """Every finished film below a folder."""
    return sorted(folder.rglob("*.mp4"))


def decodes(film: Path) -> bool:
    """Whether a player gets through it to the last frame."""
    words = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-xerror", "-i", str(film), "-f", "null", "-"]
    seen = subprocess.run(words, capture_output=True, timeout=SECONDS, check=False)
    return (seen.returncode, seen.stderr) == (0, b"")


def books(out: Path) -> tuple[list[str], list[Job]]:
    """What the ledger's audit finds, and all jobs of the terminal, the newest first."""

    async def read() -> tuple[list[str], list[Job]]:
        async with open_database(f"sqlite:///{out / 'matinee.sqlite'}") as database, database.read() as tx:
            return await ledger.audit(tx), await jobs.of_person(tx, "console:me", limit=100)

    return asyncio.run(read())


class Sitting:
    """Somebody at a terminal: reads what the program sends, types, presses Ctrl-C."""

    def __init__(self, process: subprocess.Popen[bytes], leader: int) -> None:
        self.process = process
        self.sent = ""
        """All that the program sent, with its control sequences."""
        self._leader = leader

    @property
    def screen(self) -> str:
        """All that it sent, as words."""
        return _SEQUENCE.sub("", self.sent).replace("\r", "")

    @property
    def modes(self) -> int:
        """The terminal's local modes: ECHO, ICANON, …"""
        modes: int = termios.tcgetattr(self._leader)[3]
        return modes

    def type(self, text: str) -> None:
        """Press these keys."""
        os.write(self._leader, text.encode())

    def until(self, words: str) -> None:
        """Read until these words have been sent since the last look."""
        begin, end = len(self.screen), time.monotonic() + SECONDS
        while words not in self.screen[max(begin - 1, 0) :]:
            if time.monotonic() > end or not self._read(end - time.monotonic()):
                raise AssertionError(f"{words!r} never came; the screen says:\n{self.screen}")

    def leave(self) -> int:
        """Read to the end; the exit code."""
        end = time.monotonic() + SECONDS
        while self.process.poll() is None and time.monotonic() < end:
            self._read(0.05)
        while self._read(0):
            pass
        return self.process.wait(1)

    def _read(self, seconds: float) -> bool:
        ready, _, _ = select.select([self._leader], [], [], seconds)
        try:
            text = os.read(self._leader, 65536).decode("utf-8", "replace") if ready else ""
        except OSError:
            return False  # the program has gone, and its terminal with it
        self.sent += text
        return bool(text)


@contextmanager
def sitting(*words: str, cwd: Path, env: Mapping[str, str] | None = None) -> Generator[Sitting]:
    """Start the program in a terminal of its own; whatever becomes of the test, it is gone afterwards."""
    leader, follower = pty.openpty()
    try:
        process = subprocess.Popen(
            [sys.executable, "-c", _TAKE_THE_TERMINAL, *command(*words)],
            cwd=cwd,
            env=environment(**(env or {})),
            stdin=follower,
            stdout=follower,
            stderr=follower,
            start_new_session=True,
        )
        try:
            yield Sitting(process, leader)
        finally:
            process.kill()
            process.wait(SECONDS)
    finally:
        os.close(leader)
        os.close(follower)
