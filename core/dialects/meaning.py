"""What a mark means: the event that it tells, and what it adds to the evidence."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from core.dialects.evidence import Evidence, FailureWords
from core.dialects.lines import Line, Mark
from core.dialects.words import Marker, Says
from core.events import GenerationEvent, Planned, Progress, Queued, Retrying, Stage, StageName, Submitted

PROSE_LIMIT: Final = 32
"""Lines without a mark that are kept, for what they may say of a failure; so many characters of each as follows."""
_PROSE_LINE = 500

_FIRST_TIME: Final[dict[Says, tuple[str, GenerationEvent]]] = {
    Says.PLANNING: ("planning", Planned()),
    Says.SUBMITTED: ("submitted", Submitted()),
    Says.QUEUED: ("queued", Queued()),
    Says.UPLOADING: ("uploading", Stage(StageName.UPLOADING)),
    Says.PREVIEW_READY: ("preview_ready", Stage(StageName.PREVIEW_READY)),
    Says.UPSCALING: ("upscaling", Stage(StageName.UPSCALING)),
    Says.PUBLISHING: ("publishing", Stage(StageName.PUBLISHING)),
    Says.CACHING: ("caching", Stage(StageName.CACHING)),
}
"""What is told when it is said for the first time: the state's name, and the event."""

_progress_event = lru_cache(maxsize=1024)(Progress)  # few percentages, told again and again


def meaning(mark: Mark, evidence: Evidence, *, in_content: bool) -> Sequence[GenerationEvent]:
    """Note what a mark on the way says; return what it tells who reads along."""
    match mark.marker.says:
        case Says.PROGRESS:
            if mark.value is None:
                return ()
            overall = mark.value if mark.overall is None else mark.overall
            return (progress(mark.value, overall, mark.marker, evidence),)
        case Says.GENERATING:
            return _generating(mark, evidence)
        case Says.RETRYING:
            evidence.state("retrying")
            evidence.failure = None
            return (Retrying(),)
        case says if says in _FIRST_TIME:
            if says is Says.PREVIEW_READY and in_content:
                evidence.preview_ready()
            state, event = _FIRST_TIME[says]
            return (event,) if evidence.state(state) else ()
        case _:
            return ()


def progress(as_given: float, overall: float, marker: Marker, evidence: Evidence) -> GenerationEvent:
    """Note a percentage; return the event that tells it, over all rounds where the upstream counts rounds."""
    evidence.state("generating")
    evidence.progress.append(as_given)
    if marker.estimate:
        evidence.estimate = True
    return _progress_event(overall, marker.estimate)


def _generating(mark: Mark, evidence: Evidence) -> Sequence[GenerationEvent]:
    events: list[GenerationEvent] = [Progress()] if evidence.state("generating") else []
    if mark.marker.again_means_retry:
        evidence.starts += 1
        if evidence.starts > 1:
            events.append(Retrying())
    return events


def note_ending(mark: Mark, raw: str, evidence: Evidence) -> None:
    """Note what a mark says of the end: how a remix names it, that it failed, and why."""
    match mark.marker.says:
        case Says.SHARE:
            evidence.share_id = mark.text
        case Says.FAILURE:
            evidence.failure = evidence.failure or FailureWords()
            evidence.failure.hear(raw, mark.text)
            evidence.state("failed")
        case Says.REASON if evidence.failure is not None:
            evidence.failure.reason = mark.text or evidence.failure.reason
        case _:
            pass


def note_reason(line: Line, evidence: Evidence) -> None:
    """In reasoning, the line below a heading that says failure is its message."""
    failure = evidence.failure
    if failure is not None and not line.marks and failure.best is None:
        failure.hear(line.raw, line.raw.strip(" *\t"))


def note_prose(raw: str, evidence: Evidence) -> None:
    """Keep a line of content without a mark: below a failure its message, else what a safety filter may have said."""
    failure = evidence.failure
    if failure is not None and failure.best is None:
        failure.hear(raw, raw.strip(" *>\t"))
    elif len(evidence.prose) < PROSE_LIMIT:
        evidence.prose.append(raw.strip()[:_PROSE_LINE])
