"""Gateways and workers as processes: one hears, another takes over, whoever is asked to leave hands over at once."""

from pathlib import Path

from sqlalchemy import select

from core.model import JobState
from core.tables import jobs
from tests.end_to_end.city import City, city, film_of, until
from tests.end_to_end.programs import SECONDS, matinee

LEASE = 3.0
TAKEOVER = 30.0
"""What docs/many-processes.md promises at the usual fifteen seconds of a lease."""


async def states(town: City) -> dict[str, str]:
    """By prompt, how its job stands."""
    async with town.database.read() as tx:
        return {row.prompt: row.state for row in await tx.execute(select(jobs.c.prompt, jobs.c.state))}


async def test_of_two_gateways_one_hears_and_the_other_takes_over_from_the_dead(tmp_path: Path) -> None:
    async with city(tmp_path, speed=20, lease_seconds=f"{LEASE}") as town:
        mia, anna = town.discord.person("mia"), town.telegram.person("Anna", started=True)
        channel = town.discord.guild("Film club", mia).channel("videos")
        async with (
            town.process("worker") as worker,
            town.process("run", "--role", "gateway") as first,
        ):
            await town.discord.until_ready(SECONDS)
            async with town.process("run", "--role", "gateway") as second:
                await second.until("another process is on duty; waiting for it to leave")
                asked = await mia.slash(channel, "video", prompt="heard by the first")
                anna.write(anna.private, "/video heard by the first, too")
                await town.telegram.until(lambda: len(anna.private.videos) == 1, SECONDS)
                await town.discord.until(lambda: asked.message is not None and asked.message.files, SECONDS)
                assert len(town.discord.gateway.connections) == 1, "the second stands by"

                await first.kill()
                anna.write(anna.private, "/video heard by the second")
                await town.telegram.until(lambda: len(anna.private.videos) == 2, TAKEOVER)
                await town.discord.until_ready(TAKEOVER)
                again = await mia.slash(channel, "video", prompt="heard by the second, too")
                await town.discord.until(lambda: again.message is not None and again.message.files, SECONDS)
                assert len(town.discord.syncs) == 1
                assert await second.stop() == 0, second.log
            assert await worker.stop() == 0, worker.log
        assert set((await states(town)).values()) == {JobState.DELIVERED}
        assert again.message is not None
        assert again.message.files[0].data == film_of("heard by the second, too")
        assert town.discord.complaints == []
        assert 409 not in {call.status for call in town.telegram.calls("getUpdates")}, "never two at once"


async def test_whoever_is_asked_to_leave_hands_over_at_once(tmp_path: Path) -> None:
    """With leases of a minute, so that nobody but whoever leaves can have let go."""
    async with city(tmp_path, speed=1.2, lease_seconds="60", drain_seconds="0") as town:
        mia, anna = town.discord.person("mia"), town.telegram.person("Anna", started=True)
        channel = town.discord.guild("Film club", mia).channel("videos")
        async with (
            town.process("worker") as leaving,
            town.process("run", "--role", "gateway") as hearing,
            town.process("run", "--role", "gateway") as standing_by,
        ):
            await town.discord.until_ready(SECONDS)
            asked = await mia.slash(channel, "video", prompt="a dog")
            await town.discord.until(lambda: asked.message and "Rendering" in asked.message.text, SECONDS)
            async with town.process("worker") as staying:
                await staying.until("another process is on duty")
                assert await leaving.stop() == 0, leaving.log
                await town.discord.until(lambda: asked.message is not None and asked.message.files, SECONDS)

                hears, waits = (standing_by, hearing) if "is on duty" in hearing.log else (hearing, standing_by)
                assert await hears.stop() == 0, hears.log
                anna.write(anna.private, "/video a cat")
                await town.telegram.until(lambda: anna.private.videos, SECONDS)
                await town.discord.until_ready(SECONDS)
                assert await waits.stop() == 0, waits.log
                assert await staying.stop() == 0, staying.log
        assert await states(town) == {"a dog": JobState.DELIVERED, "a cat": JobState.DELIVERED}
        assert len(town.upstream.asked) == 2, "nothing was asked for twice"
        assert town.discord.complaints == []


async def test_each_part_of_discord_is_heard_by_the_process_that_is_told_to(tmp_path: Path) -> None:
    async with (
        city(tmp_path, speed=20, shards=2, lease_seconds=f"{LEASE}") as town,
        town.process("run", "--role", "gateway", MATINEE_DISCORD_SHARDS="0/2"),
        town.process("run", "--role", "gateway", MATINEE_DISCORD_SHARDS="1/2"),
        town.process("run", "--role", "gateway", MATINEE_DISCORD_SHARDS="1/2"),
    ):
        await until(lambda: len(town.discord.gateway.connections) == 2, "both parts")
        assert sorted(shard for _, shard in town.discord.gateway.identifies) == [0, 1], "none was refused"


def test_a_worker_without_a_platform_is_refused(tmp_path: Path) -> None:
    (tmp_path / "catalogue.toml").write_bytes((Path(__file__).parents[2] / "catalogue.toml").read_bytes())
    seen = matinee("worker", cwd=tmp_path, env={"MATINEE_PROVIDER_URL": "http://127.0.0.1:9/v1"})
    assert (seen.returncode, seen.stdout) == (2, "")
    assert seen.stderr.startswith("--role: ")
