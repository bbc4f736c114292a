"""Which processes may work on one database file at once."""

import asyncio
import fcntl
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from core.errors import ConfigurationError

PATIENCE_SECONDS: Final = 10.0
"""So long one of several waits for another that has just begun and makes the tables."""
_LOOK_SECONDS: Final = 0.1
_EXAMPLE: Final = "for example MATINEE_DATABASE_URL=sqlite:///data/matinee.sqlite"


class Hold:
    """This process's hold on a database file, for as long as it is open.

    `first`: nobody else had one when this process came, so whatever leases there are belong to the dead.
    """

    def __init__(self, file: Path, door: int) -> None:
        self.first = False
        self._file = file
        self._door = door

    async def take(self, *, shared: bool) -> None:
        """Take it alone, or where others are there and everybody shares, beside them. Raises `ConfigurationError`."""
        end = asyncio.get_running_loop().time() + (PATIENCE_SECONDS if shared else 0)
        while not self._locked(self._door, fcntl.LOCK_EX):
            if shared and self._locked(self._door, fcntl.LOCK_SH):
                return
            if asyncio.get_running_loop().time() >= end:
                raise self._taken()
            await asyncio.sleep(_LOOK_SECONDS)
        self.first = True

    def share(self) -> None:
        """Let others in beside this process. Raises `ConfigurationError` where one came that wants it alone."""
        if not self._locked(self._door, fcntl.LOCK_SH):
            raise self._taken()

    def close(self) -> None:
        """Let go."""
        os.close(self._door)

    @staticmethod
    def _locked(descriptor: int, how: int) -> bool:
        try:
            fcntl.flock(descriptor, how | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _taken(self) -> ConfigurationError:
        return ConfigurationError(
            f"MATINEE_DATABASE_URL: another Matinee is at work on {self._file.with_suffix('.*')}; stop it, or name "
            "another file; only processes that each name their shards or their role share one"
        )


@asynccontextmanager
async def hold(file: Path, *, shared: bool) -> AsyncGenerator[Hold]:
    """Hold a database file: alone, or together with all who share it. Raises `ConfigurationError`."""
    if file.name.startswith(":memory:"):
        raise ConfigurationError(
            f"MATINEE_DATABASE_URL: in memory alone, jobs and credits would not outlive the program; {_EXAMPLE}"
        )
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        door = _open(file.with_suffix(".lock"))
    except OSError as error:
        raise ConfigurationError(
            f"MATINEE_DATABASE_URL: {file.parent} cannot be written ({error.strerror}); {_EXAMPLE}"
        ) from error
    held = Hold(file, door)
    try:
        await held.take(shared=shared)
        yield held
    finally:
        held.close()


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
