"""The HTTP side: every request is read, written down, judged, then answered as Telegram answers."""

import asyncio
import inspect
import json
import traceback
from typing import Any

from aiohttp import web

from tests.emulators.telegram.calls import Call, read_call
from tests.emulators.telegram.clock import now
from tests.emulators.telegram.errors import NOT_FOUND, TOO_LARGE, UNAUTHORIZED, TelegramError, bad_request
from tests.emulators.telegram.faults import Fault, Faults, cut
from tests.emulators.telegram.files import DOWNLOAD_LIMIT, Files
from tests.emulators.telegram.parameters import missing, unknown
from tests.emulators.telegram.schema import Judge
from tests.emulators.telegram.sending import Method

_CLOSING_SECONDS = 0.05


class Server:
    """Listens on loopback for methods and files."""

    def __init__(
        self, *, token: str, methods: dict[str, Method], files: Files, judge: Judge, most_bytes: int, local: bool
    ) -> None:
        self.calls: list[Call] = []
        self.downloads: list[str] = []
        self.complaints: list[str] = []
        self.faults = Faults()
        self.answered = asyncio.Event()
        self.revoked = False
        self.methods = methods
        self._by_name = {name.lower(): name for name in methods}
        self._token = token
        self._files = files
        self._judge = judge
        self._most_bytes = most_bytes
        self._local = local
        self._runner: web.AppRunner | None = None

    async def start(self, port: int = 0) -> str:
        """Listen; where."""
        application = web.Application(client_max_size=self._most_bytes)
        application.router.add_get("/file/bot{token}/{path:.+}", self._download)
        application.router.add_route("*", "/bot{token}/{method}", self._serve)
        application.router.add_route("*", "/{path:.*}", self._nothing)
        self._runner = web.AppRunner(
            application, access_log=None, handler_cancellation=False, shutdown_timeout=_CLOSING_SECONDS
        )
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port).start()
        host, port = self._runner.addresses[0][:2]
        return f"http://{host}:{port}"

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def _nothing(self, request: web.Request) -> web.Response:
        self.complaints.append(f"{request.method} {request.path}: there is nothing here")
        return _json(404, NOT_FOUND.body)

    async def _download(self, request: web.Request) -> web.StreamResponse:
        path = request.match_info["path"]
        if request.match_info["token"] != self._token or self.revoked:
            return _json(401, UNAUTHORIZED.body)
        self.downloads.append(path)
        call = Call("file", now(), asyncio.get_running_loop().time(), {"path": path})
        for fault in self.faults.take(call):
            await asyncio.sleep(fault.seconds)
            if not fault.only_slow:
                return self._failed(request, call, fault)
        try:
            stored = self._files.open(path)
        except TelegramError as error:
            return _json(error.code, error.body)
        if stored.size > DOWNLOAD_LIMIT and not self._local:
            return _json(404, NOT_FOUND.body)
        return web.Response(body=stored.data, content_type="application/octet-stream")

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        """One request from its first byte to its answer."""
        asked = request.match_info["method"]
        method = self._by_name.get(asked.lower(), asked)
        call, wrong = await read_call(request, method)
        self.calls.append(call)
        call.number = len(self.calls)
        faults = list(self.faults.take(call))
        try:
            return await self._with_faults(request, call, faults, wrong)
        finally:
            call.answered_at = now()
            self.answered.set()

    async def _with_faults(
        self, request: web.Request, call: Call, faults: list[Fault], wrong: Exception | None
    ) -> web.StreamResponse:
        for fault in faults:
            if not fault.after_effect:
                await asyncio.sleep(fault.seconds)
                if not fault.only_slow:
                    return self._failed(request, call, fault)
        response = await self._answer(request, call, wrong)
        for fault in faults:
            if fault.after_effect:
                await asyncio.sleep(fault.seconds)
                if not fault.only_slow:
                    return self._failed(request, call, fault)
        return response

    @staticmethod
    def _failed(request: web.Request, call: Call, fault: Fault) -> web.StreamResponse:
        if fault.drop:
            cut(request)
            call.status = 0
            return web.Response(status=500)
        call.status = fault.status or 200
        leads = {"Location": fault.location} if fault.location is not None else None
        return web.Response(status=call.status, body=fault.body or b"", content_type=fault.content_type, headers=leads)

    async def _answer(self, request: web.Request, call: Call, wrong: Exception | None) -> web.Response:
        """What Telegram would say, and nothing else."""
        try:
            self._check_token(request.match_info["token"])
            self._check_method(call)
            if wrong is not None:
                raise _refusal(wrong)
            self.complaints += self._judge.complaints(call)
            self._check_parameters(call)
            call.status, call.answer = 200, {"ok": True, "result": await self._act(call)}
        except TelegramError as error:
            call.status, call.answer = error.code, error.body
        self.complaints += self._judge.answer_complaints(call)
        return _json(call.status, call.answer)

    def _check_token(self, token: str) -> None:
        if ":" not in token or not token.split(":", maxsplit=1)[0].isdecimal():
            raise NOT_FOUND
        if token != self._token or self.revoked:
            raise UNAUTHORIZED

    def _check_method(self, call: Call) -> None:
        if call.method not in self.methods:
            self.complaints.append(f"the emulator has no method {call.method}")
            raise TelegramError(404, "Not Found: method not found")

    def _check_parameters(self, call: Call) -> None:
        """Missing ones are complained of and left to the method; unknown ones are refused, where Telegram is silent."""
        self.complaints += [f"{call.method}: {name} is missing" for name in missing(call)]
        if names := list(unknown(call)):
            sentence = f"{call.method} has no {', '.join(names)}"
            self.complaints.append(sentence)
            raise bad_request(sentence)

    async def _act(self, call: Call) -> Any:
        try:
            result = self.methods[call.method](call)
            return await result if inspect.isawaitable(result) else result
        except TelegramError:
            raise
        except Exception as error:
            self.complaints.append(f"the emulator broke at {call.method}: {traceback.format_exc()}")
            raise bad_request(f"the emulator broke: {error!r}") from error


def _refusal(wrong: Exception) -> TelegramError:
    if isinstance(wrong, TelegramError):
        return wrong
    if isinstance(wrong, web.HTTPRequestEntityTooLarge):
        return TOO_LARGE
    return bad_request(f"the body cannot be read: {type(wrong).__name__}")


def _json(status: int, body: Any) -> web.Response:
    return web.Response(status=status, body=json.dumps(body).encode(), content_type="application/json")
