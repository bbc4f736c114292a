"""Who can be written to again: what did not reach them while the bot was shut out does now, and costs nothing more."""

from collections import OrderedDict
from datetime import timedelta
from typing import Final

import structlog

from bots.telegram.asking import Asked
from bots.telegram.desk import Desk
from bots.telegram.messenger import TelegramMessenger
from bots.telegram.place import NAME, Place, read_place
from bots.telegram.render import render
from core.errors import DeliveryError, DeliveryReason, Refusal
from core.model import Job, JobId, JobState
from core.progress import ending

LATEST: Final = 5
"""So many films, and so many other jobs, are brought up to date; the rest is found by /jobs."""
NEWS_LIFE: Final = timedelta(days=1)
"""After so long nobody wonders any more how a job ended that brought no film."""
_REMEMBERED: Final = 10_000
_SHUT_OUT: Final = frozenset({DeliveryReason.NOT_PERMITTED, DeliveryReason.CHAT_GONE, DeliveryReason.CHAT_UNREACHABLE})
"""What may have become otherwise since."""

_log = structlog.get_logger(__name__)


class Returns:
    """Looks after those who come back to their private chat with the bot. Repeating it changes nothing."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._tried: OrderedDict[JobId, None] = OrderedDict()

    async def wrote(self, asked: Asked) -> None:
        """Have the latest of their films that no chat would have handed over: each once, unless they come back.

        Raises `DatabaseUnavailableError`.
        """
        kept = await self._desk.service.jobs(asked.requester, limit=LATEST, state=JobState.UNDELIVERED)
        for job in kept:
            if job.id not in self._tried and job.undelivered in _SHUT_OUT and _is_there(job):
                await self._hand_over(asked, job)

    async def came_back(self, asked: Asked) -> None:
        """They let the bot write again: hand over what is made, and bring to date what tells of the rest.

        Raises `DatabaseUnavailableError`.
        """
        latest = await self._desk.service.jobs(asked.requester, limit=LATEST)
        for job in latest:
            self._tried.pop(job.id, None)
        await self.wrote(asked)
        since = self._desk.wire.now() - NEWS_LIFE
        for job in latest:
            place = read_place(job.address) if job.address.platform == NAME else None
            if place is None or place.chat != asked.chat:
                continue
            if job.finished_at is None:
                self._desk.wire.progress_again(place)
            elif job.finished_at >= since and _brought_none(job):
                await self._tell(job, place)

    async def _hand_over(self, asked: Asked, job: Job) -> None:
        self._tried[job.id] = None
        while len(self._tried) > _REMEMBERED:
            self._tried.popitem(last=False)
        try:
            await self._desk.service.show_again(job.id, job.address, by=asked.requester)
        except Refusal as refusal:
            _log.info("a film was not handed over again", job=job.id, reason=refusal.reason.value)

    async def _tell(self, job: Job, place: Place) -> None:
        """Say how a job ended that brought no film, unless its message says so."""
        wire = self._desk.wire
        status = ending(job, self._desk.label_of(job), await self._desk.service.receipt(job))
        if wire.looks_like(place, render(status, place, wire.now(), wire.sign, bot=wire.bot_name)):
            return
        try:
            await TelegramMessenger(place, wire).show(status)
        except DeliveryError as error:
            _log.info("an ending was not heard", job=job.id, reason=error.reason.value)


def _is_there(job: Job) -> bool:
    return job.video is not None and job.removed_at is None and job.address.platform == NAME


def _brought_none(job: Job) -> bool:
    held = job.state is JobState.UNDELIVERED and job.undelivered not in _SHUT_OUT
    return held or job.state in {JobState.FAILED, JobState.CANCELLED, JobState.INTERRUPTED}
