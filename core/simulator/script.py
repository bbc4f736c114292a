"""What a dialect says, as data: the types behind `scripts/*.toml`, read and checked once."""

import json
import re
import secrets
import string
import tomllib
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Literal

import msgspec

_FOLDER = Path(__file__).parent / "scripts"
_CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"


class Style(StrEnum):
    """How an emitter writes JSON."""

    COMPACT = "compact"  # JavaScript
    SPACED = "spaced"  # Python, ensure_ascii=False
    SPACED_ASCII = "spaced-ascii"  # Python as it comes
    GO = "go"  # Go escapes what HTML would trip over

    def write(self, value: object) -> str:
        """Write `value` as this emitter does; key order is kept."""
        separators = (",", ":") if self in {Style.COMPACT, Style.GO} else (", ", ": ")
        text = json.dumps(value, ensure_ascii=self is Style.SPACED_ASCII, separators=separators)
        return text.translate(_GO_ESCAPES) if self is Style.GO else text


_GO_ESCAPES = {ord(char): f"\\u{ord(char):04x}" for char in "<>&\u2028\u2029"}


class Wire(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The JSON around the words, as templates in which `$name` stands for a value that is JSON already."""

    style: Style
    delta: tuple[str, ...]
    """Keys of a delta in their order."""
    event: str
    last: str
    """The event that bears a finish_reason."""
    reply: str
    """The body when no stream was asked for."""
    usage: str | None = None
    error: str | None = None
    error_name: str | None = None
    """The `event:` line before an error."""
    nulls: bool = False
    """Whether keys without a value are written as null; a role never is."""
    role_always: bool = False
    """Whether every delta names the role; otherwise the first does."""
    new_id: bool = False
    """Whether every event has an id of its own."""
    new_created: bool = False


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line of a script; it becomes one event, or several where it has a `plan`, `each` or `times`."""

    text: str | None = None
    """Content; `$name` stands for a value of the job."""
    thought: str | None = None
    """Reasoning content."""
    plan: tuple[str, ...] = ()
    """The planner's tokens, one an event; `$prompt` becomes as many tokens as the prompt has."""
    error: str | None = None
    """A structured error, written by the wire's `error` template."""
    delta_error: str | None = None
    """An error in the place of a delta's content."""
    comment: str | None = None
    raw: str | None = None
    """Bytes as they are, with values put in."""
    last: bool = False
    usage: bool = False
    done: bool = False
    index: int = 0
    times: int = 1
    each: tuple[int | str, ...] = ()
    """Values for `$n`, one an event; numbers are also the progress that `/source` tells."""
    pause: float = 0.0
    """Seconds before it, at speed 1."""
    when: Literal["image", "remix", "retry"] | None = None
    """Said only then."""
    status: str | None = None
    """What `/source` says from here on."""


class Ending(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Another way for the story to end."""

    after: Literal["nothing", "start", "work"]
    """The last part that is still told."""
    steps: tuple[Step, ...]
    reason: str | None = None
    """Why it failed, as `/source` tells it too; None where nothing failed."""
    close: bool = True
    """Whether the story's usual closing lines follow."""
    http: int | None = None
    """The HTTP status with which the error comes when no stream was asked for."""
    reply: str | None = None
    """The content when no stream was asked for; otherwise what the stream would say."""


class Story(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The parts of an undisturbed generation."""

    start: tuple[Step, ...]
    work: tuple[Step, ...]
    done: tuple[Step, ...]
    close: tuple[Step, ...]
    reply: str | None = None


class Script(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One dialect."""

    model: str
    dialect: str
    ids: Mapping[str, str]
    """Names that each job is given, as patterns: `task_01{base32:24}`. What begins with `/` becomes an address."""
    wire: Wire
    story: Story
    endings: Mapping[str, Ending]
    source: Literal["sora", "veo"] | None = None
    """Which answer `/source` gives; None where there is no ticket to ask by."""


@cache
def load_scripts() -> Mapping[str, Script]:
    """All dialects by their model's name."""
    scripts = [
        msgspec.convert(tomllib.loads(path.read_text("utf-8")), Script) for path in sorted(_FOLDER.glob("*.toml"))
    ]
    return {script.model: script for script in scripts}


def draw(pattern: str, moment: datetime) -> str:
    """Fill a pattern of `ids` with what chance and the moment give: `{hex:8}`, `{letters:26}`, `{uuid}`, `{ms}`, …"""
    return _PLACE.sub(lambda place: _DRAWERS[place[1]](int(place[2] or 0), moment), pattern)


_PLACE = re.compile(r"\{(\w+)(?::(\d+))?\}")


def _among(alphabet: str) -> Callable[[int, datetime], str]:
    return lambda length, _: "".join(secrets.choice(alphabet) for _ in range(length))


_DRAWERS: Mapping[str, Callable[[int, datetime], str]] = {
    "hex": _among("0123456789abcdef"),
    "letters": _among(string.ascii_letters + string.digits),
    "base32": _among(_CROCKFORD),
    "uuid": lambda _, __: str(uuid.uuid4()),
    "date": lambda _, moment: moment.astimezone(UTC).strftime("%Y%m%d"),
    "s": lambda _, moment: str(int(moment.timestamp())),
    "ms": lambda _, moment: str(int(moment.timestamp() * 1000)),
}
