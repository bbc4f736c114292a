"""The judge: each request against the published description of the Bot API, where that file is at hand."""

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from tests.emulators.telegram.calls import Call

DESCRIPTION = Path(__file__).parents[3].parent / "shared" / "schemas" / "telegram-bot-api.json"
"""PaulSonOfLars/telegram-bot-api-spec, `api.json`, beside the project."""


@cache
def description() -> dict[str, Any] | None:
    """The file, or None where there is none."""
    if not DESCRIPTION.exists():
        return None
    described: dict[str, Any] = json.loads(DESCRIPTION.read_bytes())
    return described


def session_line() -> str | None:
    """What a run says where requests were not judged."""
    if description() is not None:
        return None
    return "Telegram's description is not at ../shared/schemas/telegram-bot-api.json: requests were not judged by it"


_PLAIN: dict[str, tuple[type, ...]] = {
    "Integer": (int,),
    "Float": (int, float),
    "String": (str,),
    "Boolean": (bool,),
    "InputFile": (str,),
}


class Judge:
    """Compares requests with the description."""

    def complaints(self, call: Call) -> Iterator[str]:
        """Each way in which a request is not as described, one sentence each."""
        described = description()
        if described is None:
            return
        method = described["methods"].get(call.method)
        if method is None:
            yield f"{call.method}: the description has no such method"
            return
        fields = {field["name"]: field for field in method.get("fields", ())}
        attached = set(re.findall(r"attach://([^\"\\]+)", json.dumps(call.params)))
        for name in [*call.params, *(set(call.files) - attached)]:
            if name not in fields:
                yield f"{call.method}: the description has no {name}"
        for name, field in fields.items():
            if field["required"] and not call.has(name):
                yield f"{call.method}: {name} is required by the description"
        for name, value in call.params.items():
            if name in fields and value not in (None, ""):
                yield from (
                    f"{call.method}: {name}{wrong}" for wrong in _wrong(_read(call, name, fields), fields[name])
                )

    def answer_complaints(self, call: Call) -> Iterator[str]:
        """The emulator's own answers are judged too: an emulator that drifts from Telegram proves nothing."""
        described = description()
        if described is None or not call.ok or not isinstance(call.answer, dict) or "result" not in call.answer:
            return
        method = described["methods"].get(call.method)
        if method is not None:
            for wrong in _wrong(call.answer["result"], {"types": method["returns"]}):
                yield f"the emulator's answer to {call.method}{wrong}"

    def update_complaints(self, update: dict[str, Any]) -> Iterator[str]:
        """So are its updates."""
        if description() is not None:
            yield from (f"the emulator's update{wrong}" for wrong in _wrong(update, {"types": ["Update"]}))


def _read(call: Call, name: str, fields: dict[str, Any]) -> Any:
    """A form's text as the value that it stands for."""
    value, types = call.params[name], fields[name]["types"]
    if not isinstance(value, str) or "String" in types or "InputFile" in types:
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def _wrong(value: Any, field: dict[str, Any]) -> Iterator[str]:
    """In what a value fits none of the types: places and reasons, those of the type that it comes nearest to."""
    best: list[str] | None = None
    for type_ in field["types"]:
        found = list(_unlike(value, type_))
        if not found:
            return
        if best is None or len(found) < len(best):
            best = found
    yield from best or ()


def _unlike(value: Any, type_: str) -> Iterator[str]:
    if type_.startswith("Array of "):
        if not isinstance(value, list):
            yield f": {_short(value)} is no {type_}"
            return
        for index, item in enumerate(value):
            yield from (f"[{index}]{wrong}" for wrong in _unlike(item, type_.removeprefix("Array of ")))
        return
    plain = _PLAIN.get(type_)
    if plain is not None:
        if not isinstance(value, plain) or (isinstance(value, bool) and type_ != "Boolean"):
            yield f": {_short(value)} is no {type_}"
        return
    yield from _unlike_object(value, type_)


def _unlike_object(value: Any, type_: str) -> Iterator[str]:
    described = (description() or {"types": {}})["types"].get(type_)
    if described is None:
        return
    kinds = described.get("subtypes", ())
    if kinds:
        yield from _wrong(value, {"types": kinds})
        return
    if not isinstance(value, dict):
        yield f": {_short(value)} is no {type_}"
        return
    fields = {field["name"]: field for field in described.get("fields", ())}
    for name in value:
        if name not in fields:
            yield f": {type_} has no {name}"
    for name, field in fields.items():
        if name in value:
            yield from (f".{name}{wrong}" for wrong in _wrong(value[name], field))
        elif field["required"]:
            yield f": {type_} lacks {name}"


def _short(value: Any) -> str:
    return repr(value)[:80]
