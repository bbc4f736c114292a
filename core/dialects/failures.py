"""Which kind of failure some words, a code or an HTTP status mean: tables, tried in order, first the telling ones."""

import re
import unicodedata
from collections.abc import Iterable

from core.errors import ErrorKind, ModerationSubject

# One row a kind, in the order in which they are believed: words that name the cause beat words that name the frame, so
# "Generation failed: … safety system …, please retry" is moderation. Matched in folded text (NFKC, case folded).
WORDS: tuple[tuple[ErrorKind, tuple[str, ...]], ...] = (
    (
        ErrorKind.NO_RESULT,
        (
            "no final video",
            "missing final video",
            "no video url",
            "without a video url",
            "no result url",
            "未找到视频地址",
            *("没有返回视频", "未返回视频", "未获取到视频"),
            "视频地址为空",
            "视频链接失败",
        ),
    ),
    (
        ErrorKind.MODERATION,
        (
            "moderation",
            "moderated",
            "content policy",
            "content_policy",
            "content policies",
            "policy violation",
            "policy_violation",
            "usage policies",
            "violate",
            "violation",
            "guardrail",
            "safety system",
            "safety filter",
            "safety_",
            "not allowed by our",
            "unsafe",
            "content_filter",
            "content filter",
            "inappropriate",
            "prohibited",
            "nsfw",
            "third-party content",
            "sensitive",
            "responsible ai",
            "flagged",
            *("real person", "real people", "prominent_people", "public_error_minor"),
            *("copyrighted", "copyright infring"),
            *("was blocked", "been blocked", "was filtered", "been filtered", "_filtered"),
            "违规",
            "违反",
            "违禁",
            "审核",
            "敏感",
            "不合规",
            "不符合规范",
            "相关政策",
            "内容政策",
            "服务政策",
            "被过滤",
            *("色情", "涉黄", "真人", "内容安全", "安全审查"),
            "生成失败: 2038",
        ),
    ),
    # D6 lists all that may ail a token, "quota exhausted" among it: what it says is that none is free.
    (ErrorKind.CAPACITY, ("no available token", "no available account")),
    (
        ErrorKind.INSUFFICIENT_CREDIT,
        (
            "insufficient",
            "余额",
            "额度不足",
            "额度失败",
            "剩余额度",
            "额度已用尽",
            "欠费",
            "quota",
            "no credit",
            "credits exhausted",
            "out of credit",
            *("not enough credit", "credits not enough", "积分不足", "点数不足", "次数不足"),
            "payment required",
            "billing",
            "balance",
        ),
    ),
    (
        ErrorKind.MODEL_NOT_FOUND,
        (
            "model_not_found",
            "model not found",
            "no available channel",
            "无可用渠道",
            "temporarily paused",
            "no longer available",
            "unknown model",
            "invalid model:",
            "invalid model name",
            "不支持的模型",
            "unsupported model",
            "model is not supported",
            "model does not exist",
            "模型不存在",
            "模型已下线",
            "interface is closed",
        ),
    ),
    (
        ErrorKind.RATE_LIMITED,
        (
            "rate limit",
            "rate_limit",
            "ratelimit",
            *("too many requests", "too many concurrent", "too_many_"),
            "concurrency",
            "并发",
            "resource_exhausted",
            "error code: 1015",
            "429",
            "频率",
            "频繁",
            "限流",
            "速率",
        ),
    ),
    (
        ErrorKind.REJECTED_BY_UPSTREAM,
        (
            "sentinel_block",
            "unsupported_country",
            "country, region",
            "didn't look right",
            "cloudflare challenge",
            "risk control",
            "风控",
        ),
    ),
    (
        ErrorKind.CAPACITY,
        (
            "heavy_load",
            "heavy load",
            "high load",
            "capacity",
            "overloaded",
            "too busy",
            "high demand",
            "high_traffic",
            "queue is full",
            "队列已满",
            "is busy",
            "server busy",
            "负载",
            "繁忙",
            "排队人数",
            "饱和",
            "没有可用",
        ),
    ),
    (
        ErrorKind.AUTH,
        (
            *("api key", "api-key", "api_key", "apikey"),
            "invalid token",
            "token has been disabled",
            "no auth credentials",
            "access denied",
            "permission_denied",
            "suspended",
            "封禁",
            "token_invalidated",
            "token_expired",
            "invalid signature",
            "unauthorized",
            "authenticat",
            "permission denied",
            "forbidden",
            "无效的令牌",
            "令牌",
            "未授权",
            "鉴权",
        ),
    ),
    (
        ErrorKind.GATEWAY_TIMEOUT,
        ("gateway time-out", "gateway timeout", "gateway_timeout", "a timeout occurred", "error code 524"),
    ),
    (
        ErrorKind.TIMEOUT,
        (
            "timeout",
            "timed out",
            "time out",
            "time-out",
            "超时",
            "seconds limit",
            "deadline exceeded",
            "deadline_exceeded",
            "took too long",
            "时间过长",
        ),
    ),
    (
        ErrorKind.BAD_REQUEST,
        (
            "invalid_request",
            "invalid request",
            "bad request",
            "bad_request",
            "invalid parameter",
            "invalid_parameter",
            "参数",
            "too long",
            "too large",
            "must be one of",
            "missing prompt",
            "invalid_argument",
            "请上传图片",
            *("is required", "field required", "cannot be empty", "不能为空"),
            "unsupported",
            "不支持",
        ),
    ),
    (
        ErrorKind.UPSTREAM_ERROR,
        (
            "upstream",
            "internal",
            "server_error",
            "server error",
            "service error",
            "network",
            "网络",
            "disconnected",
            "bad gateway",
            "unavailable",
            "failed",
            "error",
            "失败",
            "错误",
            "异常",
        ),
    ),
)

