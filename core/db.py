"""One door to the database: a single writer, and readers beside it."""

import asyncio
import os
import sqlite3
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

import aiosqlite
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoTurnError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from typing_extensions import override

from core.errors import ConfigurationError

READERS: Final = 2
"""Connections that read beside the writer; SQLite lets them see the last commit while a write is under way."""
BUSY_MILLISECONDS: Final = 10_000
"""How long another process may hold the write lock before a transaction gives up."""
TURN_SECONDS: Final = 60
"""How long a transaction may wait for its turn at the one writing connection."""

_Result = TypeVar("_Result")

_MIGRATIONS: Final = Path(__file__).parent / "migrations"


class DatabaseUnavailableError(Exception):
    """Nothing was read or written: the disk is full, the file is locked or gone. Trying later may help."""


def file_of(url: str) -> Path:
    """The file that `sqlite:///relative` or `sqlite:////absolute` names."""
    return Path(make_url(url).database or "")


class Database:
    """The way to the tables. Transactions are short: nothing else is awaited inside one."""

    def __init__(self, writer: AsyncEngine, readers: AsyncEngine) -> None:
        self._writer = writer
        self._readers = readers

    def begin(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """One writing transaction, alone at its turn; what is raised inside undoes all of it.

        Raises `DatabaseUnavailableError`.
        """
        return _transaction(self._writer)

    def read(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """One consistent look at what is committed, beside any write. Raises `DatabaseUnavailableError`."""
        return _transaction(self._readers)


@asynccontextmanager
async def _transaction(engine: AsyncEngine) -> AsyncGenerator[AsyncConnection]:
    try:
        async with engine.begin() as connection:
            yield connection
    except (OperationalError, InterfaceError, NoTurnError) as error:
        raise DatabaseUnavailableError(str(getattr(error, "orig", None) or error)) from error


@asynccontextmanager
async def open_database(url: str) -> AsyncGenerator[Database]:
    """Open `sqlite:///relative` or `sqlite:////absolute`, and bring its tables up to date.

    A missing folder is made, for its owner alone. Raises `ConfigurationError` where the file cannot be opened or
    written, is no database, or was written by a newer version.
    """
    path = file_of(url)
    _prepare(path)
    writer, readers = _engine(url, connections=1), _engine(url, connections=READERS)
    _speak_sqlite(writer, "BEGIN IMMEDIATE")
    _speak_sqlite(readers, "BEGIN")
    try:
        async with _faults_of(path), writer.begin() as tx:
            await tx.run_sync(_migrate)
        yield Database(writer, readers)
    finally:
        await readers.dispose()
        await writer.dispose()


def _prepare(path: Path) -> None:
    """Make the file and its folder before SQLite does, so that nobody else can read them."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise _unusable(path, f"cannot be written ({error.strerror})") from error


def _engine(url: str, *, connections: int) -> AsyncEngine:
    # Python's check is for those who share a connection; the driver gives each its own thread.
    connector = partial(sqlite3.connect, file_of(url), check_same_thread=False)

    async def connect() -> aiosqlite.Connection:
        return await _Undivided(connector, iter_chunk_size=64)

    return create_async_engine(
        make_url(url).set(drivername="sqlite+aiosqlite"),
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


def _migrate(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if not set(MigrationContext.configure(connection).get_current_heads()) <= known:
        raise _NewerError
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


class _NewerError(Exception):
    """The tables carry a mark that this version does not know."""


@asynccontextmanager
async def _faults_of(path: Path) -> AsyncIterator[None]:
    try:
        yield
    except _NewerError as error:
        raise _unusable(path, "was written by a newer version of Matinee") from error
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or error).splitlines()[0]
        raise _unusable(path, f"cannot be used ({reason})") from error


def _unusable(path: Path, why: str) -> ConfigurationError:
    return ConfigurationError(
        f"MATINEE_DATABASE: {path} {why}; for example MATINEE_DATABASE=sqlite:///data/matinee.sqlite"
    )
