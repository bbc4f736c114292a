"""The catalogue of bad inputs beside the repository: each of its layers `status`, `wire` and `url` gets its verdict.

`status` is the seed's dialect with `filesystem.site` allowed. What a case only describes ("HTTP 401", "RST mid-chunk")
is built here by its id; a case that this file does not know is read as the bytes it holds.
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import repeat
from pathlib import Path
from typing import Any, Final

import pytest

from core.dialects.reader import Reading
from core.errors import ErrorKind, ProviderError
from core.providers._http import error_of_answer
from core.urls import UrlPolicy, UrlRefused, check_url
from tests import written_streams
from tests.written_streams import END, said

CATALOGUE: Final = Path(__file__).parents[3] / "shared" / "reliability" / "bad_inputs.json"
CASES: Final[list[dict[str, Any]]] = json.loads(CATALOGUE.read_text("utf-8")) if CATALOGUE.is_file() else []

ALLOWED: Final = UrlPolicy(frozenset({"filesystem.site"}))
ANYWHERE: Final = UrlPolicy(None)
FILM: Final = "https://filesystem.site/cdn/1/aaaaaaaa.mp4"
TICKET_LINE: Final = "\n> ID: `task_01k7e6t6skf46ahq8tcee5bskz`\n"
HONEST: Final = f"{TICKET_LINE}> Queuing...\n>🏃 Progress 44..81..\n> Generation complete ✅\n\n[Play online▶️]({FILM})"

TRANSIENT: Final = {
    ErrorKind.CAPACITY,
    ErrorKind.GATEWAY_TIMEOUT,
    ErrorKind.PENDING_POLL_REQUIRED,
    ErrorKind.RATE_LIMITED,
    ErrorKind.TIMEOUT,
    ErrorKind.TRANSPORT_CUT,
    ErrorKind.UNREACHABLE,
    ErrorKind.UPSTREAM_ERROR,
}
"""Kinds after which the same request may succeed: the verdict `unknown_retry`."""

CUT_SHORT_IN_THE_CATALOGUE: Final = {
    "STA-026": "its 600 characters end within the echo of 4000, before the ticket; the whole of it is tested below",
}
ON_A_SOCKET: Final = {
    "WIR-012": "an answer compressed unasked: test_an_answer_that_is_compressed_unasked_is_refused",
    "WIR-023": "a redirect: test_a_redirect_to_another_host_gets_neither_the_key_nor_the_prompt",
    "WIR-029": "a byte a second: test_a_byte_now_and_then_does_not_hold_the_line_for_ever",
}
"""Cases that are about the line, not about its bytes, with the test in `test_chat_stream.py` that has them."""


def layer(name: str, without: dict[str, str] | None = None) -> pytest.MarkDecorator:
    absent = pytest.param(None, marks=pytest.mark.skip(reason=f"no catalogue at {CATALOGUE}: the repository is alone"))
    cases: list[Any] = [case for case in CASES if case["layer"] == name and case["id"] not in (without or {})]
    return pytest.mark.parametrize("case", cases or [absent], ids=lambda case: case["id"] if case else "absent")


def read(*chunks: bytes, prompt: str = "a dog") -> Reading:
    return written_streams.read(*chunks, prompt=prompt, policy=ALLOWED)


# status


@layer("status", CUT_SHORT_IN_THE_CATALOGUE)
def test_a_text_of_the_catalogue_gets_its_verdict(case: dict[str, Any]) -> None:
    reading = read(said(case["payload"]["stream"]), END, prompt=case["payload"]["prompt"])
    if case["expect"] == "ok":
        assert (reading.outcome, reading.result_urls) == ("completed", (FILM,))
    else:
        assert case["expect"] == "fail_refund"
        assert (reading.outcome, reading.result_urls) == ("failed", ())


def test_a_prompt_of_4000_emoji_does_not_stand_in_the_way() -> None:
    prompt = "😀" * 4000
    reading = read(said(f"{prompt}{HONEST}"), END, prompt=prompt)
    assert (reading.outcome, reading.result_urls) == ("completed", (FILM,))


def test_300_kibibytes_of_dots_are_no_film() -> None:
    assert read(said(TICKET_LINE + "." * (300 << 10)), END).outcome == "failed"


# wire


def _the_same_chunk_twice() -> bytes:
    first, rest = HONEST[:80], HONEST[80:]
    return said(first) + said("") + said("") + said(rest) + said("\n") + said("\n") + END


BUILT: Final[dict[str, Callable[[], bytes]]] = {
    "WIR-025": lambda: (said(TICKET_LINE) + said("> Queuing"))[:-20],
    "WIR-030": lambda: said(f"{TICKET_LINE}>🏃 Progress 44..81.."),
    "WIR-034": lambda: said(HONEST),
    "WIR-043": _the_same_chunk_twice,
}


@layer("wire", ON_A_SOCKET)
def test_bytes_of_the_catalogue_get_their_verdict(case: dict[str, Any]) -> None:
    built = BUILT.get(case["id"])
    payload = built() if built else case["payload"].encode()
    match case["expect"]:
        case "ok" | "ignore" | "safe_text":
            _is_harmless(payload if built else as_event(payload))
        case "limit":
            with pytest.raises(ProviderError) as caught:
                read(*repeat(said("a") * 1000, 1000))
            assert caught.value.kind is ErrorKind.STREAM_TOO_LARGE
        case "fail_refund" | "unknown_retry" as expected:
            kind = _kind_of(payload)
            assert kind is not None
            assert (kind in TRANSIENT) == (expected == "unknown_retry")
        case unknown:
            pytest.fail(f"a verdict that this test does not know: {unknown}")


def as_event(payload: bytes) -> bytes:
    return payload if payload.startswith((b"data:", b"event:", b":")) else b"data: " + payload + b"\n\n"


def _is_harmless(payload: bytes) -> None:
    """It ends nothing: an honest job told around it is completed, and nothing of it becomes a result."""
    alone = read(payload)
    assert alone.outcome != "failed"
    alone.transcript.encode()  # what is kept can be written down: no lone surrogates
    around = read(payload, said(f"\n{HONEST}\n"), payload, END)
    assert (around.outcome, around.result_urls) == ("completed", (FILM,))


def _kind_of(payload: bytes) -> ErrorKind | None:
    if not payload.startswith(b"HTTP "):
        return read(payload).error_kind
    status, _, body = payload.removeprefix(b"HTTP ").partition(b" ")
    number = int(status.replace(b"x", b"0"))
    return error_of_answer(number, {}, body, now=datetime(2026, 11, 24, tzinfo=UTC)).kind


@pytest.mark.parametrize("status", [500, 502, 503, 504, *range(520, 528)])
def test_every_server_error_may_pass(status: int) -> None:
    assert _kind_of(b"HTTP %d" % status) in TRANSIENT


# url


@layer("url")
def test_an_address_of_the_catalogue_gets_its_verdict(case: dict[str, Any]) -> None:
    try:
        check_url(case["payload"], ANYWHERE)
        verdict = "ok"
    except UrlRefused:
        verdict = "reject"
    assert verdict == case["expect"]
