"""The audit that never ends: what was booked lately is looked through once a minute, and a fault stops all spending."""

import asyncio
from collections.abc import Callable
from typing import Final

import structlog

from core import ledger, people
from core.db import Database, DatabaseUnavailableError

AUDIT_SECONDS: Final = 60.0

_SEEN: Final = "ledger: audited"
"""The mark that holds the posting up to which everything was right."""

_log = structlog.get_logger(__name__)


class Auditor:
    """Looks through the books of one database; several may do so at the same time."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._seen: int | None = None
        self.faults: tuple[str, ...] = ()
        """What was found; nothing, while the books are right."""
        self.alarm: Callable[[tuple[str, ...]], None] = lambda _: None
        """Called beside the log with what was found, once."""

    async def run(self) -> None:
        """Look again and again, until cancelled."""
        while True:
            (found,) = await asyncio.gather(self.look(), return_exceptions=True)
            if isinstance(found, DatabaseUnavailableError):
                _log.warning("the books could not be looked through; trying again", reason=str(found))
            elif isinstance(found, BaseException):  # a bug in looking must not stop the work
                _log.error("the audit met a bug of ours", exc_info=found)
            await asyncio.sleep(AUDIT_SECONDS)

    async def look(self) -> tuple[str, ...]:
        """Look through what was booked since the last look; return the faults. Raises `DatabaseUnavailableError`."""
        async with self._database.read() as tx:
            seen = self._seen if self._seen is not None else int(await people.mark(tx, _SEEN) or 0)
            found = await ledger.audit_since(tx, seen)
        if found.faults:
            await self._stop(found.faults)
            return found.faults
        if found.last != seen:
            async with self._database.begin() as tx:
                await people.set_mark(tx, _SEEN, str(found.last))
        self._seen, self.faults = found.last, ()
        return ()

    async def _stop(self, faults: tuple[str, ...]) -> None:
        async with self._database.begin() as tx:
            first = await ledger.stop(tx, faults[0])
        if first or not self.faults:
            _log.error(
                "the books do not add up; nothing new is taken until `matinee audit` finds them right",
                faults=list(faults),
            )
            self.alarm(faults)
        self.faults = faults
