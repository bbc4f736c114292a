"""Lets jobs begin: those whose turn it is, and those that lost whoever worked on them. Every process may do it."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from core import jobs, ledger, line
from core.db import Database, Turn, take_turn
from core.dispatch import Dispatcher
from core.model import JobId
from core.service import Service

LEFT_ALONE_AT_ONCE: Final = 100
"""How many jobs that are nobody's are handed over in one look."""


class Admission:
    """Looks at the line, and hands over what may begin, in the transaction that says so."""

    def __init__(
        self,
        database: Database,
        service: Service,
        dispatcher: Dispatcher,
        *,
        at_once: int,
        now: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._service = service
        self._dispatcher = dispatcher
        self._at_once = at_once
        self._now = now

    async def look(self) -> None:
        """Let all begin that may. Raises `DatabaseUnavailableError`."""
        async with self._database.read() as tx:  # most looks find nobody, and need no turn for that
            if not await jobs.anybody_waits(tx, now=self._now()):
                return
        while await self._let_begin():
            pass

    async def _let_begin(self) -> list[JobId]:
        async with self._database.begin() as tx:
            await take_turn(tx, Turn.LINE)
            begun: list[JobId] = []
            if await ledger.stopped(tx) is None:  # with a fault in the books nothing more is bought
                begun = await line.admit(
                    tx, self._service.providers, self._service.caps, at_once=self._at_once, now=self._now()
                )
            alone = await jobs.unowned(tx, now=self._now(), limit=LEFT_ALONE_AT_ONCE)
            await self._dispatcher.hand_over(tx, dict.fromkeys([*begun, *alone]))
        return begun
