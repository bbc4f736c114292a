"""The words and places of the asynchronous task APIs, as tables: a new API is some entries, not a branch.

Each comes from a shape seen in the field: new-api, OpenAI Videos and its relatives, PiAPI, GrsAI, kie.ai, Volcengine,
Google, fal, Replicate, Kling, DashScope, the `source` and `share` answers of the asyncdata lineage. A path is written
with dots; it passes through lists, and through JSON that stands in a string.
"""

import re
from enum import StrEnum
from typing import Final

from core.errors import ErrorKind


class TaskOutcome(StrEnum):
    """What a task's answer comes to."""

    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"


STATUS_KEYS: Final = ("status", "state", "task_status", "taskStatus", "job_status")

STATUS_WORDS: Final = {
    **dict.fromkeys(
        (
            *(
                "queued",
                "pending",
                "submitted",
                "not_start",
                "preparing",
                "initializing",
                "waiting",
                "queuing",
                "in_queue",
            ),
            *(
                "starting",
                "processing",
                "in_progress",
                "running",
                "generating",
                "staged",
                "unknown",
                "created",
                "accepted",
            ),
            # the asyncdata lineage, in its order
            *(
                "prompt_enhancement_checking",
                "prompt_enhancing",
                "image_downloading",
                "image_cropping",
                "image_uploading",
            ),
            *("image_processing_completed", "video_generating", "video_generation_completed", "video_upsampling"),
        ),
        TaskOutcome.RUNNING,
    ),
    **dict.fromkeys(
        (
            *("completed", "complete", "success", "succeeded", "succeed", "successful", "finished", "done"),
            "video_upsampling_completed",
            "video_upsampling_failed",  # the film in its first quality stands
        ),
        TaskOutcome.COMPLETED,
    ),
    **dict.fromkeys(
        (
            *("failed", "failure", "fail", "error", "cancelled", "canceled", "expired", "rejected", "timeout"),
            "video_generation_failed",
        ),
        TaskOutcome.FAILED,
    ),
}
"""Status words in lower case with underscores. What is not here means running, until a deadline."""

FRAME_WORDS: Final = frozenset({"success", "ok", "200"})
"""Status words that may speak of the request alone: a status inside the frame knows better."""

FLAGS: Final[dict[str, dict[object, TaskOutcome]]] = {
    "done": {True: TaskOutcome.COMPLETED},  # Google's long-running operations
    "is_completed": {True: TaskOutcome.COMPLETED},
    "successFlag": {1: TaskOutcome.COMPLETED, 2: TaskOutcome.FAILED, 3: TaskOutcome.FAILED},  # kie.ai
    "success": {False: TaskOutcome.FAILED},
}
"""Where an API tells its state by a truth value or a number, read where no status word decides."""

GOOD_CODES: Final = frozenset(
    {"", "0", "1", "200", "201", "202", "success", "succeed", "succeeded", "ok", "none", "null"}
)
"""Values of a frame's or an error's `code` that speak of no failure."""

KIND_CODES: Final[dict[object, ErrorKind]] = {-1: ErrorKind.INSUFFICIENT_CREDIT}
"""Codes with a meaning of their own: GrsAI answers HTTP 200 with `code: -1` when the host's credit is used up."""

ENVELOPES: Final = ("data", "task", "result", "job", "output")
"""Keys under which a task may stand inside a frame."""

ID_KEYS: Final = ("task_id", "taskId", "id", "video_id", "request_id")
OPERATION_KEY: Final = "name"
"""Google's operations are named by a path that holds `/operations/`."""

PROGRESS_KEYS: Final = ("progress", "percent", "percentage", "progress_percentage")

ERROR_KEYS: Final = ("error", "error_message", "errorMessage", "error_msg", "fail_reason", "failMsg", "fail_msg")
"""Where the reason stands, the task's own words first."""
FRAME_ERROR_KEYS: Final = ("task_status_msg", "failure_reason", "message", "msg", "detail", "reason")
"""Where it may stand beside words that mean nothing ("success")."""
ERROR_CODE_KEYS: Final = ("failure_reason", "failCode", "fail_code", "error_code", "error_type", "code")
MESSAGE_KEYS: Final = ("message", "raw_message", "msg", "detail", "description")
"""The words inside an error that is an object."""
EMPTY_WORDS: Final = frozenset({"", "success", "ok", "none", "null", "undefined"})

REFUSED_FLAG: Final = ("video.respect_moderation", "respect_moderation")
"""False where a film was made and withheld."""
REFUSED_COUNT: Final = (
    "response.generateVideoResponse.raiMediaFilteredCount",
    "response.raiMediaFilteredCount",
)
REFUSED_REASONS: Final = (
    "response.generateVideoResponse.raiMediaFilteredReasons",
    "response.raiMediaFilteredReasons",
)

RESULTS: Final = (
    "upsample_video_url",
    "works.video.resource_without_watermark",
    "content.items.encodings.source.path",
    "content.encodings.source.path",
    "encodings.source.path",
    "content.downloadable_url",
    "downloadable_url",
    "content.items.url",
    "content.url",
    "content.video_url",
    "video_url",
    "videoUrl",
    "video.url",
    "video.download_url",
    "video",
    "videos.url",
    "task_result.videos.url",
    "metadata.url",
    "urls",
    "generations.url",
    "generations.img_paths",
    "results.url",
    "resultJson.resultUrls",
    "response.resultUrls",
    "info.resultUrls",
    "result_urls",
    "resultUrls",
    "result_url",
    "resultUrl",
    "output",
    "download_url",
    "url",
    "unsigned_urls",
    "response.generateVideoResponse.generatedSamples.video.uri",
    "response.generatedVideos.video.uri",
)
"""Where a finished film's address stands, best first."""
RESULTS_AT_A_PINCH: Final = (
    "content.items.encodings.source_wm.path",
    "content.encodings.source_wm.path",
    "works.video.resource",
    "fail_reason",  # older new-api: on SUCCESS the address is in here
)
"""Where it stands when nothing better is named: watermarked twins, and a field made for something else."""
EARLY_RESULTS: Final = RESULTS[2:9]
"""Where the film may stand before the status word says so (`share` of the asyncdata lineage)."""

KEYED_RESULTS: Final = frozenset(
    {
        "unsigned_urls",
        "response.generateVideoResponse.generatedSamples.video.uri",
        "response.generatedVideos.video.uri",
    }
)
"""Addresses that only the provider's key opens."""
KEYED_ADDRESS: Final = re.compile(r"/videos/[^/?#]+/content(?=[?#]|$)|^https://generativelanguage\.googleapis\.com/")
"""The same, seen by the address itself."""

CONTENT_OBJECT: Final = "video"
"""`object` of a task whose film is fetched from `{task}/content` with the key, where it names no other place."""
RESULT_HOLDERS: Final = frozenset(path.split(".")[0] for path in RESULTS) - {"content", "metadata", "response"}
