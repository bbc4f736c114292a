"""Answers of task APIs: recorded shapes, the words of the tables, and everything that is no answer at all."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.dialects import task_words
from core.dialects.tasks import BODY_LIMIT, TaskOutcome, TaskReading, read_task
from core.errors import ErrorKind, ModerationSubject

RECORDED = Path(__file__).parents[1] / "recorded" / "tasks"
SHARED = Path(__file__).parents[3] / "shared" / "dialects" / "tasks"
FILM = "https://cdn.example.net/v/abc.mp4"


def as_expected(reading: TaskReading) -> dict[str, Any]:
    return {
        "outcome": reading.outcome.value,
        "raw_status": reading.raw_status,
        "progress": reading.progress,
        "task_id": reading.task_id,
        "result_urls": list(reading.result_urls),
        "result_needs_auth": reading.result_needs_auth,
        "error_kind": reading.error_kind.value if reading.error_kind else None,
        "error_message": reading.error_message,
    }


@pytest.mark.parametrize("case", sorted(RECORDED.glob("*.json")), ids=lambda path: path.stem)
def test_a_recorded_answer_reads_as_it_was_meant(case: Path) -> None:
    recorded = json.loads(case.read_text(encoding="utf-8"))
    answer = recorded["answer"]
    body = answer.encode() if isinstance(answer, str) else json.dumps(answer).encode()

    assert as_expected(read_task(body, status=recorded["http_status"])) == recorded["expected"]


@pytest.mark.parametrize("case", sorted(SHARED.glob("*.expected.json")), ids=lambda path: path.name.split(".")[0])
def test_a_capture_beside_the_repository_reads_as_expected(case: Path) -> None:
    expected = json.loads(case.read_text(encoding="utf-8"))
    body = case.with_name(f"{expected['name']}.json").read_bytes()

    reading = as_expected(read_task(body, status=expected["http_status"]))

    assert reading == {key: expected[key] for key in reading}


@pytest.mark.parametrize(("word", "outcome"), task_words.STATUS_WORDS.items())
def test_every_status_word_is_known_in_any_dress(word: str, outcome: TaskOutcome) -> None:
    for dressed in (word, word.upper(), word.replace("_", "-"), f" {word.replace('_', ' ').title()} "):
        reading = read_task({"status": dressed, "result_url": FILM, "id": "t"})
        assert (reading.outcome, reading.raw_status) == (outcome, dressed)


@pytest.mark.parametrize("word", ["pondering", "", "SUCCESSISH", "完成", "0", "x" * 100_000])
def test_an_unknown_status_is_running(word: str) -> None:
    assert read_task({"status": word, "id": "t"}).outcome is TaskOutcome.RUNNING


@pytest.mark.parametrize(
    "answer",
    [
        {"status": "completed"},
        {"status": "completed", "object": "video", "id": "v", "task_result": {"videos": []}},
        {"status": "success", "data": {"output": ""}},
        {"status": "succeeded", "output": []},
        {"state": "success", "resultJson": "{}"},
        {"status": "completed", "video_url": "not an address"},
        {"status": "completed", "url": "//other.example/x.mp4"},
        {"done": True, "response": {}, "name": "models/m/operations/o"},
    ],
)
def test_success_without_a_film_is_no_result(answer: object) -> None:
    reading = read_task(answer)
    assert (reading.outcome, reading.error_kind) == (TaskOutcome.FAILED, ErrorKind.NO_RESULT)


@pytest.mark.parametrize(
    ("answer", "urls"),
    [
        ({"code": 200, "data": {"state": "success", "resultJson": json.dumps({"resultUrls": [FILM]})}}, [FILM]),
        ({"status": "SUCCESS", "fail_reason": json.dumps([FILM])}, [FILM]),
        ({"status": "succeeded", "output": [FILM, FILM]}, [FILM]),
        (
            {"status": "succeeded", "output": FILM, "urls": {"get": "https://api.example/p/1", "cancel": "https://a"}},
            [FILM],
        ),
        ({"status": "completed", "task_result": {"videos": [{"url": FILM}]}, "object": "video", "id": "v"}, [FILM]),
        ({"output": {"task_id": "t", "task_status": "SUCCEEDED", "video_url": FILM}, "request_id": "r"}, [FILM]),
        ({"status": "video_upsampling_failed", "video_url": FILM}, [FILM]),
        ({"status": "completed", "content": {"encodings": {"source_wm": {"path": FILM}}}}, [FILM]),
        ({"status": "completed", "video": {"url": "/v1/files/video?id=7"}}, ["/v1/files/video?id=7"]),
        (json.dumps({"data": json.dumps({"status": "done", "url": FILM})}), [FILM]),
        ([{"status": "done", "url": FILM}], [FILM]),
    ],
)
def test_a_film_is_found_where_the_api_puts_it(answer: object, urls: list[str]) -> None:
    reading = read_task(answer)
    assert (reading.outcome, list(reading.result_urls)) == (TaskOutcome.COMPLETED, urls)
    assert reading.error_kind is None


def test_the_request_that_an_answer_repeats_is_never_its_result() -> None:
    echo = {"prompt": f"see {FILM}", "video_url": FILM, "url": FILM, "image_url": FILM}
    for key in ("req", "request", "input", "config", "params"):
        assert read_task({"status": "completed", key: echo}).error_kind is ErrorKind.NO_RESULT


def test_a_first_quality_film_does_not_end_a_task_that_still_works_on_a_better_one() -> None:
    reading = read_task({"status": "video_upsampling", "running": True, "video_url": FILM})
    assert (reading.outcome, reading.result_urls) == (TaskOutcome.RUNNING, ())


def test_the_status_inside_a_frame_beats_the_frame_that_only_says_success() -> None:
    reading = read_task({"status": "success", "message": "ok", "data": {"status": "processing", "progress": "30%"}})
    assert (reading.outcome, reading.raw_status, reading.progress) == (TaskOutcome.RUNNING, "processing", 30)


@pytest.mark.parametrize(
    ("value", "percent"),
    [
        *(
            ("30%", 30),
            ("30", 30),
            ("36.6%", 37),
            ("0.3", 30),
            (0.97, 97),
            (42, 42),
            (1, 1),
            (1.0, 100),
            (0, 0),
            (100, 100),
        ),
        *((None, None), (True, None), (-1, None), (101, None), ("1e9", None), ("NaN", None), (float("nan"), None)),
        *((float("inf"), None), ("", None), ("half", None), ("٣٠%", None), ([30], None), (10**400, None), ("0.5%", 0)),
    ],
)
def test_progress_is_read_in_every_scale_and_never_invented(value: object, percent: int | None) -> None:
    assert read_task({"status": "running", "progress": value}).progress == percent


@pytest.mark.parametrize(
    ("answer", "status", "kind", "message"),
    [
        ({"code": -1, "msg": "insufficient", "data": None}, 200, ErrorKind.INSUFFICIENT_CREDIT, "insufficient"),
        ({"code": -1, "data": None}, 200, ErrorKind.INSUFFICIENT_CREDIT, None),
        (
            {"code": "task_not_exist", "message": "no such task", "data": None},
            200,
            ErrorKind.UPSTREAM_ERROR,
            "no such task",
        ),
        (
            {"status": "COMPLETED", "error": "CUDA out of memory", "error_type": "x"},
            200,
            ErrorKind.UPSTREAM_ERROR,
            None,
        ),
        (
            {"done": True, "error": {"code": 8, "message": "rate limit"}, "name": "operations/1"},
            200,
            ErrorKind.RATE_LIMITED,
            None,
        ),
        (
            {"status": "failed", "fail_reason": '{"error":{"message":"blocked","code":"moderation_blo'},
            200,
            ErrorKind.MODERATION,
            None,
        ),
        (
            {"status": "failed", "fail_reason": '{"error":{"message":"no","code":"moderation_blocked"}}'},
            200,
            ErrorKind.MODERATION,
            "no",
        ),
        ({"status": "failed", "error": {"code": "generation_failed"}}, 200, ErrorKind.UPSTREAM_ERROR, None),
        ({"error": "nope"}, 401, ErrorKind.AUTH, "nope"),
        ({}, 404, ErrorKind.MODEL_NOT_FOUND, None),
        (b"<html>504 Gateway Time-out</html>", 504, ErrorKind.GATEWAY_TIMEOUT, None),
        (b"", 503, ErrorKind.CAPACITY, None),
        ({"success": False, "message": "server busy"}, 200, ErrorKind.CAPACITY, "server busy"),
    ],
)
def test_a_failure_is_named_by_code_words_or_status(
    answer: object, status: int, kind: ErrorKind, message: str | None
) -> None:
    reading = read_task(answer, status=status)
    assert (reading.outcome, reading.error_kind) == (TaskOutcome.FAILED, kind)
    if message is not None:
        assert reading.error_message == message


def test_what_the_filter_refused_is_told_where_the_code_says_so() -> None:
    def subject(code: str) -> ModerationSubject | None:
        return read_task({"error": {"code": code, "message": "unsafe"}}, status=451).subject

    assert subject("image_unsafe") is ModerationSubject.IMAGE
    assert subject("video_unsafe") is ModerationSubject.RESULT
    assert subject("prompt_unsafe") is ModerationSubject.PROMPT
    withheld = {"name": "operations/1", "done": True, "response": {"raiMediaFilteredCount": 1}}
    assert read_task(withheld).subject is ModerationSubject.RESULT


def test_a_link_that_needs_the_key_says_so() -> None:
    assert read_task({"status": "completed", "url": "https://x.example/v1/videos/7/content"}).result_needs_auth
    assert not read_task({"status": "completed", "url": FILM, "unsigned_urls": [f"{FILM}?key"]}).result_needs_auth


def test_an_error_note_beside_a_film_or_a_running_task_changes_nothing() -> None:
    assert read_task({"status": "completed", "url": FILM, "error": "upscale skipped"}).outcome is TaskOutcome.COMPLETED
    assert read_task({"status": "running", "error_message": "try 1 failed"}).outcome is TaskOutcome.RUNNING


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 500_000,
        b'{"data":' * 100_000,
        b'{"status":"done","url":' + b"[" * 100_000,
        b'{"progress":' + b"9" * 100_000 + b"}",
        b'{"progress":NaN,"status":Infinity}',
        b"\xff\xfe\x00" * 1000,
        b"\x1f\x8b\x08" + bytes(range(256)),
        b"{}" + b" " * (BODY_LIMIT + 1),
        b"null",
        b"<!doctype html><title>Just a moment...</title>",
    ],
)
def test_a_bomb_reads_as_running(body: bytes) -> None:
    assert read_task(body) == TaskReading(TaskOutcome.RUNNING)


def test_a_tower_of_brackets_in_a_string_is_no_film() -> None:
    reading = read_task({"status": "done", "fail_reason": "[" * 100_000, "resultJson": "{" * 100_000})
    assert (reading.outcome, len(reading.error_message or "")) == (TaskOutcome.FAILED, 500)


def test_a_surrogate_in_an_answer_can_still_be_stored() -> None:
    reading = read_task(b'{"status":"failed","error":"\\ud800 moderation","id":"\\udfff"}')
    assert f"{reading.error_message}{reading.task_id}".encode()


KEYS = sorted(
    {
        *(key for path in (*task_words.RESULTS, *task_words.RESULTS_AT_A_PINCH) for key in path.split(".")),
        *(*task_words.STATUS_KEYS, *task_words.ENVELOPES, *task_words.ID_KEYS, *task_words.PROGRESS_KEYS),
        *(*task_words.ERROR_KEYS, *task_words.FRAME_ERROR_KEYS, *task_words.ERROR_CODE_KEYS, *task_words.FLAGS),
    }
)
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=12),
    st.sampled_from([*task_words.STATUS_WORDS, FILM, "30%", "{", "[", '{"url":1}', "\ud800"]),
)
ANSWERS = st.recursive(
    VALUES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=6),
    max_leaves=30,
)


@given(ANSWERS, st.sampled_from([200, 202, 404, 429, 500, 599, 0, -1]))
def test_no_answer_whatever_its_shape_raises_or_contradicts_itself(answer: object, status: int) -> None:
    reading = read_task(answer, status=status)

    assert (reading.error_kind is not None) == (reading.outcome is TaskOutcome.FAILED)
    assert (reading.outcome is TaskOutcome.COMPLETED) == bool(reading.result_urls or reading.result_needs_auth)
    assert reading.progress is None or 0 <= reading.progress <= 100
    assert all(url.encode() and " " not in url for url in reading.result_urls)


@given(st.binary(max_size=200))
def test_bytes_that_are_no_answer_read_as_running(body: bytes) -> None:
    assert read_task(body).outcome is TaskOutcome.RUNNING
