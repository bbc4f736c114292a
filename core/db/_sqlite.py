"""SQLite as we open it: a file for its owner's eyes, one writing connection, and a recipe that loses no update."""

import asyncio
import os
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any, Final, Self, TypeVar

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
            return await _to_its_end(asyncio.ensure_future(super()._connect()))
        except asyncio.CancelledError:
            await self.close()  # nobody will be given it
            raise

    @override
    async def _execute(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        if not self._running or self._connection is None:
            raise ValueError("Connection closed")
        step: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._tx.put_nowait((step, partial(fn, *args, **kwargs)))
        return await _to_its_end(step)

    @override
    def cursor(self) -> "_OneStep":  # type: ignore[override] # what SQLAlchemy asks of a cursor, and no more
        return _OneStep(self)

    @override
    async def rollback(self) -> None:
        if self._conn.in_transaction:
            await super().rollback()

    @override
    async def close(self) -> None:
        # Rows that nobody read to their end would keep the transaction open behind the closed door.
        if self._connection is not None:
            await self.rollback()
        await super().close()

    async def run(self, work: Callable[[sqlite3.Connection], _Result]) -> _Result:
        """Do all of this in the connection's thread, at one go."""
        done: _Result = await self._execute(work, self._conn)
        return done


class _OneStep:
    """A cursor whose statement goes to the thread and comes back with all its rows: one way there, where four were.

    What is said of a cursor elsewhere (`description`, `rowcount`, `lastrowid`) is what PEP 249 says.
    """

    def __init__(self, connection: _Undivided) -> None:
        self._connection = connection
        self._rows: list[Any] = []
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None
        self.arraysize = 1

    async def __aenter__(self) -> Self:
        return self

    async def execute(self, statement: str, parameters: Sequence[Any] = ()) -> None:
        """Have it done, and read to its end."""
        await self._take(lambda connection: connection.execute(statement, parameters))

    async def executemany(self, statement: str, parameters: Iterable[Sequence[Any]]) -> None:
        """The same with each of these."""
        await self._take(lambda connection: connection.executemany(statement, parameters))

    async def _take(self, statement: Callable[[sqlite3.Connection], sqlite3.Cursor]) -> None:
        def in_the_thread(connection: sqlite3.Connection) -> tuple[list[Any], Any, int, int | None]:
            with closing(statement(connection)) as cursor:
                rows = cursor.fetchall() if cursor.description else []
                return rows, cursor.description, cursor.rowcount, cursor.lastrowid

        self._rows, self.description, self.rowcount, self.lastrowid = await self._connection.run(in_the_thread)

    async def fetchall(self) -> list[Any]:
        """What has come."""
        return self._rows

    async def close(self) -> None:
        """Nothing is open: the statement was read to its end."""


async def _to_its_end(step: asyncio.Future[_Result]) -> _Result:
    try:
        return await asyncio.shield(step)
    except asyncio.CancelledError:
        await asyncio.wait([step])
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
