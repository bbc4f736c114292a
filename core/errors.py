"""Everything that can go wrong, drawn once.

::

    MatineeError
    ├── Refusal            the person can act on it; nothing was charged; said before anything is written
    ├── ProviderError      no video came of it; the hold is released, so it costs the person nothing
    └── DeliveryError      the video exists and is kept, but could not be handed over yet

    ConfigurationError     the host can act on it; said at start, one line each

The three branches are three consequences, not three places. What a person reads for each kind is in `core.texts`.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class MatineeError(Exception):
    """The root of all that a job can meet."""


class RefusalReason(StrEnum):
    """Why a request was turned away before anything was charged. Each has its sentence in `core.texts`."""

    PROMPT_EMPTY = "prompt_empty"
    PROMPT_TOO_LONG = "prompt_too_long"
    MODEL_UNKNOWN = "model_unknown"
    MODEL_RETIRED = "model_retired"
    LENGTH_UNKNOWN = "length_unknown"
    SHAPE_UNKNOWN = "shape_unknown"
    STYLE_UNKNOWN = "style_unknown"
    IMAGE_NOT_TAKEN = "image_not_taken"
    PICTURE_UNREADABLE = "picture_unreadable"
    PICTURE_NOT_FETCHED = "picture_not_fetched"
    NO_PICTURE_THERE = "no_picture_there"
    NO_VIDEO_THERE = "no_video_there"
    OVER_ALLOWANCE = "over_allowance"
    TOO_MANY_WAITING = "too_many_waiting"
    LINE_FULL = "line_full"
    NOT_YOURS = "not_yours"
    NOT_FOUND = "not_found"
    ALREADY_OVER = "already_over"
    NOT_OVER_YET = "not_over_yet"
    NOT_MADE = "not_made"
    SAME_ID_OTHER_REQUEST = "same_id_other_request"
    DRAINING = "draining"
    BOOKS_CLOSED = "books_closed"
    # By what moderators have set
    BLOCKED = "blocked"
    COMMUNITY_PAUSED = "community_paused"
    COMMUNITY_FULL = "community_full"
    WRONG_CHANNEL = "wrong_channel"
    # Of what moderators ask
    NOT_A_MODERATOR = "not_a_moderator"
    MODERATORS_UNKNOWN = "moderators_unknown"
    NOT_IN_A_COMMUNITY = "not_in_a_community"
    LIMIT_OUT_OF_RANGE = "limit_out_of_range"
    ZONE_UNKNOWN = "zone_unknown"
    DURATION_UNKNOWN = "duration_unknown"
    PERSON_UNKNOWN = "person_unknown"
    NOT_UNDERSTOOD = "not_understood"


class Refusal(MatineeError):
    """A request that was turned away; nothing was written, nothing was charged.

    `details` fill the sentence: numbers and short words only (`limit`, `used`, `resets_at`, …), never secrets.
    """

    def __init__(self, reason: RefusalReason, details: Mapping[str, str | int] | None = None) -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.details: Mapping[str, str | int] = dict(details or {})


class ErrorKind(StrEnum):
    """Why no video came of a generation: the kinds of the dialects (their contract, rule 9) and what we add to them."""

    MODERATION = "moderation"
    REJECTED_BY_UPSTREAM = "rejected_by_upstream"
    RATE_LIMITED = "rate_limited"
    CAPACITY = "capacity"
    TIMEOUT = "timeout"
    GATEWAY_TIMEOUT = "gateway_timeout"
    INSUFFICIENT_CREDIT = "insufficient_credit"
    AUTH = "auth"
    MODEL_NOT_FOUND = "model_not_found"
    BAD_REQUEST = "bad_request"
    NO_RESULT = "no_result"
    UPSTREAM_ERROR = "upstream_error"
    TRANSPORT_CUT = "transport_cut"
    PENDING_POLL_REQUIRED = "pending_poll_required"
    UNKNOWN = "unknown"
    # Ours: what the dialects cannot say.
    UNREACHABLE = "unreachable"
    RESULT_NOT_ALLOWED = "result_not_allowed"
    RESULT_UNREACHABLE = "result_unreachable"
    RESULT_TOO_LARGE = "result_too_large"
    RESULT_NOT_A_VIDEO = "result_not_a_video"
    STREAM_TOO_LARGE = "stream_too_large"
    STORAGE_FULL = "storage_full"
    INTERRUPTED = "interrupted"
    INTERNAL = "internal"


class ModerationSubject(StrEnum):
    """What a safety filter refused, where the upstream lets us know."""

    PROMPT = "prompt"
    IMAGE = "image"
    RESULT = "result"


class ProviderError(MatineeError):
    """No video came of it, and none will without another try.

    `message` is in the upstream's words: for the log, never for the chat. `accepted` says whether the upstream may have
    begun (and may charge the host): only what was surely not accepted is tried again without asking. `recoverable` says
    that a ticket is known under which the upstream can still be asked. `retry_after` is in seconds, where it was named;
    `status` is the HTTP status that was answered, where one was.
    """

    def __init__(
        self,
        kind: ErrorKind,
        message: str | None = None,
        *,
        accepted: bool = True,
        recoverable: bool = False,
        retry_after: float | None = None,
        subject: ModerationSubject | None = None,
        status: int | None = None,
    ) -> None:
        super().__init__(f"{kind.value}: {message}" if message else kind.value)
        self.kind = kind
        self.message = message
        self.accepted = accepted
        self.recoverable = recoverable
        self.retry_after = retry_after
        self.subject = subject
        self.status = status

    @property
    def may_have_cost(self) -> bool:
        """Whether an upstream may have rendered it, and charge the host for what nobody gets."""
        return self.accepted and self.kind in _PERHAPS_RENDERED


_PERHAPS_RENDERED: Final = frozenset(
    {
        ErrorKind.TIMEOUT,
        ErrorKind.GATEWAY_TIMEOUT,
        ErrorKind.TRANSPORT_CUT,
        ErrorKind.PENDING_POLL_REQUIRED,
        ErrorKind.UNKNOWN,
        ErrorKind.UNREACHABLE,
        ErrorKind.RESULT_NOT_ALLOWED,
        ErrorKind.RESULT_UNREACHABLE,
        ErrorKind.RESULT_TOO_LARGE,
        ErrorKind.RESULT_NOT_A_VIDEO,
        ErrorKind.STREAM_TOO_LARGE,
        ErrorKind.STORAGE_FULL,
        ErrorKind.INTERRUPTED,
        ErrorKind.INTERNAL,
    }
)
"""Where the upstream did not say itself that there will be no film."""


class DeliveryReason(StrEnum):
    """Why a kept video could not be handed over."""

    TOO_LARGE_FOR_CHAT = "too_large_for_chat"
    CHAT_GONE = "chat_gone"
    NOT_PERMITTED = "not_permitted"
    CHAT_UNREACHABLE = "chat_unreachable"
    FILE_GONE = "file_gone"


class DeliveryError(MatineeError):
    """The video exists, is paid for and kept, but did not reach the chat. `permanent`: trying again is vain.

    `seconds`: for so long the chat is known to take nothing; 0 where that is not known.
    """

    def __init__(self, reason: DeliveryReason, *, permanent: bool = False, seconds: float = 0) -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.permanent = permanent
        self.seconds = seconds


class ConfigurationError(Exception):
    """The host's settings or catalogue cannot be used; each line names where, what is wrong, and an example."""

    def __init__(self, *lines: str) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines
