"""The border to httpx: every exception it has, every status an upstream answers with, and how long to wait."""

import inspect
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import ErrorKind, ModerationSubject, ProviderError
from core.providers._http import HTTPX_ERRORS, RETRY_AFTER_LIMIT, error_of_answer, errors_become_ours, retry_after

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def exceptions_of_httpx() -> set[type[Exception]]:
    return {
        value
        for _, value in inspect.getmembers(httpx, inspect.isclass)
        if issubclass(value, Exception) and value.__module__.startswith("httpx")
    }


def test_every_exception_of_httpx_has_its_meaning() -> None:
    assert exceptions_of_httpx() | {OSError} == set(HTTPX_ERRORS)


@pytest.mark.parametrize("cls", sorted(exceptions_of_httpx(), key=repr), ids=lambda cls: cls.__name__)
def test_an_exception_of_httpx_becomes_ours_and_says_no_more_than_its_name(cls: type[Exception]) -> None:
    theirs = cls.__new__(cls)
    Exception.__init__(theirs, "Illegal header value b'Bearer sk-canary'")

    with pytest.raises(ProviderError) as caught, errors_become_ours():
        raise theirs

    assert (caught.value.kind, caught.value.accepted) == HTTPX_ERRORS[cls]
    assert "canary" not in str(caught.value) + repr(caught.value)


def test_only_errors_before_the_request_was_sent_are_surely_not_accepted() -> None:
    before = {cls.__name__ for cls, meaning in HTTPX_ERRORS.items() if not meaning.accepted}
    assert before == {
        *("ConnectError", "ConnectTimeout", "InvalidURL", "LocalProtocolError", "PoolTimeout", "ProxyError"),
        "UnsupportedProtocol",
    }


def test_an_error_that_is_not_about_the_line_passes_as_it_is() -> None:
    with pytest.raises(KeyError), errors_become_ours():
        raise KeyError("ours")


def answer(status: int, body: bytes | str = b"", **headers: str) -> ProviderError:
    content = body.encode() if isinstance(body, str) else body
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return error_of_answer(status, httpx.Headers(named), content, now=NOW)


@pytest.mark.parametrize(
    ("status", "kind", "accepted"),
    [
        *(
            (400, ErrorKind.BAD_REQUEST, False),
            (401, ErrorKind.AUTH, False),
            (402, ErrorKind.INSUFFICIENT_CREDIT, False),
        ),
        *((403, ErrorKind.AUTH, False), (404, ErrorKind.MODEL_NOT_FOUND, False), (408, ErrorKind.TIMEOUT, False)),
        *(
            (409, ErrorKind.UPSTREAM_ERROR, False),
            (413, ErrorKind.BAD_REQUEST, False),
            (418, ErrorKind.BAD_REQUEST, False),
        ),
        *(
            (422, ErrorKind.BAD_REQUEST, False),
            (429, ErrorKind.RATE_LIMITED, False),
            (451, ErrorKind.MODERATION, False),
        ),
        *(
            (500, ErrorKind.UPSTREAM_ERROR, True),
            (502, ErrorKind.UPSTREAM_ERROR, True),
            (503, ErrorKind.CAPACITY, False),
        ),
        *(
            (504, ErrorKind.GATEWAY_TIMEOUT, True),
            (520, ErrorKind.UPSTREAM_ERROR, True),
            (521, ErrorKind.UPSTREAM_ERROR, False),
        ),
        *(
            (522, ErrorKind.GATEWAY_TIMEOUT, False),
            (523, ErrorKind.UPSTREAM_ERROR, False),
            (524, ErrorKind.GATEWAY_TIMEOUT, True),
        ),
        *(
            (525, ErrorKind.UPSTREAM_ERROR, False),
            (526, ErrorKind.UPSTREAM_ERROR, False),
            (527, ErrorKind.UPSTREAM_ERROR, True),
        ),
        *(
            (301, ErrorKind.UPSTREAM_ERROR, False),
            (302, ErrorKind.UPSTREAM_ERROR, False),
            (307, ErrorKind.UPSTREAM_ERROR, False),
        ),
    ],
)
def test_a_status_alone_says_what_happened_and_whether_it_may_have_begun(
    status: int, kind: ErrorKind, accepted: bool
) -> None:
    error = answer(status)
    assert (error.kind, error.accepted) == (kind, accepted)


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (403, '{"error":{"code":"content_policy_violation"}}', ErrorKind.MODERATION),
        (403, '{"error":{"message":"insufficient balance"}}', ErrorKind.INSUFFICIENT_CREDIT),
        (403, '{"error":{"message":"invalid token"}}', ErrorKind.AUTH),
        (403, "<!doctype html><title>Just a moment...</title>", ErrorKind.REJECTED_BY_UPSTREAM),
        (503, '{"error":{"message":"violates our content policy"}}', ErrorKind.MODERATION),
        (
            503,
            '{"error":{"message":"No available channel for model sora-2","code":"model_not_found"}}',
            ErrorKind.MODEL_NOT_FOUND,
        ),
        (400, '{"error":{"message":"The model `x` does not exist"}}', ErrorKind.MODEL_NOT_FOUND),
        (404, '{"detail":"Not Found"}', ErrorKind.MODEL_NOT_FOUND),
        (504, "<html><head><title>504 Gateway Time-out</title></head></html>", ErrorKind.GATEWAY_TIMEOUT),
        (500, "upstream is too busy", ErrorKind.CAPACITY),
        (500, b"\x1f\x8b\x08\xff\xfe", ErrorKind.UPSTREAM_ERROR),
        (429, '{"error":{"message":"quota exceeded"}}', ErrorKind.INSUFFICIENT_CREDIT),
    ],
)
def test_the_words_of_an_error_beat_its_number(status: int, body: str | bytes, kind: ErrorKind) -> None:
    assert answer(status, body).kind is kind


