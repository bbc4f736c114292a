"""Reading what a task API answers when asked how a generation is going: one reading out of many shapes, pure.

The shapes and words are tables in `task_words`. Three rules hold over all of them: an unknown word means running (a
deadline ends it, not a guess); a success that names no film is a failure without a result; and nothing that an upstream
can send raises.
"""

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from core.dialects import task_words as words
from core.dialects.failures import classify, moderation_subject
from core.dialects.task_tree import (
    BODY_LIMIT,
    Layer,
    decoded,
    first_text,
    folded,
    layers_of,
    leaves,
    plain_text,
    unpacked,
)
from core.dialects.task_words import TaskOutcome
from core.errors import ErrorKind, ModerationSubject

__all__ = ["BODY_LIMIT", "TaskOutcome", "TaskReading", "read_task"]

_URLS: Final = 16
_URL_LIMIT: Final = 4096
_URL: Final = re.compile(r"(?:https?://|/(?!/))[^\s\x00-\x20\x7f\\<>\"]+", re.IGNORECASE)
_FILM: Final = re.compile(r"\.(?:mp4|webm|mov|m4v)(?=[?#]|$)", re.IGNORECASE)
_VAGUE: Final = frozenset({ErrorKind.UNKNOWN, ErrorKind.UPSTREAM_ERROR, ErrorKind.BAD_REQUEST})
_NUMBER: Final = re.compile(r"\s*(\d{1,9}(?:\.\d{1,9})?)\s*(%?)\s*", re.ASCII)


@dataclass(frozen=True, slots=True)
class TaskReading:
    """What one answer says. `progress` is 0 to 100; `result_urls` are best first, and relative where the API's are.

    `result_needs_auth` says that only the provider's key opens the film; with no URL beside it, the film is at the
    task's own `/content`. `error_kind` is set exactly where the outcome is failed.
    """

    outcome: TaskOutcome
    raw_status: str | None = None
    progress: int | None = None
    task_id: str | None = None
    result_urls: tuple[str, ...] = ()
    result_needs_auth: bool = False
    error_kind: ErrorKind | None = None
    error_message: str | None = None
    subject: ModerationSubject | None = None


class _Cause(NamedTuple):
    kind: ErrorKind
    message: str | None = None
    subject: ModerationSubject | None = None


def read_task(body: bytes | object, *, status: int = 200) -> TaskReading:
    """Read one answer: its bytes, or what they decode to, and the HTTP status it came with. Never raises."""
    layers = layers_of(decoded(bytes(body)) if isinstance(body, bytes | bytearray) else body)
    task, raw_status = _status(layers)
    layers.sort(key=lambda layer: layer is not task)  # the task itself first; the others keep their order
    outcome = _outcome(layers, raw_status, status)
    urls, needs_auth = _results(layers, outcome)
    cause: _Cause | None = None
    if outcome is TaskOutcome.FAILED:
        cause = _why_failed(layers, status)
    elif outcome is TaskOutcome.COMPLETED and not urls and not needs_auth:
        outcome, cause = TaskOutcome.FAILED, _why_without_film(layers)
    elif outcome is TaskOutcome.RUNNING and urls:
        outcome = TaskOutcome.COMPLETED
    return TaskReading(
        outcome=outcome,
        raw_status=raw_status,
        progress=_progress(layers),
        task_id=_task_id(layers),
        result_urls=urls,
        result_needs_auth=needs_auth,
        error_kind=cause.kind if cause else None,
        error_message=cause.message if cause else None,
        subject=cause.subject if cause else None,
    )


# How it is going


def _status(layers: Sequence[Layer]) -> tuple[Layer | None, str | None]:
    """The layer with the task's status word, and the word; a frame's mere "success" gives way to a word inside."""
    found = [(layer, word) for layer in layers if (word := first_text(layer, words.STATUS_KEYS)) is not None]
    inside = [(layer, word) for layer, word in found if folded(word) not in words.FRAME_WORDS]
    return next(iter(inside or found), (None, None))


