"""What relays and gateways make of a stream: additions, other shapes, errors in every form, floods."""

from typing import Final

import msgspec
import pytest

from core.dialects.evidence import LINKS_LIMIT
from core.dialects.reader import Reading
from tests.written_streams import (
    DONE,
    END,
    FILM,
    TASK,
    Case,
    completes,
    delta,
    done,
    event,
    fails,
    head,
    is_cut,
    read,
    said,
    stop,
    thought,
)

CASES: Final = (
    completes(
        "the usual",
        said(head(), done()) + stop() + event({"choices": [], "usage": {"total_tokens": 3}}),
        usage={"total_tokens": 3},
    ),
    completes(
        "another choice", event({"choices": [{"index": 1, "delta": {"content": head() + done()}}]}) + END, task_id=TASK
    ),
    completes("named events", event({"choices": [{"delta": {"content": head() + done()}}]}, name="message") + END),
    completes("heartbeats", b": heartbeat\n\n" + said(head()) + b"event: ping\ndata: {}\n\n" + said(done()) + END),
    completes("carriage returns", (said(head(), done()) + END).replace(b"\n", b"\r\n")),
    completes("carriage returns in the text", said((head() + done()).replace("\n", "\r\n")) + END, task_id=TASK),
    completes(
        "parts",
        delta(content=[{"type": "text", "text": "Done"}, {"type": "video_url", "video_url": {"url": FILM}}]) + END,
    ),
    completes("an array of events", b"[%b]" % said(done())[6:-2]),
    completes(
        "an empty error",
        event({"error": {"message": "", "code": ""}, "choices": [{"delta": {"content": done()}}]}) + END,
    ),
    completes(
        "thoughts twice",
        delta(reasoning="生成进度: 12%\n", reasoning_content="生成进度: 12%\n") + said(FILM) + END,
        progress=(12,),
    ),
    completes("an error after the film", said(head(), done()) + event({"error": {"message": "x"}}) + DONE),
    fails(
        "an error in the middle",
        said("hm") + event({"error": {"code": 502, "message": "gone"}, "choices": []}),
        "upstream_error",
    ),
    fails("an error that is a string", event({"error": "insufficient credits"}) + DONE, "insufficient_credit"),
    fails(
        "an object of the kind error",
        event({"object": "error", "message": "The model `x` does not exist"}),
        "model_not_found",
    ),
    fails("a safety stop", stop("content_filter") + DONE, "moderation"),
    fails(
        "a page", b"<html><head><title>api.example | 524: A timeout occurred</title></head></html>", "gateway_timeout"
    ),
    fails("a JSON error", msgspec.json.encode({"error": {"message": "无效的令牌", "type": "new_api_error"}}), "auth"),
    fails("a code and a message", msgspec.json.encode({"code": "x", "msg": "Too many requests"}), "rate_limited"),
    fails("only a stop", END, "no_result"),
    fails("a gateway's line", b"error code: 524", "gateway_timeout"),
    fails("a proxy's line", b"upstream request timeout", "timeout"),
    fails("a server's line", b"Internal Server Error\n", "upstream_error"),
    fails("a detail", msgspec.json.encode({"detail": "Not authenticated"}), "auth"),
    is_cut("words that name no failure", b"welcome"),
    is_cut("only [DONE]", DONE),
    is_cut("only signs of life", b": PING\n\n" * 9),
    is_cut("nothing", b""),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_a_relay_makes_of_a_stream_is_read_right(case: Case) -> None:
    reading = read(case.stream)
    assert {name: getattr(reading, name) for name in case.expected} == case.expected
    assert read(case.stream, cut=1) == reading
    assert read(case.stream, prompt="a dog on the beach", cut=9).outcome == reading.outcome


@pytest.mark.parametrize(
    "link",
    ["[Watch online](https://x.example/{}.mp4)", "[Online preview](https://x.example/{}.mp4)", "[{0}](https://x/{0})"],
)
def test_of_a_flood_of_links_only_some_are_kept(link: str) -> None:
    reading = read(said("> Generation complete\n", *(link.format(number) + "\n" for number in range(5000))) + END)
    assert len(reading.result_urls) <= LINKS_LIMIT
    assert len(reading.other_urls) <= LINKS_LIMIT


def test_of_a_flood_of_structured_results_only_some_are_kept() -> None:
    outputs = (delta(output=[{"url": f"https://x.example/{number}.mp4"}]) for number in range(5000))
    assert len(read(*outputs, END).result_urls) <= LINKS_LIMIT


def test_a_line_that_never_ends_is_read_once_though_the_prompt_could_be_its_source() -> None:
    """Read anew at every word, this would take minutes."""
    reading = read(thought(*["视频正在生成 1%"] * 20_000), END, prompt="视频正在生成 1%" * 200)
    assert len(reading.progress) > 10_000
    assert reading.outcome == "failed"


DEEP: Final = b"[" * 100_000
HALF: Final = b'"\\ud800 \\udfff"'


@pytest.mark.parametrize(
    "fields",
    [
        b'"choices":[{"delta":{"content":%s}}]',
        b'"choices":[{"delta":{"output":[{"url":"https://x.example/\\ud800.mp4","task_id":%s}]}}]',
        b'"choices":[{"delta":{"reasoning":%s},"finish_reason":%s}]',
        b'"choices":[],"usage":{%s:%s}',
        b'"error":{"message":%s,"code":%s,"type":%s}',
    ],
)
def test_half_a_surrogate_pair_is_read_and_can_be_written_again(fields: bytes) -> None:
    reading = read(b"data: {%b}\n\n" % fields.replace(b"%s", HALF))
    assert reading.malformed_events == 0
    assert msgspec.json.decode(msgspec.json.encode(reading), type=Reading) == reading


@pytest.mark.parametrize("deep", [b'{"a":' * 100_000, DEEP, b'{"choices":[],"usage":{"a":' + DEEP, b'{"error":' + DEEP])
@pytest.mark.parametrize("prefix", [b"data: ", b"event: error\ndata: ", b""])
def test_brackets_within_brackets_end_in_a_malformed_event(prefix: bytes, deep: bytes) -> None:
    reading = read(prefix + deep + b"\n\n", said(head(), done()), END)
    assert reading.result_urls == (FILM,)
