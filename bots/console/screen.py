"""What the terminal shows: lines that count up above a prompt; on a pipe, one plain line for each change."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from types import TracebackType
from typing import Self

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text
from typing_extensions import override

from bots.console import render
from core.model import JobId, Status, Video


class Terminal(Console):
    """What we write on. Where its reader has gone, rich would end the program; that is for others to decide."""

    @override
    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


class Screen:
    """One terminal, or one pipe. Entering it takes the terminal, leaving it gives the terminal back as it was.

    A terminal that is too simple to draw on is a pipe to us: it gets plain lines.
    """

    def __init__(self, console: Console, now: Callable[[], datetime]) -> None:
        self._console = console
        self._now = now
        self._moving: dict[JobId, Status] = {}
        self._over: set[JobId] = set()
        self._typed: str | None = None
        self._live = Live(get_renderable=self._draw, console=console, auto_refresh=False, transient=True)
        self.draws = console.is_terminal and not console.is_dumb_terminal
        """Whether lines move here; otherwise each is printed once."""
        self.lost = False
        """Whether what is shown reaches nobody any more: a reader that left, a disk that is full."""

    def __enter__(self) -> Self:
        if self.draws:
            with self._noticing_a_loss():
                self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._noticing_a_loss():
            self._live.stop()

    def show(self, status: Status) -> None:
        """Draw where a job stands. Its end is shown once, and progress that comes after it not at all."""
        if status.phase.final:
            self._end(status, status.video)
        elif status.job not in self._over:
            before, now = self._moving.get(status.job), self._now()
            self._moving[status.job] = status
            if self.draws:
                self.tick()
            elif before is None or render.plain(before, now) != render.plain(status, now):
                self.say(render.plain(status, now))

    def hand_over(self, video: Video, status: Status) -> None:
        """Say where the film is; once, however often it is asked."""
        self._end(status, video)

    def say(self, text: str | Text) -> None:
        """Put a text above everything that still moves; what looks like markup in it is text like any other."""
        with self._noticing_a_loss():
            self._console.print(text, markup=False, highlight=False, emoji=False, soft_wrap=True)

    def typing(self, line: str | None) -> None:
        """Draw what is being typed; None takes the prompt away."""
        self._typed = line
        self.tick()

    def tick(self) -> None:
        """Draw everything anew, the clocks above all."""
        if self._live.is_started:
            with self._noticing_a_loss():
                self._live.refresh()

    def _end(self, status: Status, video: Video | None) -> None:
        self._moving.pop(status.job, None)
        if status.job not in self._over:
            self._over.add(status.job)
            self.say(render.ending(status, video))

    def _draw(self) -> Group:
        now, width = self._now(), self._console.width
        room = max(self._console.height - 2, 1)  # the prompt stays in sight
        lines = [render.live(status, now, width) for status in list(self._moving.values())[:room]]
        if self._typed is not None:
            lines.append(render.prompt(self._typed, width))
        return Group(*lines)

    @contextmanager
    def _noticing_a_loss(self) -> Iterator[None]:
        """What cannot be written is not tried again: whoever asked for it learns of it by `lost`."""
        try:
            yield
        except OSError:
            self._console.quiet = self.lost = True
