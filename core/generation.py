"""The story of one job: generate, keep, capture, deliver, finish. Start reading here."""

from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from core import jobs, ledger
from core.board import Board
from core.db import Database
from core.delivery import deliver
from core.errors import ErrorKind, ProviderError
from core.events import Completed, Submitted
from core.keeping import keep
from core.model import Job, JobState, Phase, Status, Video
from core.ports import Messenger, Provider
from core.progress import after, ending, opening
from core.service import Service
from core.videos.store import Store

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Cast:
    """All who take part in one job, and how its model is called."""

    provider: Provider
    messenger: Messenger
    label: str
    database: Database
    service: Service
    store: Store
    now: Callable[[], datetime]
    surely_mine: Callable[[], bool]
    """Whether the job's lease still runs by our own clock; asked right before the upstream is."""


async def run_job(job: Job, board: Board, cast: Cast) -> None:
    """See a job through from wherever it stands, and leave it delivered. It must be claimed; every write is fenced.

    Raises what went wrong: `ProviderError` (no video, to be paid back), `DeliveryError` (a video, kept and paid for),
    `LostJobError` (somebody else has it; touch nothing).
    """
    usually = await cast.service.usually(job.request.model, job.request.seconds)
    left = await cast.service.receipt(job)
    if job.video is None:
        first = replace(opening(job, cast.label, _first_phase(job), receipt=left), usually=usually)
        board.post(first)
        completed = await _generate(job, board, cast, first)
        video = await keep(job.id, completed.results, cast.provider, cast.store)
        job = await _capture(job, video, completed.transcript, cast)
    else:
        video = job.video
    board.post(opening(job, cast.label, Phase.UPLOADING, receipt=left))
    await _hand_over(job, video, board, cast)


async def _generate(job: Job, board: Board, cast: Cast, status: Status) -> Completed:
    """Ask the upstream, or ask on by ticket; what it tells is shown, and what must outlive a crash is written."""
    if job.ticket is not None:
        told = cast.provider.resume(job.ticket)
    elif job.starts:
        # An upstream was asked, and died with us: nobody knows what it made of that. Asking again could cost twice.
        raise ProviderError(ErrorKind.INTERRUPTED)
    else:
        async with cast.database.begin() as tx:
            await jobs.still_mine(tx, job, now=cast.now())
            job = await jobs.count_start(tx, job)
        if not cast.surely_mine():  # we stood still since: another may have ended it, and nobody wants it any more
            raise jobs.LostJobError(f"the lease of job {job.id} ran out before its upstream was asked")
        if job.front or job.starts > 1:
            _log.warning(
                "an upstream is asked again for what it may be making already",
                job=job.id,
                starts=job.starts,
                parent=job.wishes.parent,
            )
        told = cast.provider.generate(job.request)
    async with aclosing(told) as events:
        async for event in events:
            status = after(status, event)
            board.post(status)
            if isinstance(event, Submitted) and event.ticket is not None:
                async with cast.database.begin() as tx:
                    job = await jobs.save_ticket(tx, job, event.ticket)
            if isinstance(event, Completed):
                return event
    raise ProviderError(ErrorKind.NO_RESULT, "the provider ended without a word")


def _first_phase(job: Job) -> Phase:
    """What is known of a job when its story is taken up: with a ticket, somebody is rendering it already."""
    return Phase.STARTING if job.ticket is None else Phase.RENDERING


async def _capture(job: Job, video: Video, transcript: str, cast: Cast) -> Job:
    """From here it exists and counts, whatever the chat does."""
    async with cast.database.begin() as tx:
        job = await jobs.save_video(tx, job, video, transcript)
        await ledger.capture(tx, job.id, cast.now())
    _log.info("made", job=job.id, bytes=video.size)
    return job


async def _hand_over(job: Job, video: Video, board: Board, cast: Cast) -> None:
    """The film into the chat, and the job to its end."""

    async def still_mine() -> None:
        async with cast.database.read() as tx:
            await jobs.still_mine(tx, job, now=cast.now())

    over = replace(job, state=JobState.DELIVERED, finished_at=cast.now())
    status = ending(over, cast.label, await cast.service.receipt(job))
    await board.settle()
    await deliver(cast.messenger, video, status, still_mine=still_mine, link=link_to(video, cast.provider))
    async with cast.database.begin() as tx:
        await jobs.finish(tx, job, JobState.DELIVERED, now=cast.now())
    _log.info("delivered", job=job.id)


def link_to(video: Video, provider: Provider) -> str | None:
    """Where people may fetch a film themselves, when their chat does not take it."""
    url = video.upstream_url
    return url if url is not None and provider.may_show(url) else None
