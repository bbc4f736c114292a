"""What was asked for: the body of a chat completion, read as relays read it, or refused as they refuse it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.model import Shape
from core.simulator.faults import FIELD, HEADER, Faults, check_faults, faults_in_prompt, read_faults
from core.simulator.film import LONGEST_SECONDS
from core.simulator.script import Script, load_scripts

LONGEST_PROMPT = 8000
"""Characters; four times what the product itself lets through."""
MOST_MESSAGES = 100
DEFAULT_SECONDS = 5

_SHAPE_IN_WORDS = re.compile(
    r"(?<!\w)(?:(?P<portrait>portrait|vertical|9\s*[:x]\s*16)|(?P<landscape>landscape|horizontal|16\s*[:x]\s*9)"
    r"|(?P<square>square|1\s*[:x]\s*1))(?!\w)|(?P<竖>竖屏)|(?P<横>横屏)|(?P<方>方形)",
    re.IGNORECASE,
)
_IN_CHINESE = {"竖": "portrait", "横": "landscape", "方": "square"}
# What stands in prompts: `--duration 5`, "duration: 5 seconds", "a 10 second clip", "8s", "15秒".
_LENGTH_IN_WORDS = re.compile(
    r"(?:--)?\bdur(?:ation)?\b\s*[:=]?\s*(\d{1,3})\b"
    r"|(?<![\w.])(\d{1,3})[\s-]*(?:s|secs?|seconds?)\b|(\d{1,3})\s*秒",
    re.IGNORECASE,
)
_PIXELS = re.compile(r"^\s*(\d{2,5})\s*[x*]\s*(\d{2,5})\s*$", re.IGNORECASE)
_SHARE = re.compile(r"\bs_[0-9a-f]{32}\b")
_SUFFIX = re.compile(r"-(?:(portrait|landscape|square)|(\d{1,3})s)")


class BadOrderError(ValueError):
    """A request that no relay would take; `status`, `code` and the message are what it answers."""

    def __init__(self, status: int, message: str, *, code: str | None = None, param: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.param = param


@dataclass(frozen=True, slots=True)
class Order:
    """A request that is taken."""

    script: Script
    prompt: str
    seconds: int
    shape: Shape
    stream: bool
    has_image: bool
    prior_share: str | None
    """The share id of the video that this one is to continue."""
    faults: Faults


def read_order(body: object, headers: Mapping[str, str], usual: Faults) -> Order:
    """Read a request. Its own faults (header, then body, then prompt) stand in for the `usual` ones.

    Shape and length: body fields before the model's name, before words in the prompt. Raises `BadOrderError`.
    """
    if not isinstance(body, dict):
        raise BadOrderError(400, "the body must be a JSON object")
    script, shape, seconds = _model(body.get("model"))
    messages = body.get("messages")
    if not isinstance(messages, list) or not 1 <= len(messages) <= MOST_MESSAGES:
        raise BadOrderError(400, f"messages must be a list of 1 to {MOST_MESSAGES} messages", param="messages")
    asked = [message for message in messages if isinstance(message, dict) and message.get("role") == "user"]
    parts = list(_parts(asked[-1].get("content"))) if asked else []
    prompt = _storable("\n".join(part["text"] for part in parts if isinstance(part.get("text"), str)))
    if not prompt.strip():
        raise BadOrderError(400, "the last user message holds no text", param="messages")
    if len(prompt) > LONGEST_PROMPT:
        raise BadOrderError(413, f"the prompt is longer than {LONGEST_PROMPT} characters", param="messages")
    return Order(
        script=script,
        prompt=prompt,
        seconds=_seconds(body) or seconds or _seconds_in(prompt) or DEFAULT_SECONDS,
        shape=_shape(body) or shape or _shape_in(prompt) or Shape.LANDSCAPE,
        stream=body.get("stream") is True,
        has_image=any(part.get("type") == "image_url" for part in parts),
        prior_share=_prior_share(messages),
        faults=_faults(headers.get(HEADER), body.get(FIELD), prompt, usual),
    )


def _model(name: object) -> tuple[Script, Shape | None, int | None]:
    """`sim-foai-portrait-15s` is sim-foai, portrait, fifteen seconds."""
    scripts = load_scripts()
    base = max((known for known in scripts if isinstance(name, str) and name.startswith(known)), key=len, default=None)
    if base is None or not isinstance(name, str) or not re.fullmatch(rf"(?:{_SUFFIX.pattern})*", name[len(base) :]):
        raise BadOrderError(
            503,  # as new-api answers
            f"No available channel for model {_storable(str(name))[:100]} under group default (distributor)",
            code="model_not_found",
            param="model",
        )
    shape, seconds = None, None
    for suffix in _SUFFIX.finditer(name, len(base)):
        shape = Shape(suffix[1]) if suffix[1] else shape
        seconds = _in_range(int(suffix[2]), "model") if suffix[2] else seconds
    return scripts[base], shape, seconds


def _parts(content: object) -> Iterator[Mapping[str, Any]]:
    if isinstance(content, str):
        yield {"type": "text", "text": content}
    elif isinstance(content, list):
        yield from (part for part in content if isinstance(part, dict))


def _storable(text: str) -> str:
    """Lone surrogates have no bytes; they become question marks."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _seconds(body: Mapping[str, Any]) -> int | None:
    for field in ("seconds", "duration"):
        value = body.get(field)
        if isinstance(value, str) and (found := re.fullmatch(r"\s*(\d{1,3})\s*s?\s*", value)):
            value = int(found[1])
        if value is not None:
            if not isinstance(value, int) or isinstance(value, bool):
                raise BadOrderError(400, f"{field} must be a whole number of seconds", param=field)
            return _in_range(value, field)
    return None


