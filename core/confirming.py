"""Sees to it that a chat goes on showing how a job ended: an edit that it executes late may have overtaken the end.

Who sends an edit and gets no answer cannot know when it takes effect, and the process that sent it may be another, or
dead. So each ending is looked at once more, a minute later, by whoever is there.
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Final

import structlog

from core import confirmations
from core.db import Database
from core.delivery import deliver
from core.errors import DeliveryError
from core.model import Address, Job, Status
from core.ports import Messenger
from core.progress import ending
from core.service import Service

AT_ONCE: Final = 20
LOOK_SECONDS: Final = 60.0
"""So long one look, and what it leads to, may take."""

_log = structlog.get_logger(__name__)


class Confirming:
    """Looks at endings whose time has come, and shows again those that are not there."""

    def __init__(
        self,
        database: Database,
        service: Service,
        platforms: Callable[[Address], Messenger],
        label_of: Callable[[Job], str],
        *,
        now: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._service = service
        self._platforms = platforms
        self._label_of = label_of
        self._now = now

    async def look(self) -> None:
        """Look at all that are due."""
        async with self._database.read() as tx:
            due = await confirmations.due(tx, now=self._now(), limit=AT_ONCE)
        async with asyncio.TaskGroup() as tasks:
            for job in due:
                tasks.create_task(self._confirm(job), name=f"confirm {job.id}")

    async def _confirm(self, job: Job) -> None:
        shown = not job.state.terminal or job.removed_at is not None  # then nothing of it is to be seen
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                shown = shown or await self._is_shown(job)
        except DeliveryError as error:
            _log.info("an ending could not be looked at", job=job.id, reason=error.reason.value)
            shown = error.permanent
        except TimeoutError:
            _log.info("an ending could not be looked at", job=job.id, reason="too slow")
        async with self._database.begin() as tx:
            if shown:
                await confirmations.confirmed(tx, job.id)
            else:
                await confirmations.put_off(tx, job, now=self._now())

    async def _is_shown(self, job: Job) -> bool:
        """Whether it is there; where it is not, it is shown again, and looked at once more."""
        status = ending(job, self._label_of(job), await self._service.receipt(job))
        messenger = self._platforms(job.address)
        if await messenger.shows(status):
            return True
        _log.warning("an ending was overtaken; showing it again", job=job.id)
        await self._show_again(job, messenger, replace(status, wishes=replace(status.wishes, quiet=True)))
        return False

    async def _show_again(self, job: Job, messenger: Messenger, status: Status) -> None:
        async def whoever_has_it() -> None:
            """It is over, and nobody's any more."""

        if job.video is not None and job.undelivered is None:
            link = self._service.link_of(job)
            await deliver(messenger, job.video, status, still_mine=whoever_has_it, link=link)
        else:
            await messenger.show(status)
