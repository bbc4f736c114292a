"""One door to the database, an SQLite file or a PostgreSQL server: transactions that write, and looks beside them."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from enum import IntEnum
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Table, func, inspect, select, text
from sqlalchemy.dialects import postgresql as on_a_server
from sqlalchemy.dialects import sqlite as in_a_file
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, NotSupportedError, ProgrammingError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoTurnError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from core.db import _sqlite
from core.errors import ConfigurationError

_MIGRATIONS: Final = Path(__file__).parents[1] / "migrations"
_OURS: Final = (IntegrityError, ProgrammingError, DataError, NotSupportedError)
"""What the database says of a statement that is wrong: a bug, which no waiting mends."""


STANDSTILL_SECONDS: Final = 10
"""So long a transaction may wait for its own process."""
_END_WHAT_STANDS_STILL: Final = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND usename = current_user AND application_name = 'matinee'
        AND wait_event = 'ClientRead' AND xact_start < clock_timestamp() - make_interval(secs => :seconds)
"""


class DatabaseUnavailableError(Exception):
    """Nothing was read or written: the disk is full, the file is locked, the server is gone. Trying later may help."""


class Turn(IntEnum):
    """What only one transaction at a time may see to, in all processes; the numbers are those of PostgreSQL's locks."""

    MIGRATIONS = 0x4D61_7469_0001
    LINE = 0x4D61_7469_0002
    """Who gets in line and who leaves it, so that no two count the same room twice."""
    LEDGER = 0x4D61_7469_0003
    """Who holds, spends or gives back, so that no two count the same credit twice. Taken after `LINE`, never before."""
    SPEECH = 0x4D61_7469_0004
    """Who says something next as a bot that several processes speak as."""


def is_server(url: str) -> bool:
    """Whether it is a server that several processes can share, rather than a file of one's own."""
    return make_url(url).get_backend_name() == "postgresql"


def file_of(url: str) -> Path:
    """The file that `sqlite:///relative` or `sqlite:////absolute` names."""
    return Path(make_url(url).database or "")


def shown(url: str) -> str:
    """A database as people may read it: the path of a file, the address of a server without its password."""
    return make_url(url).render_as_string(hide_password=True) if is_server(url) else str(file_of(url))


class Database:
    """The way to the tables. Transactions are short: nothing else is awaited inside one."""

    def __init__(self, writer: AsyncEngine, readers: AsyncEngine) -> None:
        self._writer = writer
        self._readers = readers

    def begin(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """One writing transaction; what is raised inside undoes all of it. Raises `DatabaseUnavailableError`.

        In a file it is alone at its turn. On a server others write at the same time: a check that must still hold when
        something is written is made in the writing statement itself, or after `take_turn`.
        """
        return _transaction(self._writer)

    def read(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """One consistent look at what is committed, beside any write. Raises `DatabaseUnavailableError`."""
        return _transaction(self._readers)

    async def end_what_stands_still(self, seconds: int = STANDSTILL_SECONDS) -> int:
        """End transactions of processes that stand still in the middle of one, and keep others waiting; how many.

        A server ends by itself only what waits between two statements: whoever stops in the middle of one, between
        preparing and executing it, would keep its locks for ever. Of a file the system lets go. Raises
        `DatabaseUnavailableError`.
        """
        if self._readers.dialect.name != "postgresql":
            return 0
        async with self.read() as tx:
            ended = await tx.execute(text(_END_WHAT_STANDS_STILL), {"seconds": seconds})
            return len(ended.all())


@asynccontextmanager
async def _transaction(engine: AsyncEngine) -> AsyncGenerator[AsyncConnection]:
    try:
        async with engine.begin() as connection:
            yield connection
    except (DBAPIError, NoTurnError, OSError) as error:
        if isinstance(error, _OURS):
            raise
        raise DatabaseUnavailableError(_said(error)) from error


def insertion(tx: AsyncConnection, table: Table) -> in_a_file.Insert | on_a_server.Insert:
    """An INSERT that can be told what to do where the row is there already: `on_conflict_do_…`.

    Ask by RETURNING whether it wrote something, since a row count says different things on different databases.
    """
    return on_a_server.insert(table) if tx.dialect.name == "postgresql" else in_a_file.insert(table)


async def take_turn(tx: AsyncConnection, turn: Turn) -> None:
    """Be the only transaction that sees to this, until it ends. In a file every writing one is alone anyhow."""
    if tx.dialect.name == "postgresql":
        await tx.execute(select(func.pg_advisory_xact_lock(int(turn))))


@asynccontextmanager
async def open_database(url: str) -> AsyncGenerator[Database]:
    """Open `sqlite:///relative`, `sqlite:////absolute` or `postgresql://…`, and bring its tables up to date.

    A missing folder is made, for its owner alone. Raises `ConfigurationError` where a file cannot be opened or
    written, a server not be reached, or it is no database, or was written by a newer version.
    """
    if is_server(url):
        from core.db.postgresql import engines  # noqa: PLC0415 - so that a host with a file does not hold its driver

        writer, readers = engines(url)
    else:
        _prepare(url)
        writer, readers = _sqlite.engines(file_of(url))
    async with AsyncExitStack() as closing:
        closing.push_async_callback(writer.dispose)
        closing.push_async_callback(readers.dispose)
        async with _faults_of(url), writer.begin() as tx:
            await take_turn(tx, Turn.MIGRATIONS)
            await tx.run_sync(_migrate)
        yield Database(writer, readers)


def _prepare(url: str) -> None:
    try:
        _sqlite.prepare(file_of(url))
    except OSError as error:
        raise _unusable(url, f"cannot be written ({error.strerror})") from error


def _migrate(connection: Connection) -> None:
    if _is_current(connection):
        return
    # Imported here: no start but that after an update needs it, and it is a tenth of an idle process's memory.
    from alembic import command, script  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415
    from alembic.runtime.migration import MigrationContext  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    known = {step.revision for step in script.ScriptDirectory.from_config(config).walk_revisions()}
    if not set(MigrationContext.configure(connection).get_current_heads()) <= known:
        raise _NewerError
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _is_current(connection: Connection) -> bool:
    """Whether the last step was taken; a step's file begins with its mark."""
    last = max(step.name[:4] for step in (_MIGRATIONS / "versions").glob("[0-9]*.py"))
    known = inspect(connection).has_table("alembic_version")
    return known and connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalars().all() == [last]


class _NewerError(Exception):
    """The tables carry a mark that this version does not know."""


@asynccontextmanager
async def _faults_of(url: str) -> AsyncIterator[None]:
    try:
        yield
    except _NewerError as error:
        raise _unusable(url, "was written by a newer version of Matinee") from error
    except (SQLAlchemyError, OSError) as error:
        raise _unusable(url, f"cannot be used ({_said(error).splitlines()[0]})") from error


def _said(error: Exception) -> str:
    return str(getattr(error, "orig", None) or error) or type(error).__name__


def _unusable(url: str, why: str) -> ConfigurationError:
    return ConfigurationError(f"{_NAME}: {shown(url)} {why}; for example {_NAME}={_EXAMPLES[is_server(url)]}")


_NAME: Final = "MATINEE_DATABASE_URL"
_EXAMPLES: Final = ("sqlite:///data/matinee.sqlite", "postgresql://matinee:…@127.0.0.1/matinee")