def _outcome(layers: Sequence[Layer], raw_status: str | None, http_status: int) -> TaskOutcome:
    if raw_status is not None and (said := words.STATUS_WORDS.get(folded(raw_status))) is not None:
        return _unless_flagged(said, layers)
    flagged = _flag(layers)
    if flagged is not None:
        return flagged if flagged is not TaskOutcome.COMPLETED or not _errors(layers) else TaskOutcome.FAILED
    if http_status >= 400 or (raw_status is None and (_errors(layers) or _frame_failed(layers))):
        return TaskOutcome.FAILED
    return TaskOutcome.RUNNING


def _unless_flagged(said: TaskOutcome, layers: Sequence[Layer]) -> TaskOutcome:
    """A word that means running gives way to a flag that says done."""
    return _flag(layers[:1]) or said if said is TaskOutcome.RUNNING else said


def _flag(layers: Sequence[Layer]) -> TaskOutcome | None:
    for layer in layers:
        for key, meanings in words.FLAGS.items():
            value = layer.get(key)
            # True equals 1 in a dict: a truth value must not be taken for a number, nor the reverse.
            for meaning, outcome in meanings.items():
                if type(value) is type(meaning) and value == meaning:
                    return outcome
    return None


def _frame_failed(layers: Sequence[Layer]) -> bool:
    return any(_is_bad_code(layer.get("code")) for layer in layers)


def _is_bad_code(code: object) -> bool:
    return isinstance(code, str | int) and not isinstance(code, bool) and folded(str(code)[:64]) not in words.GOOD_CODES


def _progress(layers: Sequence[Layer]) -> int | None:
    for layer in layers:
        for key in words.PROGRESS_KEYS:
            if (percent := _percent(layer.get(key))) is not None:
                return percent
    return None


def _percent(value: object) -> int | None:
    """`30`, `"30%"`, `"30"` and `0.3` are the same; a number with a decimal point up to 1 is a share of the whole."""
    in_percent = False
    if isinstance(value, str):
        match = _NUMBER.fullmatch(value[:32])
        if match is None:
            return None
        in_percent = bool(match[2]) or "." not in match[1]
        value = float(match[1])
    elif isinstance(value, int) and not isinstance(value, bool):
        in_percent = True
    if not isinstance(value, float | int) or isinstance(value, bool):
        return None
    if isinstance(value, float) and not math.isfinite(value):
        return None
    percent = value if in_percent or value > 1 else value * 100
    return round(percent) if 0 <= percent <= 100 else None


def _task_id(layers: Sequence[Layer]) -> str | None:
    for layer in layers:
        for key in words.ID_KEYS:
            if key == "request_id" and first_text(layer, words.STATUS_KEYS) is None:
                continue  # beside no status it names the call, not the task
            value = layer.get(key)
            if isinstance(value, int) and not isinstance(value, bool):
                value = str(value)
            if isinstance(value, str) and value.strip():
                return plain_text(value)
        name = layer.get(words.OPERATION_KEY)
        if isinstance(name, str) and "operations/" in name:
            return plain_text(name)
    return None


# What came of it


def _results(layers: Sequence[Layer], outcome: TaskOutcome) -> tuple[tuple[str, ...], bool]:
    """The film's addresses, best first, and whether the best needs the key; while it runs, only what is final."""
    if outcome is TaskOutcome.FAILED:
        return (), False
    if outcome is TaskOutcome.RUNNING:
        return tuple(url for url in _urls(layers, words.EARLY_RESULTS) if _FILM.search(url)), False
    urls = _urls(layers, words.RESULTS) or _urls(layers, words.RESULTS_AT_A_PINCH)
    if not urls:
        return (), _is_at_content(layers)
    keyed = _urls(layers, words.KEYED_RESULTS)
    return urls, urls[0] in keyed or bool(words.KEYED_ADDRESS.search(urls[0]))


def _is_at_content(layers: Sequence[Layer]) -> bool:
    task = layers[0] if layers else {}
    return (
        task.get("object") == words.CONTENT_OBJECT
        and _task_id(layers[:1]) is not None
        and not any(task.get(key) is not None for key in words.RESULT_HOLDERS)
        and not _is_refused(layers)
        and not _errors(layers)
    )


