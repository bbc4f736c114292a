"""The HTTP side: every request is read, written down, counted, judged, then answered as Discord answers."""

import asyncio
import json
import traceback
from collections.abc import Iterable
from typing import Any

from aiohttp import web

from tests.emulators.discord.answers import Route
from tests.emulators.discord.buckets import Buckets
from tests.emulators.discord.calls import MOST_BYTES, Call, Right, read_body, read_call
from tests.emulators.discord.cdn import Cdn
from tests.emulators.discord.errors import NOT_ALLOWED, NOT_FOUND, UNAUTHORIZED, DiscordError
from tests.emulators.discord.faults import Fault, Faults, cut
from tests.emulators.discord.gateway import Gateway
from tests.emulators.discord.ids import made_at
from tests.emulators.discord.openapi import Judge
from tests.virtual_time import now

API = "/api/v10"
_CLOSING_SECONDS = 0.05
_EDIT = "/channels/{channel_id}/messages/{message_id}"


class Server:
    """Listens on loopback for REST, files and the gateway."""

    def __init__(self, *, token: str, routes: Iterable[Route], cdn: Cdn, gateway: Gateway, judge: Judge) -> None:
        self.calls: list[Call] = []
        self.complaints: list[str] = []
        self.buckets = Buckets()
        self.faults = Faults()
        self.answered = asyncio.Event()
        self._token = token
        self.routes = {(method, route): (right, act) for method, route, right, act in routes}
        self._cdn = cdn
        self._gateway = gateway
        self._judge = judge
        self._runner: web.AppRunner | None = None

    async def start(self) -> str:
        """Listen; where."""
        application = web.Application(client_max_size=MOST_BYTES)
        application.router.add_get("/gateway/", self._gateway.serve)
        application.router.add_get("/cdn/{path:.+}", self._cdn.serve)
        templates = dict.fromkeys(route for _, route in self.routes)
        for route in templates:
            application.router.add_route("*", API + route, self._serve)
        application.router.add_route("*", "/{path:.*}", self._serve)
        self._runner = web.AppRunner(
            application, access_log=None, handler_cancellation=False, shutdown_timeout=_CLOSING_SECONDS
        )
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        host, port = self._runner.addresses[0][:2]
        return f"http://{host}:{port}"

    async def stop(self) -> None:
        await self._gateway.aclose()
        if self._runner is not None:
            await self._runner.cleanup()

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        """One request from its first byte to its answer."""
        resource = request.match_info.route.resource
        template = "" if resource is None else resource.canonical.removeprefix(API)
        right, _ = self.routes.get((request.method, template), (Right.BOT, None))
        call = await read_call(request, right)
        self.calls.append(call)
        refused = None
        try:
            await read_body(request, call)
        except DiscordError as error:
            refused = error
        faults = list(self.faults.take(call))
        try:
            response = await self._with_faults(request, call, faults, refused)
        finally:
            call.answered_at = now()
            self.answered.set()
        return response

    async def _with_faults(
        self, request: web.Request, call: Call, faults: list[Fault], refused: DiscordError | None
    ) -> web.StreamResponse:
        for fault in faults:
            if not fault.after_effect:
                await asyncio.sleep(fault.seconds)
                if not fault.only_slow:
                    return self._failed(request, call, fault)
        response = self._answer(request, call, refused)
        for fault in faults:
            if fault.after_effect:
                await asyncio.sleep(fault.seconds)
                if not fault.only_slow:
                    return self._failed(request, call, fault)
        return response

    @staticmethod
    def _failed(request: web.Request, call: Call, fault: Fault) -> web.StreamResponse:
        if fault.status is None:
            cut(request)
            call.status = 0
            return web.Response(status=500)
        call.status = fault.status
        kind = "application/json" if fault.body.startswith("{") else "text/plain"
        body = fault.body or "upstream connect error"
        return web.Response(status=fault.status, body=body.encode(), headers={"Content-Type": kind, **fault.headers})

    def _answer(self, request: web.Request, call: Call, refused: DiscordError | None) -> web.Response:
        """What Discord would say, and nothing else."""
        at = asyncio.get_running_loop().time()
        if self.buckets.banned:
            call.status = 429
            return web.Response(status=429, text="error code: 1015", content_type="text/html")
        self.complaints += self._judge.complaints(call)
        headers: dict[str, str] = {}
        try:
            self._check_right(request, call)
            age = None
            if call.method == "PATCH" and call.route == _EDIT and call.params["message_id"].isdecimal():
                age = (now() - made_at(int(call.params["message_id"]))).total_seconds()
            verdict = self.buckets.count(call, at, age=age)
            headers = verdict.headers
            body: Any = verdict.body if verdict.refused is not None else self._act(call, refused)
            status = 429 if verdict.refused is not None else 204 if body is None else 200
        except DiscordError as error:
            status, body = error.status, error.body
        self.buckets.note_invalid(status, at)
        call.status, call.answer = status, body
        self.complaints += self._judge.answer_complaints(call)
        if body is None:
            return web.Response(status=status, headers=headers)
        return web.Response(
            status=status, body=json.dumps(body).encode(), headers=headers | {"Content-Type": "application/json"}
        )

    def _check_right(self, request: web.Request, call: Call) -> None:
        if (call.method, call.route) not in self.routes:
            known = {route for _, route in self.routes}
            self.complaints.append(f"the emulator has no {call.method} {call.path}")
            raise NOT_ALLOWED if call.route in known else NOT_FOUND
        given = request.headers.get("Authorization")
        if call.right is Right.BOT and given != f"Bot {self._token}":
            raise UNAUTHORIZED

    def _act(self, call: Call, refused: DiscordError | None) -> Any:
        if refused is not None:
            raise refused
        try:
            return self.routes[call.method, call.route][1](call)
        except DiscordError:
            raise
        except Exception as error:
            self.complaints.append(f"the emulator broke at {call.method} {call.path}: {traceback.format_exc()}")
            raise DiscordError(400, 0, f"the emulator broke: {error!r}") from error
