"""One request of the bot, read and written down: what it asked, with which files, when, and what it was told."""

import json
import re
from dataclasses import dataclass, field
from datetime import datetime
from email import message_from_bytes, message_from_string
from enum import StrEnum
from typing import Any

from aiohttp import web

from tests.emulators.discord.errors import bad_form, refusal
from tests.emulators.discord.world import MIB
from tests.virtual_time import now

MOST_BYTES = 200 * MIB
"""What no request may exceed, whatever limit was announced for a file."""
_FILE_FIELD = re.compile(r"files\[(\d+)\]")


class Right(StrEnum):
    """By what right a route is asked."""

    BOT = "bot token"
    INTERACTION = "interaction token"


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
    path: str
    """Without `/api/v10`."""
    route: str
    """The path as Discord's description writes it, with its parameters' names."""
    right: Right
    at: datetime
    params: dict[str, str]
    query: dict[str, str]
    reason: str | None = None
    json: Any = None
    files: dict[int, Upload] = field(default_factory=dict)
    multipart: bool = False
    status: int = 0
    """What it was answered; 0 where the line was cut or nobody has answered yet."""
    answer: Any = None
    answered_at: datetime | None = None

    @property
    def body(self) -> dict[str, Any]:
        """The JSON where it is an object."""
        if not isinstance(self.json, dict):
            raise bad_form(((), "MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType"))
        return self.json

    def number(self, name: str) -> int:
        """A parameter that is a snowflake."""
        value = self.params[name]
        if not value.isdecimal():
            raise bad_form(((name,), "NUMBER_TYPE_COERCE", f'Value "{value}" is not snowflake.'))
        return int(value)


def route_of(request: web.Request) -> str:
    """The route that aiohttp has found, or nothing."""
    resource = request.match_info.route.resource
    return "" if resource is None else resource.canonical.removeprefix("/api/v10")


async def read_call(request: web.Request, right: Right) -> Call:
    """Read a request to its end. What is too large or no JSON is refused by `read_body`, after it was written down."""
    return Call(
        method=request.method,
        path=request.path.removeprefix("/api/v10"),
        route=route_of(request),
        right=right,
        at=now(),
        params=dict(request.match_info),
        query=dict(request.query),
        reason=request.headers.get("X-Audit-Log-Reason"),
    )


async def read_body(request: web.Request, call: Call) -> None:
    """JSON, or a form with `payload_json` and `files[n]`."""
    try:
        raw = await request.read()
    except web.HTTPRequestEntityTooLarge:
        raise refusal(40005) from None
    if request.content_type == "multipart/form-data":
        call.multipart = True
        fields = message_from_string(f"Content-Type: {request.headers['Content-Type']}")
        _read_form(raw, call, str(fields.get_boundary()))
        return
    if not raw:
        return
    if request.content_type != "application/json":
        message = f"Expected \"Content-Type\" header to be one of {{'application/json'}}. Got {request.content_type!r}."
        raise bad_form(((), "CONTENT_TYPE_INVALID", message))
    call.json = _parsed(raw)


def _read_form(raw: bytes, call: Call, boundary: str) -> None:
    """Cut a form at its boundaries: films are large, and this costs nothing."""
    call.json = {}
    for part in raw.split(f"--{boundary}".encode())[1:-1]:
        head, _, data = part.removeprefix(b"\r\n").removesuffix(b"\r\n").partition(b"\r\n\r\n")
        fields = message_from_bytes(head)
        name = str(fields.get_param("name", header="Content-Disposition"))
        if name == "payload_json":
            call.json = _parsed(data)
        elif (match := _FILE_FIELD.fullmatch(name)) is not None:
            call.files[int(match[1])] = Upload(fields.get_filename("unknown"), data, fields.get_content_type())
        else:
            raise bad_form(((name,), "FORM_FIELD_UNKNOWN", "Only payload_json and files[n] are read."))


def _parsed(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except ValueError:
        raise refusal(50109) from None
