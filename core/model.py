"""The nouns: what people ask for, who they are, where the answer goes, and what a status message shows."""

import re
import secrets
import unicodedata
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import NewType

from core.errors import DeliveryReason, ErrorKind, ModerationSubject, Refusal, RefusalReason

JobId = NewType("JobId", str)
"""Eight characters of Crockford's base 32, in capitals: short enough to read aloud and for 64-byte buttons."""

PROMPT_LIMIT = 2000
"""The longest prompt in characters, whatever the model: it bounds memory and what one person makes others read."""

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_ZERO_WIDTH_KEPT = {"\u200c", "\u200d"}  # joiners that scripts and emoji need
_COMBINING_RUN = 4  # more marks than this on one letter is no script, it is graffiti


def new_job_id() -> JobId:
    """Draw an id (40 random bits); the table's unique key settles the rare collision."""
    return JobId("".join(secrets.choice(_ALPHABET) for _ in range(8)))


class Shape(StrEnum):
    """The frame of a video."""

    LANDSCAPE = "landscape"
    PORTRAIT = "portrait"
    SQUARE = "square"

    @property
    def ratio(self) -> str:
        """Width to height, as people write it."""
        return {Shape.LANDSCAPE: "16:9", Shape.PORTRAIT: "9:16", Shape.SQUARE: "1:1"}[self]


class Visibility(StrEnum):
    """Who is to see a video."""

    EVERYONE = "everyone"
    PRIVATE = "private"
    """Only who asked for it."""
    SPOILER = "spoiler"
    """Everyone, once they have pressed."""


def clean_prompt(raw: str) -> str:
    """Make text from a stranger harmless to show and store: form C, no controls, no direction overrides, no graffiti.

    Line feeds and tabs become spaces, so that a prompt is one line wherever it is shown. Lone surrogates are dropped.
    """
    kept: list[str] = []
    marks = 0
    for char in unicodedata.normalize("NFC", raw):
        category = unicodedata.category(char)
        if category.startswith("M"):
            marks += 1
            if marks > _COMBINING_RUN:
                continue
        else:
            marks = 0
        if category in {"Cc", "Zl", "Zp"}:
            kept.append(" ")
        elif category in {"Cs", "Co", "Cn"} or (category == "Cf" and char not in _ZERO_WIDTH_KEPT):
            continue
        else:
            kept.append(char)
    return re.sub(r"\s+", " ", "".join(kept)).strip()


@dataclass(frozen=True, slots=True)
class Picture:
    """A still that a video starts from, as bytes we fetched and checked ourselves."""

    media_type: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class GenerationRequest:
    """What is to be made, valid by construction: `prompt` clean, `seconds` positive; the catalogue checks the rest.

    Raises `Refusal` (`PROMPT_EMPTY`, `PROMPT_TOO_LONG`, `LENGTH_UNKNOWN`).
    """

    prompt: str
    model: str
    seconds: int
    shape: Shape = Shape.LANDSCAPE
    image: Picture | None = None
    style: str | None = None
    """One of the model's styles, by its name in the catalogue."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "prompt", clean_prompt(self.prompt))
        if not self.prompt:
            raise Refusal(RefusalReason.PROMPT_EMPTY)
        if len(self.prompt) > PROMPT_LIMIT:
            raise Refusal(RefusalReason.PROMPT_TOO_LONG, {"length": len(self.prompt), "limit": PROMPT_LIMIT})
        if self.seconds < 1:
            raise Refusal(RefusalReason.LENGTH_UNKNOWN, {"seconds": self.seconds})


@dataclass(frozen=True, slots=True)
class Requester:
    """Person and community: the subject of a quota. Ids carry their platform (`discord:1234`)."""

    person: str
    community: str

    def __post_init__(self) -> None:
        for name in (self.person, self.community):
            platform, colon, local = name.partition(":")
            if not (platform and colon and local):
                raise ValueError(f"an id carries its platform, as in discord:1234; this one does not: {name!r}")


@dataclass(frozen=True, slots=True)
class Address:
    """Where the answer goes: a platform, and a string that only that platform reads. Stored with the job."""

    platform: str
    value: str = field(repr=False)
    """May hold what opens the conversation."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """How somebody wants to have it: who sees it, whether they are pinged, and which video it goes on from."""

    visibility: Visibility = Visibility.EVERYONE
    quiet: bool = False
    parent: "JobId | None" = None


@dataclass(frozen=True, slots=True)
class Habits:
    """What somebody gets when they do not say."""

    quiet: bool = False
    shape: Shape | None = None
    model: str | None = None


@dataclass(frozen=True, slots=True)
class Ticket:
    """The upstream's own name for a running generation, and where it can be asked for (None where it cannot)."""

    id: str
    source_url: str | None = None