def test_what_a_filter_refused_is_handed_on() -> None:
    assert answer(451, '{"error":{"code":"image_unsafe","message":"no"}}').subject is ModerationSubject.IMAGE


def test_the_words_of_an_error_are_bounded_and_kept_for_the_log() -> None:
    assert answer(500, '{"error":{"message":"' + "x" * 10_000 + '"}}').message == "HTTP 500: " + "x" * 500
    assert answer(504, "<title>504 Gateway Time-out</title>").message == "HTTP 504: 504 Gateway Time-out"
    assert answer(500).message == "HTTP 500"


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        *((None, None), ("", None), ("soon", None), ("-1", None), ("NaN", None), ("inf", None), ("1e3", None)),
        *(("٣", None), ("0x10", None), ("1, 2", None), ("Thu, 99 Foo 2026 00:00:00 GMT", None), ("9" * 400, None)),
        *(("0", 0.0), ("7", 7.0), (" 30 ", 30.0), ("1.5", 1.5), ("3600", 3600.0), ("99999999999", RETRY_AFTER_LIMIT)),
        (format_datetime(NOW + timedelta(seconds=90), usegmt=True), 90.0),
        (format_datetime(NOW - timedelta(days=9), usegmt=True), 0.0),
        (format_datetime(NOW + timedelta(days=9000), usegmt=True), RETRY_AFTER_LIMIT),
        ("Tue, 24 Nov 2026 12:01:00 -0000", 60.0),
        ("Tuesday, 24-Nov-26 12:01:00 GMT", 60.0),
    ],
)
def test_retry_after_is_read_as_seconds_or_a_date_and_never_absurd(value: str | None, seconds: float | None) -> None:
    assert retry_after(value, now=NOW) == seconds


@given(st.text(max_size=80))
def test_no_retry_after_header_raises(value: str) -> None:
    wait = retry_after(value, now=NOW)
    assert wait is None or 0 <= wait <= RETRY_AFTER_LIMIT


@given(st.integers(300, 999), st.binary(max_size=300))
def test_no_answer_raises_and_none_is_taken_for_success(status: int, body: bytes) -> None:
    assert error_of_answer(status, httpx.Headers(), body, now=NOW).kind
