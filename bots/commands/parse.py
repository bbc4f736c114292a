"""`matinee parse`: captured streams in, one JSON object a line out: what they say and what came of them.

For who writes or reports a dialect, and for batches of test cases. Reads files, never the network.
"""

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, Final

import msgspec

from core.dialects.deltas import lenient_json
from core.dialects.reader import Reading, StreamReader
from core.errors import ProviderError
from core.urls import UrlPolicy

_KEYS: Final = (
    "outcome",
    "result_urls",
    "other_urls",
    "task_id",
    "share_id",
    "media_id",
    "links",
    "progress",
    "progress_is_estimate",
    "states",
    "usage",
    "finish_reason",
    "done_seen",
    "error_kind",
    "error_message",
    "recoverable",
    "malformed_events",
)
_READ_SIZE: Final = 64 << 10
_ENCODER = msgspec.json.Encoder(enc_hook=str)


class _Case(msgspec.Struct):
    """One line of a batch: a response's bytes as text, or the assistant's text alone."""

    prompt: str | None = None
    wire: str | None = None
    text: str | None = None
    id: Any = None


_DECODER = msgspec.json.Decoder(_Case)


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("files", metavar="FILE", nargs="*", help="a captured response; - reads standard input")
    parser.add_argument("--prompt", metavar="TEXT", help="what was asked for: its echo is never believed")
    parser.add_argument("--cut", metavar="BYTES", type=int, help="feed the bytes this many at a time")
    parser.add_argument(
        "--allow",
        metavar="HOST",
        action="append",
        default=[],
        help="count only results on this host (may be repeated), and only where the fetcher would go",
    )
    parser.add_argument(
        "--batch",
        metavar="FILE.jsonl",
        help='read one case a line: {"prompt": …, "wire": … or "text": …, "id": …}; - reads standard input',
    )


def run(args: Namespace) -> int:
    """Print one object a file, or a line of the batch.

    0: all were read, whatever came of them; 2: something could not be read.
    """
    if args.cut is not None and args.cut < 1:
        return _complain(f"--cut {args.cut}: feed at least one byte at a time, for example --cut 1")
    if not args.files and args.batch is None:
        return _complain("name a captured stream, for example: matinee parse stream.sse (or - for standard input)")
    try:
        policy = UrlPolicy(frozenset(args.allow)) if args.allow else None
    except ValueError as error:
        return _complain(f"--allow: {error}")
    code = 0
    for name in args.files:
        try:
            with _opened(name) as source:
                reading = read(_chunks(source), prompt=args.prompt, policy=policy, cut=args.cut)
        except OSError as error:
            code = _complain(f"{name}: {error.strerror or error}")
            continue
        _print({"file": name.encode("utf-8", "replace").decode(), **_shown(reading)})
    if args.batch is not None:
        code = max(code, _batch(args.batch, policy, args.cut))
    return code


def read(
    chunks: Iterable[bytes], *, prompt: str | None, policy: UrlPolicy | None = None, cut: int | None = None
) -> Reading:
    """Read one response to its end. A stream past its limits is a failed one."""
    reader = StreamReader(prompt=prompt, policy=policy)
    try:
        for chunk in chunks:
            for piece in _cut(chunk, cut):
                reader.feed(piece)
    except ProviderError as error:
        return Reading(outcome="failed", error_kind=error.kind, error_message=error.message, states=("failed",))
    return reader.finish()


def _cut(chunk: bytes, size: int | None) -> Iterator[bytes]:
    if size is None:
        yield chunk
    else:
        for start in range(0, len(chunk), size):
            yield chunk[start : start + size]


def _opened(name: str) -> BinaryIO:
    return sys.stdin.buffer if name == "-" else Path(name).open("rb")


def _chunks(source: BinaryIO) -> Iterator[bytes]:
    while chunk := source.read(_READ_SIZE):
        yield chunk


def _batch(name: str, policy: UrlPolicy | None, cut: int | None) -> int:
    code = 0
    try:
        with _opened(name) as lines:
            for number, line in enumerate(lines, 1):
                if not line.strip():
                    continue
                try:
                    case = _case(line)
                except ValueError as error:
                    code = _complain(f"{name}, line {number}: {error}")
                    continue
                if (case.wire is None) == (case.text is None):
                    code = _complain(f'{name}, line {number}: give either "wire" or "text"')
                    continue
                reading = read([_wire(case)], prompt=case.prompt, policy=policy, cut=cut)
                _print({"id": case.id, **_shown(reading)})
    except OSError as error:
        return _complain(f"{name}: {error.strerror or error}")
    return code


def _case(line: bytes) -> _Case:
    """Read a line of a batch; hostile cases hold text that a strict decoder refuses. Raises `ValueError`."""
    try:
        return _DECODER.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return msgspec.convert(lenient_json(line.decode("utf-8", "replace")), _Case)


def _wire(case: _Case) -> bytes:
    """Return the bytes of a case; a bare text becomes a stream of one delta that ends as it should."""
    if case.wire is not None:
        return case.wire.encode("utf-8", "replace")
    delta = {"index": 0, "delta": {"content": case.text}, "finish_reason": None}
    stop = {"index": 0, "delta": {}, "finish_reason": "stop"}
    events = (msgspec.json.encode({"choices": [choice]}) for choice in (delta, stop))
    return b"".join(b"data: %b\n\n" % event for event in (*events, b"[DONE]"))


def _shown(reading: Reading) -> dict[str, Any]:
    shown = {key: getattr(reading, key) for key in _KEYS}
    shown["progress"] = [int(value) if value.is_integer() else value for value in reading.progress]
    return shown


def _print(shown: dict[str, Any]) -> None:
    sys.stdout.buffer.write(_ENCODER.encode(shown) + b"\n")


def _complain(line: str) -> int:
    sys.stdout.flush()
    sys.stderr.write(f"matinee parse: {line}\n")
    return 2
