"""The judge: each request against Discord's own description of its API, where that file is at hand."""

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs

from tests.emulators.discord.calls import Call

DESCRIPTION = Path(__file__).parents[3].parent / "shared" / "schemas" / "discord-openapi.json"
"""discord/discord-api-spec, `specs/openapi.json`, beside the project."""

LIBRARY_ADDS = frozenset({"tts"})
"""What discord.py 2.7 puts into each form with files, edits included, whoever asks."""


@cache
def description() -> dict[str, Any] | None:
    """The file, amended where it is known not to say what Discord does; None where there is none."""
    if not DESCRIPTION.exists():
        return None
    described: dict[str, Any] = json.loads(DESCRIPTION.read_bytes())
    # Snowflakes in bodies: described as strings; the reference says that Discord takes integers as well
    # ("API v6 and up: snowflakes are serialized as strings, either is accepted"), and discord.py sends them.
    schemas = described["components"]["schemas"]
    schemas["SnowflakeType"] = {
        "anyOf": [{"type": "string", "pattern": "^(0|[1-9][0-9]*)$"}, {"type": "integer", "minimum": 0}]
    }
    # Mistakes within a form bear names, as the reference shows them (topics/errors), not numbers.
    schemas["InnerErrors"]["properties"]["_errors"]["items"] = {
        "type": "object",
        "properties": {"code": {"type": "string"}, "message": {"type": "string"}},
        "required": ["code", "message"],
    }
    # A 429 has a code only "for some limits" (topics/rate-limits: `code?`).
    schemas["RatelimitedResponse"]["allOf"][0] = {
        "type": "object",
        "properties": schemas["Error"]["properties"],
        "required": ["message"],
    }
    return described


def session_line() -> str | None:
    """What a run says where requests were not judged."""
    if description() is not None:
        return None
    return (
        "Discord's OpenAPI description is not at ../shared/schemas/discord-openapi.json: requests were not judged by it"
    )


def is_described(method: str, route: str) -> bool:
    """Whether the description has this operation."""
    return _operation(method, route) is not None


class Judge:
    """Compares requests with the description."""

    def complaints(self, call: Call) -> Iterator[str]:
        described = description()
        if described is None:
            return
        found = _operation(call.method, call.route)
        if found is None:
            yield f"{call.method} {call.path}: Discord's description has no such operation"
            return
        operation, parameters = found
        for sentence in [*_query_complaints(call, parameters), *_body_complaints(call, operation)]:
            yield f"{call.method} {call.route}: {sentence}"

    def answer_complaints(self, call: Call) -> Iterator[str]:
        """The emulator's own answers are judged too: an emulator that drifts from Discord proves nothing."""
        described = description()
        found = _operation(call.method, call.route)
        if described is None or found is None or call.answer is None:
            return
        answers = found[0]["responses"]
        answer = answers.get(str(call.status)) or answers.get(f"{call.status // 100}XX") or {}
        if "$ref" in answer:
            answer = described["components"]["responses"][answer["$ref"].rsplit("/", 1)[1]]
        schema = answer.get("content", {}).get("application/json", {}).get("schema")
        if schema is not None:
            for sentence in _wrong(schema, call.answer):
                yield f"the emulator's answer to {call.method} {call.route}: {sentence}"


@cache
def _paths() -> dict[str, str]:
    """The described paths by their shape, whatever their parameters are called."""
    described = description() or {"paths": {}}
    return {_shape(path): path for path in described["paths"]}


def _shape(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", path)


@cache
def _operation(method: str, route: str) -> tuple[dict[str, Any], list[dict[str, Any]]] | None:
    described = description()
    path = _paths().get(_shape(route))
    if described is None or path is None or method.lower() not in described["paths"][path]:
        return None
    operation = described["paths"][path][method.lower()]
    return operation, [*described["paths"][path].get("parameters", ()), *operation.get("parameters", ())]


@cache
def _validator(schema: str) -> jsonschema_rs.Draft202012Validator:
    described = description() or {}
    return jsonschema_rs.Draft202012Validator(json.loads(schema) | {"components": described["components"]})


def _wrong(schema: dict[str, Any], value: Any) -> Iterator[str]:
    validator = _validator(json.dumps(schema, sort_keys=True))
    if validator.is_valid(value):
        return
    for error in validator.iter_errors(value):
        place = ".".join(map(str, error.instance_path)) or "the body"
        yield f"{place}: {error.message[:300]}"


def _query_complaints(call: Call, parameters: list[dict[str, Any]]) -> Iterator[str]:
    described = {parameter["name"]: parameter for parameter in parameters if parameter["in"] == "query"}
    for name, value in call.query.items():
        if name not in described:
            yield f"the query has no {name}"
        else:
            schema = described[name]["schema"]
            yield from (f"query {name}: {wrong}" for wrong in _wrong(schema, _read(value, schema.get("type"))))
    for name, parameter in described.items():
        if parameter.get("required") and name not in call.query:
            yield f"the query lacks {name}"


def _read(value: str, kind: object) -> Any:
    """A query's text as the value that it stands for; flags may be written 0 and 1."""
    if kind == "boolean":
        return {"0": False, "1": True, "true": True, "false": False}.get(value.lower(), value)
    return int(value) if kind == "integer" and value.isdecimal() else value


def _body_complaints(call: Call, operation: dict[str, Any]) -> Iterator[str]:
    described = operation.get("requestBody")
    if described is None:
        if call.json not in (None, {}) or call.files:
            yield "a body is sent that the description does not know"
        return
    if call.json is None and not call.multipart:
        if described.get("required"):
            yield "the body is missing"
        return
    media_type = "multipart/form-data" if call.multipart else "application/json"
    if media_type not in described["content"]:
        yield f"{media_type} is not described"
        return
    # files travel beside `payload_json`; their fields are checked by `read_body`
    schema = described["content"][media_type]["schema"]
    yield from _wrong(schema, call.json)
    if isinstance(call.json, dict):
        for name in sorted(set(call.json) - _fields(json.dumps(schema)) - LIBRARY_ADDS):
            yield f"the body has a {name} that Discord does not know: it is ignored"


@cache
def _fields(schema: str) -> frozenset[str]:
    """The names that a body may have, by whichever of its forms."""

    def walk(node: dict[str, Any]) -> set[str]:
        if "$ref" in node:
            node = (description() or {})["components"]["schemas"][node["$ref"].rsplit("/", 1)[1]]
        below = (walk(part) for kind in ("allOf", "anyOf", "oneOf") for part in node.get(kind, ()))
        return set(node.get("properties", ())).union(*below)

    return frozenset(walk(json.loads(schema)))
