"""Fifty who want the last credit at once: one gets it, from one process and from eight, on both databases."""

import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from core import ledger
from core.db import DatabaseUnavailableError, open_database
from tests.end_to_end.many_processes import HERE, service
from tests.file_ends import note, notes
from tests.postgresql import Server
from tests.stand_ins import MIA, REQUEST

HOUSE = Path(__file__).parents[2]
WANTED = 50
SECONDS = 120.0


@pytest.mark.both_databases
@pytest.mark.parametrize("processes", [1, 8])
async def test_one_of_fifty_gets_the_last_credit(processes: int, database_url: str, tmp_path: Path) -> None:
    async with open_database(database_url):
        pass  # its tables are there before all of them come
    share = [WANTED // processes + (number < WANTED % processes) for number in range(processes)]
    words = [sys.executable, "-m", "tests.end_to_end.last_credit", database_url, str(tmp_path)]
    started = [subprocess.Popen([*words, str(times)], cwd=HOUSE) for times in share]  # noqa: ASYNC220
    try:
        end = time.monotonic() + SECONDS
        while len(notes(tmp_path / "ready")) < processes:
            assert time.monotonic() < end
            time.sleep(0.05)  # noqa: ASYNC251 - the others are processes
        note(tmp_path / "go", "go")
        assert [process.wait(SECONDS) for process in started] == [0] * processes
    finally:
        for process in started:
            process.kill()
    assert Counter(notes(tmp_path / "outcomes")) == {"accepted": 1, "over_allowance": WANTED - 1}
    async with open_database(database_url) as database, database.read() as tx:
        assert await ledger.audit(tx) == []


async def test_where_the_database_is_gone_nobody_gets_anything(postgresql: Server) -> None:
    url = postgresql.new()
    async with open_database(url) as database:
        counter = service(database)
        postgresql.drop(url)
        with pytest.raises(DatabaseUnavailableError):
            await counter.submit(REQUEST, MIA, HERE)
