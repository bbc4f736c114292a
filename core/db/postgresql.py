"""PostgreSQL as we open it: a small pool a process, and no lock that a process which stands still could keep."""

from typing import Any, Final

import asyncpg
from sqlalchemy import URL, event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

WRITERS: Final = 5
READERS: Final = 3
"""Connections of one process; a server takes a hundred in all, unless its host says otherwise."""
CONNECT_SECONDS: Final = 10
TURN_SECONDS: Final = 60
"""How long a transaction may wait for a connection, and a statement for its answer."""

FAULTS: Final = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError)
"""What a connection raises that is none of a pool's."""

_SESSION: Final = {
    "application_name": "matinee",
    # In milliseconds. Whoever is frozen in the middle of a transaction loses it, and with it what others wait for.
    "idle_in_transaction_session_timeout": "10000",
    "lock_timeout": "20000",
}


def engines(url: str) -> tuple[AsyncEngine, AsyncEngine]:
    """The writers and the readers of a server; each look of a reader is one moment of the tables."""
    return _engine(url, WRITERS, "READ COMMITTED"), _engine(url, READERS, "REPEATABLE READ")


async def connect(url: str) -> "asyncpg.Connection[Any]":
    """One connection beside the pools. Raises `OSError`, `TimeoutError`, `asyncpg.PostgresError`."""
    return await asyncpg.connect(
        url, timeout=CONNECT_SECONDS, command_timeout=TURN_SECONDS, server_settings=dict(_SESSION)
    )


def _engine(url: str, connections: int, isolation: str) -> AsyncEngine:
    async def creator() -> "asyncpg.Connection[Any]":
        try:
            return await connect(url)
        except (asyncpg.PostgresError, asyncpg.InterfaceError) as error:  # SQLAlchemy would let it through
            raise ConnectionError(str(error)) from error

    engine = create_async_engine(
        URL.create("postgresql+asyncpg"),
        async_creator=creator,
        isolation_level=isolation,
        pool_size=connections,
        max_overflow=0,
        pool_timeout=TURN_SECONDS,
    )

    @event.listens_for(engine.sync_engine, "checkout")
    def leave_what_is_cut(connection: Any, _record: Any, _proxy: Any) -> None:
        # The driver hears of it when a server ends; to ask the server itself would cost every transaction three ways.
        if connection.driver_connection.is_closed():
            raise DisconnectionError

    return engine