# OpenAI writes "The model `x` does not exist"; a task or a file that does not exist is something else.
_MODEL_IS_GONE = re.compile(
    r"\bmodel\b[^.\n]{0,100}?(?:does not exist|not exist|not found|was removed|deprecated|retired)"
    r"|模型[^。\n]{0,60}?(?:不存在|下线)"
)
_STATUS_IN_WORDS = re.compile(
    r"(?:(?:status|error)(?: code)?|failed|http)\s*[:=]?\s*\(?([45]\d\d)\b|(?<!\d)([45]\d\d) -"
)

STATUSES: dict[int, ErrorKind] = {
    400: ErrorKind.BAD_REQUEST,
    401: ErrorKind.AUTH,
    402: ErrorKind.INSUFFICIENT_CREDIT,
    403: ErrorKind.AUTH,
    404: ErrorKind.MODEL_NOT_FOUND,
    405: ErrorKind.BAD_REQUEST,
    408: ErrorKind.TIMEOUT,
    409: ErrorKind.UPSTREAM_ERROR,
    413: ErrorKind.BAD_REQUEST,
    415: ErrorKind.BAD_REQUEST,
    422: ErrorKind.BAD_REQUEST,
    425: ErrorKind.RATE_LIMITED,
    429: ErrorKind.RATE_LIMITED,
    451: ErrorKind.MODERATION,
    503: ErrorKind.CAPACITY,
    504: ErrorKind.GATEWAY_TIMEOUT,
    522: ErrorKind.GATEWAY_TIMEOUT,
    524: ErrorKind.GATEWAY_TIMEOUT,
}

_GENERIC = {ErrorKind.UPSTREAM_ERROR, ErrorKind.BAD_REQUEST}

_SUBJECTS: tuple[tuple[ModerationSubject, tuple[str, ...]], ...] = (
    (
        ModerationSubject.RESULT,
        (
            "output_moderation",
            "video_unsafe",
            "output blocked",
            "generated video",
            "generated content",
            "生成结果",
            "生成的视频",
        ),
    ),
    (ModerationSubject.IMAGE, ("image", "picture", "photo", "图片", "照片", "真人")),
    (ModerationSubject.PROMPT, ("prompt", "input_moderation", "your request", "提示", "输入")),
)


def fold(text: str) -> str:
    """Bring text to the form in which words are compared: NFKC, case folded."""
    return unicodedata.normalize("NFKC", text).casefold()


def _kind_by_words(folded: str) -> ErrorKind | None:
    for kind, words in WORDS:
        if any(word in folded for word in words):
            return kind
        if kind is ErrorKind.INSUFFICIENT_CREDIT and _MODEL_IS_GONE.search(folded):
            return ErrorKind.MODEL_NOT_FOUND
    return None


def _kind_by_status(status: int | None) -> ErrorKind | None:
    if status is None:
        return None
    if status in STATUSES:
        return STATUSES[status]
    if 500 <= status < 600:
        return ErrorKind.UPSTREAM_ERROR
    if 400 <= status < 500:
        return ErrorKind.BAD_REQUEST
    return None


def _status_in(code: str | int | None, folded: str) -> int | None:
    if isinstance(code, int) or (isinstance(code, str) and code.isascii() and code.isdigit() and len(code) == 3):
        return int(code)
    found = _STATUS_IN_WORDS.search(folded)
    return int(found[1] or found[2]) if found else None


def names_failure(text: str) -> bool:
    """Whether a text that may be anything names a failure of a known kind."""
    return _kind_by_words(fold(text)) is not None


def classify(
    *, message: str | None, code: str | int | None = None, type_: str | None = None, status: int | None = None
) -> ErrorKind:
    """Name the kind of a failure: by a telling word, then by a number, then by a word that only says that it failed.

    Nothing at all to go by is `UNKNOWN`.
    """
    code_words = fold(code) if isinstance(code, str) else ""
    message_words = fold(message or "")
    by_code = _kind_by_words(code_words) if code_words else None
    by_message = _kind_by_words(message_words) if message_words else None
    for kind in (by_code, by_message):
        if kind is not None and kind not in _GENERIC:
            return kind
    by_number = _kind_by_status(_status_in(code, message_words)) or _kind_by_status(status)
    if by_number is not None:
        return by_number
    by_type = _kind_by_words(fold(type_)) if type_ else None
    if by_type is not None and by_type not in _GENERIC:
        return by_type
    if by_message or by_code or by_type:
        return by_message or by_code or by_type or ErrorKind.UNKNOWN
    return ErrorKind.UPSTREAM_ERROR if message_words or code_words else ErrorKind.UNKNOWN


def moderation_subject(texts: Iterable[str | None]) -> ModerationSubject | None:
    """Tell what a safety filter refused, where its words say so."""
    folded = " ".join(fold(text) for text in texts if text)
    for subject, words in _SUBJECTS:
        if any(word in folded for word in words):
            return subject
    return None
