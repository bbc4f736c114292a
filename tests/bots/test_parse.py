"""`matinee parse`: captures in, one JSON object a line out, for people who report a provider's new wording."""

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from bots.__main__ import main

STREAMS = Path(__file__).parents[1] / "recorded" / "streams"
SEED = STREAMS / "seed_as_printed.txt"
FILM = "https://filesystem.site/cdn/20251013/086e4519811c4f54a9b21d70506687.mp4"
KEYS = {
    "outcome",
    "result_urls",
    "task_id",
    "share_id",
    "links",
    "progress",
    "progress_is_estimate",
    "states",
    "usage",
    "finish_reason",
    "error_kind",
    "error_message",
    "recoverable",
    "malformed_events",
}

Capture = pytest.CaptureFixture[bytes]


def parse(capture: Capture, *words: str | Path) -> tuple[int, list[dict[str, Any]], str]:
    """Run the command; return its exit code, its objects and its complaints."""
    code = main(["parse", *map(str, words)])
    said = capture.readouterr()
    return code, [json.loads(line) for line in said.out.splitlines()], said.err.decode()


@pytest.fixture
def standard_input(monkeypatch: pytest.MonkeyPatch) -> Any:
    def give(text: bytes) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text), encoding="utf-8"))

    return give


def batch(tmp_path: Path, *lines: str | dict[str, Any]) -> Path:
    path = tmp_path / "cases.jsonl"
    path.write_text("".join(f"{line if isinstance(line, str) else json.dumps(line)}\n" for line in lines), "utf-8")
    return path


def test_the_seed_comes_out_as_one_line_with_every_key(capsysbinary: Capture) -> None:
    code, [seed], complaints = parse(capsysbinary, SEED)
    assert (code, complaints) == (0, "")
    assert seed.keys() >= KEYS
    assert seed["progress"] == [44, 61, 68, 81]
    assert (seed["outcome"], seed["result_urls"], seed["links"]["video"]) == ("completed", [FILM], FILM)


def test_files_come_out_in_their_order_one_line_each(capsysbinary: Capture) -> None:
    names = [SEED, STREAMS / "html_504_instead_of_sse.sse", STREAMS / "sora2api_content_violation.sse"]
    code, objects, _ = parse(capsysbinary, *names)
    assert code == 0, "a failed generation was read as well as any"
    assert [seen["file"] for seen in objects] == [str(name) for name in names]
    assert [(seen["outcome"], seen["error_kind"]) for seen in objects] == [
        ("completed", None),
        ("failed", "gateway_timeout"),
        ("failed", "moderation"),
    ]


@pytest.mark.parametrize("size", ["1", "7", "100000"])
def test_the_size_of_the_cuts_changes_nothing(size: str, capsysbinary: Capture) -> None:
    assert parse(capsysbinary, "--cut", size, SEED) == parse(capsysbinary, SEED)


def test_a_stream_can_come_through_a_pipe(standard_input: Any, capsysbinary: Capture) -> None:
    standard_input(SEED.read_bytes())
    code, [seed], _ = parse(capsysbinary, "-")
    assert (code, seed["file"], seed["result_urls"]) == (0, "-", [FILM])


def test_a_result_counts_only_on_an_allowed_host(capsysbinary: Capture) -> None:
    _, [here], _ = parse(capsysbinary, "--allow", "other.example", "--allow", "filesystem.site", SEED)
    _, [elsewhere], _ = parse(capsysbinary, "--allow", "other.example", SEED)
    assert (here["outcome"], here["result_urls"]) == ("completed", [FILM])
    assert (elsewhere["outcome"], elsewhere["error_kind"]) == ("failed", "result_not_allowed")
    assert elsewhere["result_urls"] == []


def test_a_result_on_an_address_that_no_fetcher_goes_to_does_not_count(tmp_path: Path, capsysbinary: Capture) -> None:
    cases = [
        {"id": url, "text": f"<video src='{url}' controls></video>"}
        for url in (
            "https://127.0.0.1/tmp/a.mp4",
            "http://cdn.example.net/a.mp4",
            "ftp://cdn.example.net/a.mp4",
            "data:video/mp4;base64,AAAA",
            "//cdn.example.net/a.mp4",
            "/v1/files/video?id=1",
        )
    ]
    path = batch(tmp_path, *cases, {"text": "[video](https://cdn.example.net/a.mp4)"})
    _, objects, _ = parse(capsysbinary, "--allow", "cdn.example.net", "--batch", path)
    assert [seen["error_kind"] for seen in objects] == ["result_not_allowed"] * len(cases) + [None]


def test_without_a_list_a_result_is_a_web_address_or_a_path_below_the_providers(
    tmp_path: Path, capsysbinary: Capture
) -> None:
    urls = ["http://127.0.0.1:8000/tmp/a.mp4", "/v1/files/video?id=1", "ftp://cdn.example.net/a.mp4", "javascript:x"]
    path = batch(tmp_path, *({"text": f"[video]({url})\n"} for url in urls))
    _, objects, _ = parse(capsysbinary, "--batch", path)
    assert [seen["result_urls"] for seen in objects] == [[urls[0]], [urls[1]], [], []]
    assert [seen["error_kind"] for seen in objects] == [None, None, "result_not_allowed", "result_not_allowed"]


