"""What a provider tells us while a generation runs. Failure is raised, never yielded: a stream has two ways to end."""

from dataclasses import dataclass, field
from enum import StrEnum

from core.model import Ticket


@dataclass(frozen=True, slots=True)
class Planned:
    """The upstream repeats or rewrites the request; everything it says so far is user text."""


@dataclass(frozen=True, slots=True)
class Submitted:
    """The upstream took the job. `ticket`, where it named one, is kept at once: it is what can be asked after a cut."""

    ticket: Ticket | None = None
    preview_url: str | None = None


@dataclass(frozen=True, slots=True)
class Queued:
    """It waits in the upstream's own line."""


@dataclass(frozen=True, slots=True)
class Progress:
    """It renders. `percent` is 0 to 100 as given, None for a mere sign of life; `estimate`: a guess by the clock."""

    percent: float | None = None
    estimate: bool = False


@dataclass(frozen=True, slots=True)
class Retrying:
    """The upstream begins again by itself; the percentage may fall after this."""


class StageName(StrEnum):
    """Steps that some upstreams name beside rendering."""

    UPLOADING = "uploading"  # of the picture, to the upstream
    PREVIEW_READY = "preview_ready"
    UPSCALING = "upscaling"
    PUBLISHING = "publishing"
    CACHING = "caching"


@dataclass(frozen=True, slots=True)
class Stage:
    """A named step other than rendering."""

    name: StageName


class ResultRole(StrEnum):
    """What a URL is for."""

    FINAL = "final"
    DOWNLOAD = "download"  # the same file under a download path
    INTERMEDIATE = "intermediate"  # a preview in low quality, or an asset that expires
    POSTER = "poster"


@dataclass(frozen=True, slots=True)
class ResultUrl:
    """One URL in a result role. `needs_auth`: only the provider's key opens it, so it is never posted."""

    url: str
    role: ResultRole = ResultRole.FINAL
    needs_auth: bool = False


@dataclass(frozen=True, slots=True)
class Usage:
    """What the upstream says it counted; for the host's books, not for quotas."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    total_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Completed:
    """There is a result. `results` holds at least one FINAL URL, best first. `share_id` is what a remix names."""

    results: tuple[ResultUrl, ...]
    share_id: str | None = None
    media_id: str | None = None
    usage: Usage | None = None
    transcript: str = field(default="", repr=False)


GenerationEvent = Planned | Submitted | Queued | Progress | Retrying | Stage | Completed
