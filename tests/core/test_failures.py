"""Words, codes and numbers of failures, and the kind that each means: what cost a job its film decides what is said."""

import pytest

from core.dialects.failures import STATUSES, WORDS, classify, fold, moderation_subject
from core.errors import ErrorKind, ModerationSubject

SAID: dict[ErrorKind, tuple[str, ...]] = {
    ErrorKind.MODERATION: (
        "Your request may contain content that is not allowed by our safety system",
        "This content may violate our guardrails concerning similarity to third-party content.",
        "该任务的输入或者输出可能违反了OpenAI的相关服务政策，请重新发起请求或调整提示词进行重试",
        "图片检测系统认为内容可能违反相关政策",
        "内容安全检测未通过",
        "图片中包含真人，请更换图片",
        "Your prompt was flagged",
        "PUBLIC_ERROR_UNSAFE_GENERATION",
        "PUBLIC_ERROR_PROMINENT_PEOPLE_UPLOAD",
        "生成失败: 2038",
        "prompt_unsafe",
    ),
    ErrorKind.INSUFFICIENT_CREDIT: (
        "用户额度不足, 剩余额度: ＄0.00",
        "该令牌额度已用尽",
        "账户余额不足，请充值",
        "Insufficient balance",
        "请求jimeng失败: 积分不足",
        "credits not enough",
        "quota exceeded",
    ),
    ErrorKind.MODEL_NOT_FOUND: (
        "No available channel for model sora-2 under group default",
        "The model `sora-2` does not exist or you do not have access to it.",
        "This interface is temporarily paused",
        "模型 sora-2 已经下线",
        "不支持的模型 sora-2",
    ),
    ErrorKind.RATE_LIMITED: (
        "Too many requests",
        "请求过于频繁，请稍后再试",
        "Task failed: too_many_concurrent_tasks",
        "并发数超过限制",
        "RESOURCE_EXHAUSTED",
        "429",
    ),
    ErrorKind.REJECTED_BY_UPSTREAM: (
        'API request failed: 400 - {"error":{"code":"sentinel_block"}}',
        'API request failed: 400 - {"error":{"code":"unsupported_country_code"}}',
        "触发风控",
    ),
    ErrorKind.CAPACITY: (
        "当前分组上游负载已饱和，请稍后再试",
        "We're under heavy load, please try again later.",
        "No available tokens for video generation. All tokens are either disabled, cooling down, locked, or expired.",
        "No available tokens for video generation. All tokens are either disabled, Sora2 quota exhausted, or expired.",
        "系统繁忙，请稍后重试",
        "The queue is full",
    ),
    ErrorKind.AUTH: (
        "无效的令牌",
        "Incorrect API key provided",
        "API Key 无效",
        "Not authenticated",
        "account suspended",
        "PERMISSION_DENIED",
    ),
    ErrorKind.GATEWAY_TIMEOUT: ("504 Gateway Time-out", "api.x.example | 524: A timeout occurred", "HTTP 504"),
    ErrorKind.TIMEOUT: (
        "Upstream API timeout: Generation exceeded 1500 seconds limit",
        "任务超时",
        "DEADLINE_EXCEEDED",
    ),
    ErrorKind.BAD_REQUEST: (
        "请上传图片链接，才能开始生成视频",
        "Prompt is too long",
        "Prompt cannot be empty",
        "seconds must be one of 4, 8, 12",
    ),
    ErrorKind.NO_RESULT: ("Video round 1/2 missing final video_url", "未找到视频地址", "视频生成失败，未获取到视频URL"),
    ErrorKind.UPSTREAM_ERROR: (
        "502 Bad Gateway",
        "网络波动，请重试",
        "connection reset by peer",
        "Something went wrong",
    ),
}


@pytest.mark.parametrize(("words", "kind"), [(words, kind) for kind, said in SAID.items() for words in said])
def test_words_tell_the_kind(words: str, kind: ErrorKind) -> None:
    assert classify(message=words) is kind
    assert classify(message=words.upper()) is kind


def test_every_kind_that_has_words_is_tried_here() -> None:
    assert SAID.keys() == {kind for kind, _ in WORDS}


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("moderation_blocked", ErrorKind.MODERATION),
        ("sensitive_words_detected", ErrorKind.MODERATION),
        ("rate_limit_exceeded", ErrorKind.RATE_LIMITED),
        ("insufficient_user_quota", ErrorKind.INSUFFICIENT_CREDIT),
        ("invalid_api_key", ErrorKind.AUTH),
        ("model_not_found", ErrorKind.MODEL_NOT_FOUND),
        ("heavy_load", ErrorKind.CAPACITY),
        ("429", ErrorKind.RATE_LIMITED),
        (503, ErrorKind.CAPACITY),
    ],
)
def test_a_code_beats_words_that_say_nothing(code: str | int, kind: ErrorKind) -> None:
    assert classify(message="x", code=code) is kind
    assert classify(message=None, code=code) is kind


def test_the_cause_beats_the_frame_around_it() -> None:
    framed = "Generation failed (server error): blocked by moderation. Please retry, timeout 30 s."
    assert classify(message=framed, code="generation_failed", type_="server_error", status=502) is ErrorKind.MODERATION


@pytest.mark.parametrize(
    ("status", "kind"), [*STATUSES.items(), (418, ErrorKind.BAD_REQUEST), (599, ErrorKind.UPSTREAM_ERROR)]
)
def test_a_number_decides_where_words_do_not(status: int, kind: ErrorKind) -> None:
    assert classify(message=None, status=status) is kind
    assert classify(message="server error", status=status) is kind


@pytest.mark.parametrize("words", ["status code: 429", "HTTP 429", "error: 429", "API request failed: 429 - {}"])
def test_a_number_in_the_words_counts(words: str) -> None:
    assert classify(message=words) is ErrorKind.RATE_LIMITED


def test_nothing_to_go_by_is_unknown_and_anything_else_is_the_upstreams() -> None:
    assert classify(message=None) is classify(message="", code="") is ErrorKind.UNKNOWN
    assert classify(message="?!") is ErrorKind.UPSTREAM_ERROR


@pytest.mark.parametrize(
    ("texts", "subject"),
    [
        (["Your prompt was flagged"], ModerationSubject.PROMPT),
        (["提示词违反政策"], ModerationSubject.PROMPT),
        (["violation", "input_moderation"], ModerationSubject.PROMPT),
        (["图片检测系统认为内容可能违反相关政策"], ModerationSubject.IMAGE),
        (["output_moderation"], ModerationSubject.RESULT),
        (["The generated video was blocked, adjust your prompt"], ModerationSubject.RESULT),
        ([None, "no"], None),
        ([], None),
    ],
)
def test_what_a_filter_refused_is_told_where_it_is_said(
    texts: list[str | None], subject: ModerationSubject | None
) -> None:
    assert moderation_subject(texts) is subject


def test_the_tables_are_written_as_they_are_compared() -> None:
    assert [word for _, words in WORDS for word in words if word != fold(word)] == []
