"""One request of the bot, read and written down: what it asked, with which files, when, and what it was told."""

import json
import re
from dataclasses import dataclass, field
from datetime import datetime
from email import message_from_bytes, message_from_string
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web

from tests.emulators.telegram.clock import now, seconds
from tests.emulators.telegram.errors import bad_request

MIB = 1 << 20
_TRUE = frozenset({"1", "true", "yes"})


@dataclass(frozen=True)
class Upload:
    """A file on its way, from the bot or from a person."""

    filename: str
    data: bytes = field(repr=False)
    content_type: str = "application/octet-stream"


@dataclass(eq=False)
class Call:
    """One request."""

    method: str
    """Of the Bot API, as it is spelled in the reference."""
    at: datetime
    second: float
    """On the loop's clock."""
    params: dict[str, Any] = field(default_factory=dict)
    """As they came: texts from a form or a query, values from JSON."""
    files: dict[str, Upload] = field(default_factory=dict)
    from_json: bool = False
    size: int = 0
    """Bytes of the body."""
    number: int = 0
    """Which request of the session this was, from 1."""
    status: int = 0
    """What it was answered; 0 where the line was cut or nobody has answered yet."""
    answer: Any = None
    answered_at: datetime | None = None

    @property
    def ok(self) -> bool:
        return self.status == 200

    @property
    def description(self) -> str:
        """Telegram's sentence where it refused."""
        return str(self.answer.get("description", "")) if isinstance(self.answer, dict) else ""

    @property
    def chat_id(self) -> int | str | None:
        """The chat that it names."""
        given = self.params.get("chat_id")
        return given if given is None else int(given) if re.fullmatch(r"-?\d+", str(given)) else str(given)

    def has(self, name: str) -> bool:
        """Whether a value was given; an empty one counts as none, as with Telegram."""
        return self.params.get(name) not in (None, "") or name in self.files

    def text(self, name: str, default: str = "") -> str:
        value = self.params.get(name)
        if value is None:
            return default
        if isinstance(value, str):
            return value
        return json.dumps(value)

    def integer(self, name: str, default: int = 0) -> int:
        """A number as Telegram reads it: what is none counts as 0."""
        value = self.params.get(name)
        if value in (None, ""):
            return default
        found = re.match(r"\s*(-?\d+)", str(value))
        return int(found[1]) if found else 0

    def flag(self, name: str) -> bool:
        return self.text(name).lower() in _TRUE

    def json(self, name: str) -> Any:
        """A parameter that is JSON, or None.

        Raises TelegramError where it does not parse.
        """
        value = self.params.get(name)
        if value in (None, ""):
            return None
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except ValueError:
            raise bad_request(f"can't parse {name.replace('_', ' ')} JSON object") from None

    def upload(self, value: str) -> Upload | None:
        """The file that `attach://name` stands for."""
        return self.files.get(value.removeprefix("attach://")) if value.startswith("attach://") else None


async def read_call(request: web.Request, method: str) -> tuple[Call, Exception | None]:
    """Read a request to its end; what cannot be read is returned beside what could."""
    call = Call(method=method, at=now(), second=seconds(), params=dict(request.query))
    try:
        raw = await request.read()
        call.size = len(raw)
        _read_body(request, raw, call)
    except Exception as error:  # noqa: BLE001 - the call is written down, whatever was wrong with it
        return call, error
    return call, None


def _read_body(request: web.Request, raw: bytes, call: Call) -> None:
    if request.content_type == "multipart/form-data":
        fields = message_from_string(f"Content-Type: {request.headers['Content-Type']}")
        _read_form(raw, call, str(fields.get_boundary()))
    elif request.content_type == "application/json" and raw:
        call.from_json = True
        try:
            body = json.loads(raw)
        except ValueError:
            raise bad_request("can't parse JSON object") from None
        if not isinstance(body, dict):
            raise bad_request("expected a JSON object")
        call.params |= body
    elif raw:
        call.params |= dict(parse_qsl(raw.decode(), keep_blank_values=True))


def _read_form(raw: bytes, call: Call, boundary: str) -> None:
    """Cut a form at its boundaries: films are large, and this costs nothing."""
    mark = f"--{boundary}".encode()
    if not raw.rstrip().endswith(mark + b"--"):
        raise bad_request("the form has no end")
    for part in raw.split(mark)[1:-1]:
        head, _, data = part.removeprefix(b"\r\n").removesuffix(b"\r\n").partition(b"\r\n\r\n")
        fields = message_from_bytes(head)
        name = str(fields.get_param("name", header="Content-Disposition"))
        filename = fields.get_filename()
        if filename is None:
            call.params[name] = data.decode()
        else:
            call.files[name] = Upload(filename, data, fields.get_content_type())
