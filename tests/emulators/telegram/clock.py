"""The emulator's clock: that of the running loop, so that a test on virtual time controls it."""

import asyncio
from datetime import UTC, datetime

from tests import virtual_time


def now() -> datetime:
    """The time of day: the loop's where its clock jumps, else the machine's."""
    if isinstance(asyncio.get_running_loop(), virtual_time.VirtualTimeLoop):
        return virtual_time.now()
    return datetime.now(UTC)


def seconds() -> float:
    """Seconds on the loop's clock, for whatever is counted or waited for."""
    return asyncio.get_running_loop().time()