def _urls(layers: Sequence[Layer], paths: Iterable[str]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for leaf in _at(layers, paths):
        if isinstance(leaf, str) and len(leaf) <= _URL_LIMIT and _URL.fullmatch(leaf.strip()):
            found.setdefault(plain_text(leaf.strip(), _URL_LIMIT))
        if len(found) >= _URLS:
            break
    return tuple(found)


def _is_refused(layers: Sequence[Layer]) -> bool:
    counts = (count for count in _at(layers, words.REFUSED_COUNT) if isinstance(count, int))
    return any(flag is False for flag in _at(layers, words.REFUSED_FLAG)) or any(count > 0 for count in counts)


def _at(layers: Sequence[Layer], paths: Iterable[str]) -> Iterator[object]:
    """What stands at these paths in any layer; an earlier path comes first."""
    for path in paths:
        for layer in layers:
            yield from leaves(layer, path.split("."))


# Why not


def _why_without_film(layers: Sequence[Layer]) -> _Cause:
    if _is_refused(layers):
        reasons = (plain_text(reason) for reason in _at(layers, words.REFUSED_REASONS) if isinstance(reason, str))
        message = next(reasons, None)
        return _Cause(ErrorKind.MODERATION, message, ModerationSubject.RESULT)
    return _why_failed(layers, 200) if _errors(layers) else _Cause(ErrorKind.NO_RESULT)


def _why_failed(layers: Sequence[Layer], http_status: int) -> _Cause:
    message, codes, type_ = _error_words(layers)
    known = next((words.KIND_CODES[code] for code in codes if code in words.KIND_CODES), None)
    if known is not None:
        return _Cause(known, message)
    status = http_status if http_status >= 400 else None
    told: list[str | int | None] = [*codes] or [None]
    kinds = [classify(message=message, code=code, type_=type_, status=status) for code in told]
    kind = next((kind for kind in kinds if kind not in _VAGUE), kinds[0])
    if kind is not ErrorKind.MODERATION:
        return _Cause(ErrorKind.MODERATION, message) if _is_refused(layers) else _Cause(kind, message)
    return _Cause(kind, message, moderation_subject([*(str(code) for code in codes), message]))


def _error_words(layers: Sequence[Layer]) -> tuple[str | None, list[str | int], str | None]:
    """The upstream's words for what went wrong, and the codes and the type beside them."""
    messages: list[str] = []
    codes: list[str | int] = []
    type_: str | None = None
    for error in _errors(layers):
        if isinstance(error, str):
            messages.append(error)
            continue
        messages += filter(None, [first_text(error, words.MESSAGE_KEYS)])
        codes += _codes(error, ("code", *words.ERROR_CODE_KEYS))
        type_ = type_ or first_text(error, ("type",))
    for layer in layers:
        codes += _codes(layer, words.ERROR_CODE_KEYS)
        messages += [
            text
            for key in words.FRAME_ERROR_KEYS
            if isinstance(text := layer.get(key), str) and folded(text) not in words.EMPTY_WORDS
        ]
    return (plain_text(messages[0]) if messages else None), codes, type_


def _errors(layers: Sequence[Layer]) -> list[str | Layer]:
    """What stands under the keys made for errors and says something; code 0 without words says nothing."""
    found: list[str | Layer] = []
    for layer in layers:
        for key in words.ERROR_KEYS:
            error = unpacked(layer.get(key))
            if isinstance(error, dict):
                inner = unpacked(error.get("error"))
                error = inner if isinstance(inner, dict) else error
                if first_text(error, words.MESSAGE_KEYS) or _is_bad_code(error.get("code")):
                    found.append(error)
            elif isinstance(error, str) and not (folded(error) in words.EMPTY_WORDS or _URL.fullmatch(error.strip())):
                found.append(error)
    return found


def _codes(source: Layer, keys: Iterable[str]) -> list[str | int]:
    values = (source.get(key) for key in keys)
    return [
        value[:64] if isinstance(value, str) else value
        for value in values
        if isinstance(value, str | int) and _is_bad_code(value)
    ]
