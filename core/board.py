"""One status message: the newest status wins, one edit is under way at most, and the pace is the platform's."""

import asyncio
import math
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from types import TracebackType
from typing import Final, Self

import structlog

from core.errors import DeliveryError
from core.model import Status
from core.ports import Messenger

QUIET_SECONDS: Final = 60.0
"""So long an upstream may say nothing before we say so; and so often that is said anew."""
SETTLE_SECONDS: Final = 25.0
"""So long an edit under way is waited for before what comes after it is sent."""

_log = structlog.get_logger(__name__)


class Board:
    """The slot behind one message. `async with` owns its task; `post` never waits, whatever the chat does."""

    def __init__(self, messenger: Messenger, *, now: Callable[[], datetime]) -> None:
        self._messenger = messenger
        self._now = now
        self._changed = asyncio.Event()
        self._newest: Status | None = None
        self._told_at: datetime | None = None
        self._shown: Status | None = None
        self._quiet = math.inf
        self._next_edit = 0.0
        self._editing = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.settle()

    def start(self) -> None:
        """Begin to show; whoever begins it settles it. Again while it shows already, it changes nothing."""
        if self._task is None:
            self._task = asyncio.create_task(self._keep_showing(), name="status board")

    def hand_to(self, messenger: Messenger) -> None:
        """Show through another hand from the next edit on; the message is the same."""
        self._messenger = messenger

    def post(self, status: Status) -> None:
        """This is how it stands now; what was posted before and not shown yet never will be."""
        self._newest, self._told_at = status, self._now()
        self._quiet = asyncio.get_running_loop().time() + QUIET_SECONDS
        self._changed.set()

    async def settle(self) -> None:
        """Show nothing more from here, and let an edit under way end first, lest it overtake what comes next."""
        task, self._task = self._task, None
        if task is None:
            return
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(SETTLE_SECONDS), self._editing:
                    task.cancel()
        finally:
            task.cancel()
            await asyncio.wait([task])

    async def _keep_showing(self) -> None:
        clock = asyncio.get_running_loop().time
        while True:
            await self._something_to_show(clock)
            await self._messenger.turn()
            status = self._newest
            if status is None or status == self._shown:
                continue
            async with self._editing:
                try:
                    await self._messenger.show(status)
                except DeliveryError as error:
                    # A later edit says the same and more; the end of a job is told until it is heard.
                    _log.info("a status could not be shown", job=status.job, reason=error.reason.value)
                self._shown = status
            self._next_edit = clock() + self._messenger.limits.edit_interval.total_seconds()

    async def _something_to_show(self, clock: Callable[[], float]) -> None:
        """Return once the newest status is worth an edit, or the silence is."""
        while (due := self._due(clock)) is None or due > clock():
            try:
                async with asyncio.timeout_at(self._until(due)):
                    await self._changed.wait()
                self._changed.clear()
            except TimeoutError:
                if due is None and clock() >= self._quiet:  # news may have come at this very moment
                    self._admit_silence(clock)
                    return

    def _until(self, due: float | None) -> float | None:
        """When to stop waiting for a change; None where nothing but a change counts."""
        return due if due is not None else None if self._quiet == math.inf else self._quiet

    def _due(self, clock: Callable[[], float]) -> float | None:
        """When the newest status is to be shown, in the loop's time; None where it is shown already."""
        newest, shown = self._newest, self._shown
        if newest is None or newest == shown:
            return None
        if shown is None:
            return clock()
        if _differs_in_kind(newest, shown) or self._steps(newest, shown):
            return self._next_edit
        limits = self._messenger.limits
        return self._next_edit + max(0.0, (limits.stale_after - limits.edit_interval).total_seconds())

    def _steps(self, newest: Status, shown: Status) -> bool:
        return (newest.percent or 0) - (shown.percent or 0) >= self._messenger.limits.step_percent

    def _admit_silence(self, clock: Callable[[], float]) -> None:
        """Nothing new for long: the message says since when, and the words count up with each edit."""
        if self._newest is not None:
            self._newest = replace(self._newest, quiet_since=self._told_at)
            self._shown = None
        self._quiet = clock() + QUIET_SECONDS


def _differs_in_kind(newest: Status, shown: Status) -> bool:
    """Whether more than a percentage changed."""
    return replace(newest, percent=None, estimate=False) != replace(shown, percent=None, estimate=False) or (
        newest.percent is None
    ) != (shown.percent is None)
