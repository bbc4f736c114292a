"""Answers that come instead of a stream, in the words and forms of the relays that send them."""

import json
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from core.simulator.faults import Faults

_GATEWAY_PAGE = """<html>
<head><title>{status} {phrase}</title></head>
<body>
<center><h1>{status} {phrase}</h1></center>
<hr><center>cloudflare</center>
</body>
</html>
"""
_PHRASES = {
    502: "Bad Gateway",
    503: "Service Temporarily Unavailable",
    504: "Gateway Time-out",
    524: "A timeout occurred",
}
_REDIRECT_TO = "https://elsewhere.invalid/v1/chat/completions"  # .invalid never resolves (RFC 2606)


def error_body(message: str, *, type_: str, code: str | None, param: str | None = "") -> dict[str, Any]:
    """An error as OpenAI and new-api write it."""
    return {"error": {"message": message, "type": type_, "param": param, "code": code}}


def refusal(faults: Faults, model: str) -> web.Response | None:
    """The answer that the faults put in the stream's place; None where they put none."""
    if faults.get("redirect"):
        return web.Response(status=307, headers={"Location": _REDIRECT_TO})
    if "html" in faults:
        phrase = _PHRASES.get(faults["html"], "Just a moment...")
        text = _GATEWAY_PAGE.format(status=faults["html"], phrase=phrase)
        return web.Response(status=faults["html"], text=text, content_type="text/html")
    if "rate_limit" in faults:
        body = error_body("Rate limit reached for requests", type_="requests", code="rate_limit_exceeded", param=None)
        return answer(429, body, {"Retry-After": str(faults["rate_limit"])})
    if faults.get("auth"):
        return answer(
            401, error_body("Incorrect API key provided", type_="invalid_request_error", code="invalid_api_key")
        )
    if faults.get("no_credit"):
        message = "用户额度不足, 剩余额度: $0.000000"  # new-api's words
        return answer(402, error_body(message, type_="new_api_error", code="insufficient_user_quota"))
    if faults.get("model_not_found"):
        message = f"No available channel for model {model} under group default (distributor)"
        return answer(503, error_body(message, type_="new_api_error", code="model_not_found"))
    if faults.get("blocked"):
        message = "Your request was rejected as a result of our safety system."
        return answer(403, error_body(message, type_="invalid_request_error", code="content_policy_violation"))
    if "http" in faults:
        message = f"upstream error with status {faults['http']}"
        return answer(faults["http"], error_body(message, type_="upstream_error", code="bad_response_status_code"))
    return None


def answer(status: int, body: object, headers: Mapping[str, str] | None = None) -> web.Response:
    """A JSON answer."""
    text = json.dumps(body, ensure_ascii=False)
    return web.Response(status=status, text=text, content_type="application/json", headers=headers)
