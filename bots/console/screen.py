"""What the terminal shows: lines that count up above a prompt; on a pipe, one plain line for each change."""

from collections.abc import Callable
from datetime import datetime
from types import TracebackType
from typing import Self

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from bots.console import render
from core.model import JobId, Status, Video


class Screen:
    """One terminal, or one pipe. Entering it takes the terminal, leaving it gives the terminal back as it was."""

    def __init__(self, console: Console, now: Callable[[], datetime]) -> None:
        self._console = console
        self._now = now
        self._moving: dict[JobId, Status] = {}
        self._over: set[JobId] = set()
        self._typed: str | None = None
        self._live = Live(get_renderable=self._draw, console=console, auto_refresh=False, transient=True)

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def show(self, status: Status) -> None:
        """Draw where a job stands. Its end is shown once, and progress that comes after it not at all."""
        if status.phase.final:
            self._end(status, status.video)
        elif status.job not in self._over:
            before, now = self._moving.get(status.job), self._now()
            self._moving[status.job] = status
            if self._live.is_started:
                self._live.refresh()
            elif before is None or render.plain(before, now) != render.plain(status, now):
                self.say(render.plain(status, now))

    def hand_over(self, video: Video, status: Status) -> None:
        """Say where the film is; once, however often it is asked."""
        self._end(status, video)

    def say(self, text: str | Text) -> None:
        """Put a text above everything that still moves; what looks like markup in it is text like any other."""
        self._console.print(text, markup=False, highlight=False, emoji=False, soft_wrap=True)

    def typing(self, line: str | None) -> None:
        """Draw what is being typed; None takes the prompt away."""
        self._typed = line
        self.tick()

    def tick(self) -> None:
        """Draw everything anew, the clocks above all."""
        if self._live.is_started:
            self._live.refresh()

    def _end(self, status: Status, video: Video | None) -> None:
        self._moving.pop(status.job, None)
        if status.job not in self._over:
            self._over.add(status.job)
            self.say(render.ending(status, video))

    def _draw(self) -> Group:
        now = self._now()
        lines = [render.live(status, now) for status in self._moving.values()]
        if self._typed is not None:
            lines.append(render.prompt(self._typed, self._console.width))
        return Group(*lines)
