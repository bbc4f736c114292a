"""How a job is written in its row, and read from it."""

import json
from pathlib import Path
from typing import Any

from sqlalchemy import Row

from core.errors import DeliveryReason, ErrorKind, ModerationSubject
from core.model import (
    Address,
    Failure,
    GenerationRequest,
    Job,
    JobId,
    JobState,
    Picture,
    Requester,
    Shape,
    Ticket,
    Video,
    Visibility,
    Wishes,
)


def values_of(job: Job) -> dict[str, Any]:
    """What is written of a job when it is new."""
    request = job.request
    return {
        "id": job.id,
        "person": job.requester.person,
        "community": job.requester.community,
        "platform": job.address.platform,
        "address": job.address.value,
        "prompt": request.prompt,
        "model": request.model,
        "seconds": request.seconds,
        "shape": request.shape,
        "image": request.image.data if request.image else None,
        "image_type": request.image.media_type if request.image else None,
        "style": request.style,
        "visibility": job.wishes.visibility,
        "quiet": job.wishes.quiet,
        "parent": job.wishes.parent,
        "price": job.price,
        "roles": json.dumps(job.roles),
        "relaxed": job.relaxed,
        "front": job.front,
        "tries": job.tries,
        "state": job.state,
        "fence": job.fence,
        "starts": job.starts,
        "postponed": job.postponed,
        "created_at": job.created_at,
    }


def job_of(row: Row[Any]) -> Job:
    """The job that a row tells of."""
    return Job(
        id=JobId(row.id),
        requester=Requester(row.person, row.community),
        address=Address(row.platform, row.address),
        request=GenerationRequest(
            prompt=row.prompt,
            model=row.model,
            seconds=row.seconds,
            shape=Shape(row.shape),
            image=Picture(row.image_type, row.image) if row.image is not None else None,
            style=row.style,
        ),
        wishes=Wishes(Visibility(row.visibility), row.quiet, JobId(row.parent) if row.parent is not None else None),
        relaxed=row.relaxed,
        front=row.front,
        tries=row.tries,
        roles=tuple(json.loads(row.roles)),
        removed_at=row.removed_at,
        state=JobState(row.state),
        price=row.price,
        fence=row.fence,
        starts=row.starts,
        postponed=row.postponed,
        created_at=row.created_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        ticket=Ticket(row.ticket, row.source_url) if row.ticket is not None else None,
        video=_video(row),
        failure=_failure(row),
        undelivered=DeliveryReason(row.undelivered) if row.undelivered is not None else None,
        transcript=row.transcript,
    )


def _video(row: Row[Any]) -> Video | None:
    if row.video_path is None:
        return None
    return Video(Path(row.video_path), row.video_size, row.video_sha256, row.video_url)


def _failure(row: Row[Any]) -> Failure | None:
    if row.failure is None:
        return None
    subject = ModerationSubject(row.failure_subject) if row.failure_subject is not None else None
    return Failure(ErrorKind(row.failure), subject, row.failure_message)