class JobState(StrEnum):
    """Where our row stands. All but the first three are terminal."""

    WAITING = "waiting"
    ACTIVE = "active"
    DELIVERING = "delivering"  # kept and captured; not handed over yet
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"  # kept and captured, and the chat will not have it
    FAILED = "failed"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"  # the process died, and the upstream cannot be asked again

    @property
    def terminal(self) -> bool:
        """Whether nothing more happens to a job in this state."""
        return self not in {JobState.WAITING, JobState.ACTIVE, JobState.DELIVERING}


@dataclass(frozen=True, slots=True)
class Video:
    """A finished file in our store. `sha256` is of the upstream's own bytes, which are kept untouched."""

    path: Path
    size: int
    sha256: str
    upstream_url: str | None = None

    @property
    def file_name(self) -> str:
        """The name on disk."""
        return self.path.name


@dataclass(frozen=True, slots=True)
class Failure:
    """How a job ended without a video, as the person is to read it. The upstream's words are for the log alone."""

    kind: ErrorKind
    subject: ModerationSubject | None = None
    upstream_message: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Job:
    """Our row on its way. `fence` rises with every owner; a write under an older fence changes nothing."""

    id: JobId
    requester: Requester
    address: Address
    request: GenerationRequest
    state: JobState
    price: int
    """Credits held for it."""
    fence: int
    starts: int
    """How often an upstream was asked to begin; counted before it is asked."""
    postponed: int
    """How often handing the video over was put off."""
    created_at: datetime
    wishes: Wishes = Wishes()
    started_at: datetime | None = None
    finished_at: datetime | None = None
    ticket: Ticket | None = None
    video: Video | None = None
    failure: Failure | None = None
    undelivered: DeliveryReason | None = None
    """Why the chat will not have a video that is made."""
    transcript: str | None = field(default=None, repr=False)
    """The upstream's raw text, bounded: a remix sends it back verbatim."""
    relaxed: bool = False
    """Whether it waits until nobody of its community stands in the standard lane."""
    front: bool = False
    """Whether it goes before everybody, since we interrupted what it tries again."""
    tries: int = 1
    """How often this was asked for, the times included that we interrupted and that cost nothing again."""
    roles: tuple[str, ...] = ()
    """What its person was where they asked, by names that limits are set for."""
    removed_at: datetime | None = None
    """When its author or a moderator took the video away."""


class Phase(StrEnum):
    """The seven phases that a person sees, in order, and the endings beside them."""

    WAITING = "waiting"
    STARTING = "starting"
    SENT = "sent"
    RENDERING = "rendering"
    FINISHING = "finishing"
    UPLOADING = "uploading"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"
    UNDELIVERED = "undelivered"

    @property
    def final(self) -> bool:
        """Whether a status in this phase closes the message to any later progress."""
        return self in {Phase.DONE, Phase.FAILED, Phase.CANCELLED, Phase.INTERRUPTED, Phase.UNDELIVERED}


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a job cost in the end and what is left. `left` is None where nothing limits the person."""

    cost: int
    refunded: int = 0
    left: int | None = None
    allowance: int | None = None
    window: str = "day"
    """Over which stretch of time that counts: one of `quota.Window`."""


@dataclass(frozen=True, slots=True)
class Status:
    """What one status message shows, whatever the platform: pure data, drawn by each platform's `render`."""

    job: JobId
    phase: Phase
    request: GenerationRequest
    model_label: str
    price: int
    position: int | None = None
    """Place in line, counted from 1."""
    waiting: int | None = None
    """How many stand in line."""
    percent: float | None = None
    """0 to 100, never falling within one attempt; None where the upstream says nothing."""
    estimate: bool = False
    """Whether the percentage is a guess by the clock."""
    attempt: int = 1
    quiet_since: datetime | None = None
    """Since when the upstream has said nothing new, once that is long enough to admit."""
    started_at: datetime | None = None
    took_seconds: int | None = None
    failure: Failure | None = None
    undelivered: DeliveryReason | None = None
    receipt: Receipt | None = None
    video: Video | None = None
    wishes: Wishes = Wishes()
    usually: tuple[int, int] | None = None
    """Seconds that such a video takes as a rule: half of them no longer than the first, nine of ten than the second."""
    paused: bool = False
    """Whether nothing of its community begins now, as its moderators want it."""
    starts_in: tuple[int, int] | None = None
    """Seconds until one in line will likely be begun, from and to."""
    removed: bool = False
    """It was there, and its author or a moderator took it away."""
    link: str | None = None
    """Where the film can be fetched, when the chat does not take it."""