def _in_range(seconds: int, param: str) -> int:
    if not 1 <= seconds <= LONGEST_SECONDS:
        raise BadOrderError(400, f"{param}: a video is 1 to {LONGEST_SECONDS} seconds long", param=param)
    return seconds


def _seconds_in(prompt: str) -> int | None:
    """The last length in words, where options stand; one that is out of range is a figure of speech."""
    lengths = [int(next(filter(None, found.groups()))) for found in _LENGTH_IN_WORDS.finditer(prompt)]
    return next((seconds for seconds in reversed(lengths) if 1 <= seconds <= LONGEST_SECONDS), None)


def _shape(body: Mapping[str, Any]) -> Shape | None:
    for field in ("size", "orientation", "aspect_ratio"):
        value = body.get(field)
        if value is None:
            continue
        if not isinstance(value, str):
            raise BadOrderError(400, f"{field} must be a string", param=field)
        if pixels := _PIXELS.match(value):
            width, height = int(pixels[1]), int(pixels[2])
            return Shape.SQUARE if width == height else Shape.PORTRAIT if width < height else Shape.LANDSCAPE
        if (shape := _shape_in(value)) is None:
            raise BadOrderError(400, f"{field} is not understood; for example 1280x720 or portrait", param=field)
        return shape
    return None


def _shape_in(text: str) -> Shape | None:
    """The last shape in words, where options stand."""
    names = [found.lastgroup or "" for found in _SHAPE_IN_WORDS.finditer(text)]
    return Shape(_IN_CHINESE.get(names[-1], names[-1])) if names else None


def _prior_share(messages: Sequence[object]) -> str | None:
    """The last share id that an earlier answer or any text names: what a planner lifts out of a conversation."""
    texts = [
        part["text"]
        for message in messages
        if isinstance(message, dict)
        for part in _parts(message.get("content"))
        if isinstance(part.get("text"), str)
    ]
    return next((found[-1] for text in reversed(texts) if (found := _SHARE.findall(text))), None)


def _faults(header: str | None, field: object, prompt: str, usual: Faults) -> Faults:
    if not isinstance(field, str | dict | None):
        raise BadOrderError(400, f'{FIELD} is a text like "cut@12, pings" or an object like {{"cut": 12}}', param=FIELD)
    try:
        if header is not None:
            return read_faults(header)
        if isinstance(field, str):
            return read_faults(field)
        if isinstance(field, dict):
            return check_faults(field)
        return faults_in_prompt(prompt) or usual
    except ValueError as error:
        raise BadOrderError(400, str(error), param=FIELD) from error
