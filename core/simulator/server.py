"""The simulator itself: an HTTP server on loopback that speaks as upstreams do, and errs where it is asked to."""

import asyncio
import hmac
import ipaddress
import json
import math
import socket
import struct
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from aiohttp import web

from core.simulator.faults import Faults, check_faults
from core.simulator.files import send_file
from core.simulator.film import Film, Studio, render_poster
from core.simulator.jobs import Job, JobBook, begin
from core.simulator.orders import BadOrderError, read_order
from core.simulator.refusals import answer, error_body, refusal
from core.simulator.script import load_scripts
from core.simulator.sources import page, source_answer
from core.simulator.spoiling import StreamEnd, spoil
from core.simulator.story import Beat

STALL_SECONDS = 3600.0
"""How long a stalled connection is held."""
BODY_BYTES = 24 << 20
"""The largest request: pictures come as data URIs."""
MOST_STREAMS = 256
VISITS_KEPT = 1000
_CLOSING_SECONDS = 0.05  # what is under way when it closes is cut off, as when a server dies


def _now() -> datetime:
    return datetime.now(UTC)


class Simulator:
    """An upstream on this machine: `async with Simulator() as simulator: simulator.url`.

    `speed` divides every pause; 0 or infinity means none. `faults` are the usual ones; a request may name its own
    (header `X-Simulate: cut@12`, body field `simulate`, or `[simulate cut@12]` in the prompt). With a `key`, `/v1`
    asks for it. Only loopback hosts are taken (`ValueError`). Everything it keeps is bounded.
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        speed: float = 1.0,
        faults: Faults | None = None,
        key: str | None = None,
        jobs_kept: int = 256,
        films_kept: int = 24,
        now: Callable[[], datetime] = _now,
    ) -> None:
        if not _is_loopback(host):
            raise ValueError(f"the simulator serves this machine alone: {host} is not a loopback address")
        self._host, self._port = host, port
        self._scale = 0.0 if speed in {0, math.inf} else 1 / speed
        if not 0 <= self._scale < math.inf:
            raise ValueError("speed is a number from 0 up; 0 means no pauses")
        self._faults = check_faults(faults or {})
        self._key = key
        self._book = JobBook(jobs_kept=jobs_kept)
        self._studio = Studio(films_kept=films_kept)
        self._now = now
        self._runner: web.AppRunner | None = None
        self.visits: deque[str] = deque(maxlen=VISITS_KEPT)
        """The latest requests as `METHOD /path`, oldest first."""
        self.submissions = 0
        """How many generations were begun: what a real upstream would charge for."""
        self.open_streams = 0
        """How many answers to chat completions are under way."""

    @property
    def url(self) -> str:
        """Where it listens, without a path. `RuntimeError` while it does not."""
        if self._runner is None:
            raise RuntimeError("the simulator is not running")
        host, port = self._runner.addresses[0][:2]
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    async def __aenter__(self) -> Self:
        """Listen. Raises `OSError` where the port is taken."""
        application = web.Application(client_max_size=BODY_BYTES, middlewares=[self._note])
        application.add_routes(
            [
                web.post("/v1/chat/completions", self._chat),
                web.get("/v1/models", self._models),
                web.get("/source/{ticket}", self._source),
                web.get("/api/share/{ticket}", self._source),
                web.get("/web/{ticket}", self._web),
                web.get("/{path:.*}", self._file),
            ]
        )
        runner = web.AppRunner(
            application, access_log=None, handler_cancellation=True, shutdown_timeout=_CLOSING_SECONDS
        )
        async with AsyncExitStack() as undo:
            undo.push_async_callback(runner.cleanup)
            await runner.setup()
            await web.TCPSite(runner, self._host, self._port).start()
            undo.pop_all()
        self._runner = runner
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close all connections and end what is being rendered."""
        runner, self._runner = self._runner, None
        try:
            await self._studio.aclose()
        finally:
            if runner is not None:
                await runner.cleanup()

    @web.middleware
    async def _note(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        """Write the visit down; answer a bad order as relays do; let go who has hung up."""
        self.visits.append(f"{request.method} {request.path}")
        try:
            return await handler(request)
        except ConnectionError:  # while it was answered; as an error of ours it would be logged with its traceback
            return web.Response()
        except BadOrderError as error:
            body = error_body(str(error), type_="invalid_request_error", code=error.code, param=error.param)
            return answer(error.status, body)

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        self._check_key(request)
        try:
            body = json.loads(await request.read())
        except (ValueError, RecursionError) as error:
            raise BadOrderError(400, f"the body is not JSON: {error}") from error
        order = read_order(body, request.headers, self._faults)
        if (instead := refusal(order.faults, order.script.model)) is not None:
            return instead
        if self.open_streams >= MOST_STREAMS:
            return answer(503, error_body("No available capacity", type_="server_error", code="capacity"))
        job = begin(order, self.url, self._now(), asyncio.get_running_loop().time())
        self._book.add(job)
        self.submissions += 1
        streamed = order.stream and not order.faults.get("not_streamed")
        beats = job.telling.beats if streamed else (Beat(job.telling.body, job.telling.length),)
        status = 200 if streamed else job.telling.http
        return await self._answer(request, job, beats, status, "text/event-stream" if streamed else "application/json")

    async def _answer(
        self, request: web.Request, job: Job, beats: tuple[Beat, ...], status: int, media_type: str
    ) -> web.StreamResponse:
        """Send the beats at their pace, spoilt as the order asks."""
        spoilt = spoil(beats, job.order.faults)
        headers = {"Content-Type": f"{media_type}; charset=utf-8", "Cache-Control": "no-cache"}
        response = web.StreamResponse(status=status, headers=headers)
        self.open_streams += 1
        try:
            await response.prepare(request)
            for beat in spoilt.beats:
                await asyncio.sleep(beat.pause * self._scale)
                await response.write(beat.data)
            if spoilt.end is StreamEnd.STALLED:
                await asyncio.sleep(STALL_SECONDS)
            elif spoilt.end is StreamEnd.RESET:
                _reset(request.transport)
        finally:
            self.open_streams -= 1
        return response

    async def _models(self, request: web.Request) -> web.StreamResponse:
        self._check_key(request)
        models = [
            {"id": name, "object": "model", "created": 1760339757, "owned_by": "matinee"} for name in load_scripts()
        ]
        return answer(200, {"object": "list", "data": models})

    def _check_key(self, request: web.Request) -> None:
        given = request.headers.get("Authorization", "").encode()
        if self._key is not None and not hmac.compare_digest(given, f"Bearer {self._key}".encode()):
            raise BadOrderError(401, "Incorrect API key provided", code="invalid_api_key")

    async def _source(self, request: web.Request) -> web.StreamResponse:
        job = self._asked_for(request)
        if job is None:
            return answer(404, {"error": "not found"})
        body = source_answer(job, job.answer_to_poll(self._elapsed(job)))
        return web.Response(body=body, content_type="application/json")

    async def _web(self, request: web.Request) -> web.StreamResponse:
        job = self._asked_for(request)
        if job is None:
            raise web.HTTPNotFound
        return web.Response(text=page(job, job.turn(self._elapsed(job))), content_type="text/html")

    def _asked_for(self, request: web.Request) -> Job | None:
        job = self._book.by_ticket(request.match_info["ticket"])
        return None if job is None or job.order.faults.get("lost") else job

    def _elapsed(self, job: Job) -> float:
        """Seconds since the job began, at speed 1."""
        seconds = asyncio.get_running_loop().time() - job.born
        return seconds / self._scale if self._scale else math.inf

    async def _file(self, request: web.Request) -> web.StreamResponse:
        job = self._book.by_path(request.path)
        if job is None:
            raise web.HTTPNotFound
        order, role = job.order, job.paths[request.path]
        hop = int(hop) if (hop := request.query.get("hop", "0")[:3]).isdecimal() else 0
        if hop < order.faults.get("hops", 0):
            raise web.HTTPFound(request.rel_url.update_query(hop=str(hop + 1)))
        if role == "poster":
            data = await asyncio.to_thread(render_poster, order.prompt, order.seconds, order.shape)
            return await send_file(request, data, "image/webp", {}, self._scale)
        label = "simulated preview" if role == "preview" else "simulated"
        data = await self._studio.film(Film(order.prompt, order.seconds, order.shape, label))
        return await send_file(request, data, "video/mp4", order.faults, self._scale)


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _reset(transport: asyncio.Transport | None) -> None:
    """Break the connection off: the peer reads what was sent, then a reset instead of an end."""
    if transport is not None:
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
