"""The database as a host finds it: made, migrated, refused where it cannot be used, exact under two writers."""

import asyncio
import gc
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, func, literal, select, text, update
from sqlalchemy.engine import make_url

from core.db import Database, DatabaseUnavailableError, Turn, open_database, take_turn
from core.errors import ConfigurationError
from core.jobs import LostJobError
from core.tables import Words, marks, metadata
from tests.postgresql import Server


async def test_a_new_file_is_for_its_owners_eyes_alone(tmp_path: Path) -> None:
    file = tmp_path / "a" / "b" / "matinee.sqlite"
    async with open_database(f"sqlite:///{file}"):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


@pytest.mark.both_databases
async def test_the_migrations_lead_to_the_tables_that_the_code_knows(database: Database) -> None:
    def differences(connection: Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection), metadata))

    async with database.begin() as tx:
        assert await tx.run_sync(differences) == []


@pytest.mark.both_databases
async def test_opening_a_database_again_keeps_what_is_in_it(database_url: str) -> None:
    url = database_url
    async with open_database(url) as database, database.begin() as tx:
        await tx.execute(text("INSERT INTO marks (name, value) VALUES ('a', '0')"))
    async with open_database(url) as database, database.read() as tx:
        assert len((await tx.execute(select(marks))).all()) == 1


@pytest.mark.both_databases
async def test_what_is_raised_inside_undoes_the_whole_transaction(database: Database) -> None:
    async def write_and_stumble() -> None:
        async with database.begin() as tx:
            await tx.execute(text("INSERT INTO marks (name, value) VALUES ('a', '0')"))
            raise LostJobError

    with pytest.raises(LostJobError):
        await write_and_stumble()
    async with database.read() as tx:
        assert (await tx.execute(select(marks))).all() == []


@pytest.mark.both_databases
async def test_no_update_is_lost_when_a_hundred_read_and_then_write(database: Database) -> None:
    async with database.begin() as tx:
        await tx.execute(text("INSERT INTO marks (name, value) VALUES ('a', '0')"))

    async def add_one() -> None:
        async with database.begin() as tx:
            await take_turn(tx, Turn.LINE)
            counted = int(await tx.scalar(select(marks.c.value)) or 0)
            await asyncio.sleep(0)
            await tx.execute(update(marks).values(value=str(counted + 1)))

    async with asyncio.TaskGroup() as tasks:
        for _ in range(100):
            tasks.create_task(add_one())
    async with database.read() as tx:
        assert await tx.scalar(select(marks.c.value)) == "100"


@pytest.mark.both_databases
async def test_a_reader_need_not_wait_for_a_writer(database: Database) -> None:
    async with database.begin(), asyncio.timeout(5), database.read() as tx:
        assert (await tx.execute(select(marks))).all() == []


@pytest.mark.parametrize("found", [b"this is no database" * 100, b"SQLite format 3\x00" + b"\xff" * 5000])
async def test_a_file_that_is_no_database_is_said_in_one_line(found: bytes, tmp_path: Path) -> None:
    file = tmp_path / "matinee.sqlite"
    file.write_bytes(found)
    with pytest.raises(ConfigurationError, match=r"MATINEE_DATABASE_URL: .*; for example") as refused:
        async with open_database(f"sqlite:///{file}"):
            pass
    assert len(refused.value.lines) == 1
    assert file.read_bytes() == found


@pytest.mark.both_databases
async def test_a_database_of_a_newer_version_is_left_alone(database_url: str) -> None:
    url = database_url
    async with open_database(url) as database, database.begin() as tx:
        await tx.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(ConfigurationError, match="newer version"):
        async with open_database(url):
            pass


def test_a_start_that_has_nothing_to_bring_up_to_date_does_without_what_does_it(new_host: Path) -> None:
    start = f"""
import asyncio, sys
from core.db import open_database
async def start():
    async with open_database({f"sqlite:///{new_host}"!r}):
        pass
asyncio.run(start())
print("alembic" in sys.modules)
"""
    seen = subprocess.run([sys.executable, "-c", start], capture_output=True, text=True, timeout=60, check=True)
    assert (seen.stdout, seen.stderr) == ("False\n", "")