def test_what_was_asked_for_is_not_believed(capsysbinary: Capture) -> None:
    _, [seen], _ = parse(capsysbinary, "--prompt", f"a film like [Play online▶️]({FILM})", SEED)
    assert seen["outcome"] == "failed"
    assert seen["result_urls"] == []


def test_a_batch_gives_each_case_its_line_and_its_id(tmp_path: Path, capsysbinary: Capture) -> None:
    path = batch(
        tmp_path,
        {"id": 7, "prompt": "a dog", "wire": SEED.read_text("utf-8")},
        "",
        {"id": {"any": "thing"}, "text": "> ❌ 生成失败: 余额不足\n"},
        {"text": "Sorry."},
    )
    code, objects, complaints = parse(capsysbinary, "--batch", path)
    assert (code, complaints) == (0, "")
    assert [(seen["id"], seen["outcome"], seen["error_kind"]) for seen in objects] == [
        (7, "completed", None),
        ({"any": "thing"}, "failed", "insufficient_credit"),
        (None, "failed", "no_result"),
    ]


def test_a_batch_can_come_through_a_pipe_and_be_cut(standard_input: Any, capsysbinary: Capture) -> None:
    standard_input(json.dumps({"id": 1, "wire": SEED.read_text("utf-8")}).encode())
    code, [seen], _ = parse(capsysbinary, "--cut", "1", "--batch", "-")
    assert (code, seen["progress"]) == (0, [44, 61, 68, 81])


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("not JSON", "line 2: "),
        ('{"prompt": "neither"}', 'line 2: give either "wire" or "text"'),
        ('{"wire": "", "text": ""}', 'line 2: give either "wire" or "text"'),
        ('{"text": 7}', "line 2: "),
        ('{"text": ' + "[" * 100_000, "line 2: brackets within brackets, too deep to be read"),
    ],
)
def test_a_bad_line_of_a_batch_is_named_and_the_others_are_read(
    line: str, complaint: str, tmp_path: Path, capsysbinary: Capture
) -> None:
    path = batch(tmp_path, {"id": 1, "text": "a"}, line, {"id": 3, "text": "a"})
    code, objects, complaints = parse(capsysbinary, "--batch", path)
    assert code == 2
    assert [seen["id"] for seen in objects] == [1, 3]
    assert complaint in complaints
    assert complaints.count("\n") == 1


def test_a_file_that_cannot_be_read_is_one_clear_line(tmp_path: Path, capsysbinary: Capture) -> None:
    missing = tmp_path / "missing.sse"
    code, objects, complaints = parse(capsysbinary, missing, SEED, tmp_path)
    assert code == 2
    assert [seen["file"] for seen in objects] == [str(SEED)]
    assert complaints.splitlines() == [
        f"matinee parse: {missing}: No such file or directory",
        f"matinee parse: {tmp_path}: Is a directory",
    ]


@pytest.mark.parametrize("words", [[], ["--cut", "0", "x"], ["--batch", "/nowhere/cases.jsonl"]])
def test_what_cannot_be_done_is_one_clear_line(words: list[str], capsysbinary: Capture) -> None:
    code, objects, complaints = parse(capsysbinary, *words)
    assert (code, objects, complaints.count("\n")) == (2, [], 1)


@pytest.mark.parametrize("junk", [b"", b"\0\xff" * 1000, b"[" * 100_000, b"data: " + b"a" * (2 << 20)])
def test_junk_is_read_as_the_failure_it_is(junk: bytes, tmp_path: Path, capsysbinary: Capture) -> None:
    path = tmp_path / "junk"
    path.write_bytes(junk)
    code, [seen], _ = parse(capsysbinary, path)
    assert (code, seen["result_urls"]) == (0, [])
    assert seen["outcome"] in {"failed", "cut"}


def test_a_batch_may_hold_text_that_no_strict_decoder_takes(tmp_path: Path, capsysbinary: Capture) -> None:
    path = batch(
        tmp_path, '{"id": "half \\ud800", "prompt": "a\\udfff", "text": "\\ud83d"}', '{"id": NaN, "text": "b\tc"}'
    )
    code, objects, complaints = parse(capsysbinary, "--batch", path)
    assert (code, complaints) == (0, "")
    assert [seen["id"] for seen in objects] == ["half ?", None]


def test_a_name_that_is_no_text_is_shown_all_the_same(tmp_path: Path, capsysbinary: Capture) -> None:
    path = tmp_path / "a\udcff.sse"
    path.write_bytes(b"")
    code, [seen], _ = parse(capsysbinary, path)
    assert (code, Path(seen["file"]).name) == (0, "a?.sse")


def test_a_host_that_is_none_is_one_clear_line(capsysbinary: Capture) -> None:
    code, objects, complaints = parse(capsysbinary, "--allow", "no host", SEED)
    assert (code, objects) == (2, [])
    assert complaints.startswith("matinee parse: --allow: 'no host' is no host")
    assert complaints.count("\n") == 1
