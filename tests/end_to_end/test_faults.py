"""What goes wrong upstream, from the typed /video to the screen and the books: one house, every fault at once.

Each case says what its person reads. Where no video came it cost nothing, where one came it cost once, and nothing is
left behind: no open credit, no connection, no task, no half file.
"""

import asyncio
import io
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bots.app import Plan, open_house, utc_now
from bots.console.commands import Commands
from bots.console.platform import HERE, NAME, ConsolePlatform
from bots.console.screen import Screen, Terminal
from bots.console.sitting import ME
from core import jobs, ledger
from core.catalogue import Catalogue, ModelEntry, ProviderEntry
from core.db import open_database
from core.model import Job, JobState
from core.service import Policy
from core.simulator import Simulator, describe
from core.texts import say

UNREACHABLE = "model:gone"
"""Not a fault of the simulator's: there is no simulator at all."""

COMES = {
    "bytes@7", "pings", "garbage@3", "not-streamed", "raw-echo", "retry", "drip@0", "hops@1", "slow-file@0", "no-link",
    "ack-only", "cut@60", "reset@60", "relay-cut@60", "stall@60", "cut@60,pending@2", "hops@3,pings,bytes@1",
}  # fmt: skip
"""Faults that a person never hears of."""

FAILS: Mapping[str, str] = {
    UNREACHABLE: "unreachable",
    "http@500": "upstream-error",
    "http@503": "capacity",
    "rate-limit@0": "rate-limited",
    "rate-limit@3600": "rate-limited",
    "html@504": "gateway-timeout",
    "html@200": "unknown",
    "auth": "auth",
    "no-credit": "insufficient-credit",
    "model-not-found": "model-not-found",
    "blocked": "moderation",
    "redirect": "upstream-error",
    "cut@3": "transport-cut",
    "reset@3": "transport-cut",
    "relay-cut@3": "transport-cut",
    "stall@3": "timeout",
    "keep-alive": "transport-cut",
    "moderation@prompt": "moderation",
    "moderation@image": "moderation",
    "moderation@result": "moderation",
    "failed": "capacity",
    "error": "timeout",
    "no-video": "no-result",
    "ack-only,lost": "transport-cut",
    "private-link@192.168.0.7:8000": "result-not-allowed",
    "private-link@127.0.0.2": "result-not-allowed",
    "not-a-video": "result-not-a-video",
    "file-status@404": "result-unreachable",
    "truncated": "result-unreachable",
    "hops@20": "result-unreachable",
    "huge": "result-too-large",
    "endless": "result-too-large",
}
"""Fault -> the sentence it ends in."""


@dataclass(frozen=True)
class Evening:
    """What came of it all."""

    screen: str
    jobs: Mapping[str, Job]
    """By fault."""
    audit: list[str]
    left: int | None
    open_streams: int
    tasks: list[str]
    folder: Path


def ask(fault: str) -> str:
    """How somebody types it."""
    return f"/video a boat {fault}" if fault == UNREACHABLE else f"/video a boat [simulate {fault}]"


def met(job: Job) -> str:
    """Which fault it asked for."""
    found = re.search(r"\[simulate (.+)\]", job.request.prompt)
    return found[1] if found else UNREACHABLE


def catalogue(url: str) -> Catalogue:
    """One model at the simulator, one where nobody listens; as impatient as a test."""
    host = url.removeprefix("http://")
    providers = [
        ProviderEntry(
            name=name,
            kind="chat_stream",
            base_url=base,
            private_hosts=("127.0.0.1",),
            result_hosts=(host,),
            source_hosts=(host,),
            max_result_bytes=5_000_000,
            idle_seconds=1,
            poll_seconds=0.01,
            poll_total_seconds=0.5,
        )
        for name, base in (("simulator", f"{url}/v1"), ("nobody", "http://127.0.0.1:9/v1"))
    ]
    models = [
        ModelEntry(name=name, label=name, provider=provider, upstream_model="sim-sora2-en", lengths={1: 1})
        for name, provider in (("standard", "simulator"), ("gone", "nobody"))
    ]
    return Catalogue(models, providers)


