"""One process of those that want the last credit at the same moment: waits for the start, asks, prints what it got."""

import asyncio
import sys
import time
from pathlib import Path

from core.db import open_database
from core.errors import Refusal
from core.model import GenerationRequest, Requester
from tests.end_to_end.many_processes import HERE, service
from tests.file_ends import note


async def main(url: str, folder: Path, times: int) -> None:
    """Ask so many times at once for one person who has one credit."""
    async with open_database(url) as database:
        counter = service(database, credits_per_day=1)
        note(folder / "ready", "ready")
        while not (folder / "go").exists():
            time.sleep(0.01)  # noqa: ASYNC251 - nothing else goes on in this process yet

        async def ask() -> str:
            try:
                await counter.submit(GenerationRequest("a dog", "standard", 5), Requester("t:mia", "t:here"), HERE)
            except Refusal as refusal:
                return refusal.reason.value
            return "accepted"

        for outcome in await asyncio.gather(*(ask() for _ in range(times))):
            note(folder / "outcomes", outcome)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])))
