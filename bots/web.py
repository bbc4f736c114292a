"""The web server of a house: what the rooms open in it, and GET /healthz; it is told nothing that it could log."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import structlog
from aiohttp import web

from core.errors import ConfigurationError

LARGEST_BODY: Final = 1 << 20
"""Bytes of a request: an update of Telegram's has a few thousand; beyond this it is not read to its end."""

_log = structlog.get_logger(__name__)


class WebServer:
    """Routes are added first; then `run` listens until it is called off."""

    def __init__(self, host: str, port: int) -> None:
        self._host = host
        self._port = port
        self._app = web.Application(client_max_size=LARGEST_BODY)
        self._app.router.add_get("/healthz", _healthy)
        self.port: int | None = None
        """Where it listens, once it does."""

    def post(self, path: str, answer: Callable[[web.Request], Awaitable[web.Response]]) -> None:
        """Answer POST at a path; a body that is too large is refused (413) where it is read."""
        self._app.router.add_post(path, answer)

    async def run(self) -> None:
        """Listen until called off. Raises `ConfigurationError` where that cannot be."""
        runner = web.AppRunner(self._app, access_log=None, handle_signals=False)
        await runner.setup()
        try:
            try:
                await web.TCPSite(runner, self._host, self._port).start()
            except OSError as error:
                raise ConfigurationError(
                    f"MATINEE_WEB_PORT: {self._host}:{self._port} cannot be listened at ({error.strerror}); for "
                    "example MATINEE_WEB_PORT=8080"
                ) from error
            self.port = runner.addresses[0][1]
            _log.info("the web server listens", host=self._host, port=self.port)
            await asyncio.get_running_loop().create_future()
        finally:
            await runner.cleanup()


async def _healthy(_request: web.Request) -> web.Response:
    return web.Response(text="ok\n")