async def spend(folder: Path) -> Evening:
    """Type everything, leave, and wait for what is under way."""
    faults = [*COMES, *FAILS]
    out = io.StringIO()
    reading, writing = os.pipe()
    os.write(writing, "".join(f"{ask(fault)}\n" for fault in faults).encode())
    os.close(writing)
    async with Simulator(speed=0) as simulator:
        policy = Policy(len(faults), ZoneInfo("UTC"), waiting_per_person=len(faults), waiting_total=len(faults))
        plan = Plan(
            database=f"sqlite:///{folder / 'matinee.sqlite'}",
            videos=folder / "videos",
            catalogue=catalogue(simulator.url),
            policy=policy,
            at_once=len(faults),
            keep_for=timedelta(days=1),
            drain_seconds=30,
        )
        async with open_house(plan) as house:
            screen = Screen(Terminal(file=out, width=200, force_terminal=False), utc_now)
            commands = Commands(house.service, house.catalogue, ME, HERE, zone=policy.zone, now=utc_now)
            house.platforms[NAME] = ConsolePlatform(commands, screen, reading)
            await house.serve()
            left = (await house.service.quota(ME)).left
        streams = simulator.open_streams
    os.close(reading)
    async with open_database(plan.database) as database, database.read() as tx:
        audit = await ledger.audit(tx)
        rows = await jobs.of_person(tx, ME.person, limit=len(faults))
    by_fault = {fault: next(job for job in rows if met(job) == fault) for fault in faults}
    others = [task.get_name() for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    return Evening(out.getvalue(), by_fault, audit, left, streams, others, folder)


@pytest.fixture(scope="module")
def evening(tmp_path_factory: pytest.TempPathFactory) -> Evening:
    """One for all tests: what takes long is waited for once."""
    return asyncio.run(spend(tmp_path_factory.mktemp("evening")))


def ending(evening: Evening, fault: str) -> list[str]:
    """What the screen said last of the job that met this fault: how it ended, and the lines under that."""
    job = evening.jobs[fault]
    text = evening.screen[evening.screen.rindex(f"{job.id}  ") :].splitlines()
    until = next((at for at, line in enumerate(text[1:], 1) if re.match(r"[0-9A-Z]{8}  ", line)), len(text))
    return text[:until]


@pytest.mark.parametrize("fault", sorted(COMES))
def test_a_fault_that_can_be_got_over_costs_the_price_once(evening: Evening, fault: str) -> None:
    job = evening.jobs[fault]
    assert job.state is JobState.DELIVERED, ending(evening, fault)
    assert job.video
    assert job.video.path.stat().st_size == job.video.size
    said = ending(evening, fault)
    assert said[0].startswith(f"{job.id}  Done")
    assert said[1] == str(job.video.path)
    assert said[2].startswith("It cost 1 credit; ")


@pytest.mark.parametrize("fault", FAILS)
def test_a_fault_that_cannot_is_said_in_a_sentence_and_costs_nothing(evening: Evening, fault: str) -> None:
    job = evening.jobs[fault]
    assert job.state is JobState.FAILED
    assert job.failure
    assert job.failure.kind.value.replace("_", "-") == FAILS[fault], ending(evening, fault)
    said = ending(evening, fault)
    assert said[0].startswith(f"{job.id}  Failed")
    assert "1 credit returned." in said[1]
    assert said[1] == say(
        f"error-{FAILS[fault]}",
        model=job.request.model,
        refunded=1,
        subject=job.failure.subject.value if job.failure.subject else None,
    )


def test_the_books_balance_and_nothing_is_left_behind(evening: Evening) -> None:
    assert evening.audit == []
    assert evening.left == len(FAILS), "what came cost one credit each, and nothing else did"
    assert (evening.open_streams, evening.tasks) == (0, [])
    assert [
        path for path in evening.folder.rglob("*") if path.suffix not in {".mp4", ".sqlite", ".lock", ".lead", ""}
    ] == []


def test_nobody_reads_what_is_not_for_people(evening: Evening) -> None:
    for word in ("http", "127.0.0.1", "sim-", "Traceback", "Error", "429", "None", "none"):
        assert word not in re.sub(r"\[simulate [^\]]+\]", "", evening.screen), word


def test_every_fault_there_is_has_its_case() -> None:
    tried = {name.partition("@")[0] for case in (*COMES, *FAILS) for name in case.split(",")}
    assert {fault.spelling.partition("@")[0] for fault in describe().faults} <= tried
