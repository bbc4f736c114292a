"""From what a provider tells to what a person sees: a status that only ever moves forward; pure."""

from dataclasses import replace
from typing import Final

from core.events import Completed, GenerationEvent, Planned, Progress, Queued, Retrying, Stage, StageName, Submitted
from core.model import Job, JobState, Phase, Receipt, Status

_ORDER: Final = list(Phase)

_STAGES: Final = {
    StageName.UPLOADING: Phase.SENT,
    StageName.PREVIEW_READY: Phase.RENDERING,
    StageName.UPSCALING: Phase.FINISHING,
    StageName.PUBLISHING: Phase.FINISHING,
    StageName.CACHING: Phase.FINISHING,
}

_ENDINGS: Final = {
    JobState.DELIVERED: Phase.DONE,
    JobState.UNDELIVERED: Phase.UNDELIVERED,
    JobState.FAILED: Phase.FAILED,
    JobState.CANCELLED: Phase.CANCELLED,
    JobState.INTERRUPTED: Phase.INTERRUPTED,
}

PHASE_OF: Final = {
    JobState.WAITING: Phase.WAITING,
    JobState.ACTIVE: Phase.RENDERING,
    JobState.DELIVERING: Phase.UPLOADING,
    **_ENDINGS,
}
"""The phase that stands for a state where only the row is known, as in a list of jobs."""


def opening(job: Job, label: str, phase: Phase = Phase.STARTING, *, receipt: Receipt | None = None) -> Status:
    """What is shown of a job before anything is known of its generation. `receipt` tells what its person has left."""
    return Status(
        job=job.id,
        phase=phase,
        request=job.request,
        model_label=label,
        price=job.price,
        started_at=job.started_at,
        receipt=receipt,
        wishes=job.wishes,
        removed=job.removed_at is not None,
    )


def ending(job: Job, label: str, receipt: Receipt) -> Status:
    """What stays on the screen of a job that is over. Raises `KeyError` for one that is not."""
    took = job.finished_at - job.started_at if job.finished_at and job.started_at else None
    return replace(
        opening(job, label, _ENDINGS[job.state]),
        took_seconds=round(took.total_seconds()) if took is not None else None,
        failure=job.failure,
        undelivered=job.undelivered,
        receipt=receipt,
        video=job.video,
    )


def after(status: Status, event: GenerationEvent) -> Status:
    """The status once an event is known. Within one attempt neither phase nor percentage ever falls back."""
    match event:
        case Planned():
            return status
        case Submitted() | Queued():
            return _reached(status, Phase.SENT)
        case Stage(name):
            return _reached(status, _STAGES[name])
        case Completed():
            return _reached(status, Phase.FINISHING)
        case Retrying():
            return replace(status, phase=Phase.SENT, percent=None, estimate=False, attempt=status.attempt + 1)
        case Progress(percent, estimate):
            status = _reached(status, Phase.RENDERING)
            if percent is None or (status.percent is not None and percent <= status.percent):
                return status
            return replace(status, percent=percent, estimate=estimate)


def _reached(status: Status, phase: Phase) -> Status:
    return replace(status, phase=max(status.phase, phase, key=_ORDER.index))