async def test_a_folder_that_cannot_be_made_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ConfigurationError, match="cannot be written"):
        async with open_database(f"sqlite:///{tmp_path / 'file' / 'matinee.sqlite'}"):
            pass


async def test_a_migration_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    file = tmp_path / "matinee.sqlite"
    with sqlite3.connect(file) as other:
        other.execute("CREATE TABLE reservations (something_else INTEGER)")
    other.close()
    with pytest.raises(ConfigurationError, match="already exists"):
        async with open_database(f"sqlite:///{file}"):
            pass
    with sqlite3.connect(file) as other:
        names = {row[0] for row in other.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    other.close()
    assert names == {"reservations"}


@pytest.mark.both_databases
async def test_whoever_is_cancelled_while_a_line_is_opened_leaves_none_open(database_url: str) -> None:
    async with open_database(database_url) as database:

        async def look() -> None:
            async with database.read() as tx:
                await tx.execute(text("SELECT 1"))

        for steps in range(30):
            looking = asyncio.create_task(look())
            for _ in range(steps):
                await asyncio.sleep(0)
            looking.cancel()
            await asyncio.gather(looking, return_exceptions=True)
    gc.collect()  # one that was left open would warn here, and warnings are errors


@pytest.mark.parametrize(
    "url", ["postgresql://mia:sesame@127.0.0.1:1/matinee", "postgresql://mia:sesame@/x?host=/none"]
)
async def test_a_server_that_is_not_there_is_said_in_one_line_and_without_the_password(url: str) -> None:
    with pytest.raises(ConfigurationError, match=r"MATINEE_DATABASE_URL: .*; for example") as refused:
        async with open_database(url):
            pass
    (line,) = refused.value.lines
    assert "sesame" not in line


async def test_a_server_that_was_away_is_used_again_once_it_is_back(postgresql: Server) -> None:
    url = postgresql.new()
    async with open_database(url) as database:

        async def look() -> int | None:
            async with database.begin() as tx:
                return await tx.scalar(select(func.count()).select_from(marks))

        assert await look() == 0
        postgresql.drop(url)
        with pytest.raises(DatabaseUnavailableError):
            await look()
        postgresql.do(f"CREATE DATABASE {make_url(url).database}")
        async with open_database(url):
            assert await look() == 0
    postgresql.drop(url)


async def test_a_migration_is_made_once_where_many_processes_start_together(postgresql: Server) -> None:
    url = postgresql.database()

    async def start() -> None:
        async with open_database(url):
            pass

    await asyncio.gather(*(start() for _ in range(4)))
    postgresql.drop(url)


@pytest.mark.both_databases
async def test_what_an_upstream_says_is_kept_without_what_no_database_takes(database: Database) -> None:
    async with database.begin() as tx:
        said = await tx.scalar(select(literal("a\0b", Words())))
    assert said == "ab"


async def test_who_stands_still_in_the_middle_of_a_statement_keeps_nobody_waiting(postgresql: Server) -> None:
    """As a process that was stopped between preparing a statement and executing it: no timeout of the server's runs."""
    url = postgresql.new()
    async with open_database(url) as frozen, open_database(url) as database:

        async def stand_still() -> None:
            async with frozen.begin() as tx:
                await take_turn(tx, Turn.LINE)
                raw = (await tx.get_raw_connection()).driver_connection
                assert raw is not None
                await raw.prepare("SELECT 1 AS half_way")
                assert await database.end_what_stands_still() == 0, "it has had no time yet"
                assert await database.end_what_stands_still(0) == 1
                async with database.begin() as other:
                    await take_turn(other, Turn.LINE)

        with pytest.raises(DatabaseUnavailableError):
            await stand_still()
    postgresql.drop(url)
