"""SQLite as we open it: a file for its owner's eyes, one writing connection, and a recipe that loses no update."""

import asyncio
import os
import sqlite3
from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

import aiosqlite
from sqlalchemy import URL, Connection, event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from typing_extensions import override

READERS: Final = 2
"""Connections that read beside the writer; SQLite lets them see the last commit while a write is under way."""
BUSY_MILLISECONDS: Final = 10_000
"""How long another process may hold the write lock before a transaction gives up."""
TURN_SECONDS: Final = 60
"""How long a transaction may wait for its turn at the one writing connection."""

_Result = TypeVar("_Result")


def engines(path: Path) -> tuple[AsyncEngine, AsyncEngine]:
    """The writer and the readers of a file."""
    writer, readers = _engine(path, connections=1), _engine(path, connections=READERS)
    _speak_sqlite(writer, "BEGIN IMMEDIATE")
    _speak_sqlite(readers, "BEGIN")
    return writer, readers


def prepare(path: Path) -> None:
    """Make the file and its folder before SQLite does, so that nobody else can read them. Raises `OSError`."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))


def _engine(path: Path, *, connections: int) -> AsyncEngine:
    # Python's check is for those who share a connection; the driver gives each its own thread.
    connector = partial(sqlite3.connect, path, check_same_thread=False)

    async def connect() -> aiosqlite.Connection:
        return await _Undivided(connector, iter_chunk_size=64)

    return create_async_engine(
        URL.create("sqlite+aiosqlite", database=str(path)),
        async_creator=connect,
        pool_size=connections,
        max_overflow=0,
        pool_timeout=TURN_SECONDS,
    )


class _Undivided(aiosqlite.Connection):
    """Ends each step that it has begun, and only then lets go whoever is cancelled meanwhile.

    Otherwise the step is done all the same, in its thread, with nobody to undo it: a transaction that stays open keeps
    the file locked to everybody.
    """

    def __init__(self, connector: Callable[[], sqlite3.Connection], iter_chunk_size: int) -> None:
        super().__init__(connector, iter_chunk_size)
        self._thread.daemon = True

    @override
    async def _connect(self) -> aiosqlite.Connection:
        try:
            return await _to_its_end(super()._connect())
        except asyncio.CancelledError:
            await self.close()  # nobody will be given it
            raise

    @override
    async def _execute(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        step: Coroutine[Any, Any, Any] = super()._execute(fn, *args, **kwargs)  # type: ignore[no-untyped-call]
        return await _to_its_end(step)

    @override
    async def close(self) -> None:
        # Rows that nobody read to their end would keep the transaction open behind the closed door.
        if self._connection is not None:
            await self.rollback()
        await super().close()


async def _to_its_end(step: Coroutine[Any, Any, _Result]) -> _Result:
    task = asyncio.ensure_future(step)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise


def _speak_sqlite(engine: AsyncEngine, begin: str) -> None:
    """The recipe that loses no update: we say BEGIN ourselves, at once for writing; the driver never does."""

    @event.listens_for(engine.sync_engine, "connect")
    def connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (
            f"busy_timeout = {BUSY_MILLISECONDS}",
            "journal_mode = WAL",
            "synchronous = FULL",
            "foreign_keys = ON",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def start(connection: Connection) -> None:
        connection.exec_driver_sql(begin)
