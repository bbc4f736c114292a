"""Sends a film as a content server does, with ranges; or spoils it as the faults ask."""

import asyncio
import hashlib
from collections.abc import AsyncIterator

from aiohttp import web

from core.simulator.faults import Faults

ENDLESS_BYTES = 4 << 30
"""How long "never ends" is."""
HUGE_BYTES = 10 << 30
_SLICE = 1024
_BLOCK = bytes(64 * 1024)
_PAGE = b"<!doctype html><title>Not found</title><p>This video has expired.</p>"


async def send_file(
    request: web.Request, data: bytes, media_type: str, faults: Faults, scale: float
) -> web.StreamResponse:
    """Send a file whole or in the asked range. `scale` is what a second at speed 1 takes."""
    if "file_status" in faults:
        return web.Response(status=faults["file_status"], body=_PAGE, content_type="text/html")
    if faults.get("not_a_video"):
        data = _PAGE
    headers = {
        "Accept-Ranges": "bytes",
        "Cache-Control": "public, max-age=86400",
        "Content-Type": media_type,
        "ETag": f'"{hashlib.sha256(data).hexdigest()[:32]}"',
    }
    if "/download/" in request.path:
        headers["Content-Disposition"] = 'attachment; filename="video.mp4"'
    if request.method == "HEAD":
        return web.Response(headers=headers | {"Content-Length": str(len(data))})
    if faults.get("endless") or faults.get("huge"):
        return await _send_for_ever(request, data, headers, announced=HUGE_BYTES if faults.get("huge") else None)
    status, part = 200, data
    if headers["ETag"] == request.headers.get("If-Range", headers["ETag"]):
        try:
            span = request.http_range
        except ValueError:
            return web.Response(status=416, headers={"Content-Range": f"bytes */{len(data)}"})
        if span.start is not None or span.stop is not None:
            start, stop, _ = span.indices(len(data))
            if start >= stop:
                return web.Response(status=416, headers={"Content-Range": f"bytes */{len(data)}"})
            status, part = 206, data[start:stop]
            headers["Content-Range"] = f"bytes {start}-{stop - 1}/{len(data)}"
    return await _send(request, part, status, headers, faults, scale)


async def _send(
    request: web.Request, data: bytes, status: int, headers: dict[str, str], faults: Faults, scale: float
) -> web.StreamResponse:
    """Send bytes under their true length, perhaps slowly, perhaps not all of them."""
    response = web.StreamResponse(status=status, headers=headers | {"Content-Length": str(len(data))})
    await response.prepare(request)
    sent = data[: len(data) // 2] if faults.get("truncated") else data
    async for piece in _pieces(sent, faults.get("slow_file"), scale):
        await response.write(piece)
    if len(sent) < len(data) and request.transport is not None:
        request.transport.close()  # what was written is sent; what was promised is not
    return response


async def _pieces(data: bytes, pause: float | None, scale: float) -> AsyncIterator[bytes]:
    if pause is None:
        yield data
        return
    for start in range(0, len(data), _SLICE):
        await asyncio.sleep(pause * scale)
        yield data[start : start + _SLICE]


async def _send_for_ever(
    request: web.Request, data: bytes, headers: dict[str, str], *, announced: int | None
) -> web.StreamResponse:
    """A true beginning, then zeros until the reader has had enough."""
    length = {} if announced is None else {"Content-Length": str(announced)}
    response = web.StreamResponse(headers=headers | length)
    await response.prepare(request)
    await response.write(data)
    for _ in range(((announced or ENDLESS_BYTES) - len(data)) // len(_BLOCK)):
        await response.write(_BLOCK)
        await asyncio.sleep(0)
    return response
