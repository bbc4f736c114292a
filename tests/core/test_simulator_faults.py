"""Every fault of the simulator, in every dialect, and what our provider makes of it: never twice, never left open."""

import asyncio
import re
from collections.abc import Mapping
from contextlib import aclosing
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from core.catalogue import ModelEntry
from core.errors import ErrorKind, ProviderError
from core.events import Completed
from core.model import GenerationRequest, JobId, Ticket
from core.ports import Provider
from core.providers import chat_stream
from core.simulator import Simulator, describe, read_faults
from core.videos.store import Store
from tests.raw_upstream import entry
from tests.simulated import ask, caller, order

MODELS = tuple(line.name for line in describe().models)
ASKED_BY_TICKET = ("sim-sora2-en", "sim-sora2-zh", "sim-veo3")
FILM = "video"
REQUEST = GenerationRequest("a cat", "m", 1)
Verdict = ErrorKind | str


def provider(simulator: Simulator, model: str, **fields: object) -> Provider:
    """A provider of this one model, patient enough for a test, that does not wait between two tries."""

    async def at_once(_: float) -> None:
        pass

    here = {
        "name": "sim",
        "source_hosts": ("127.0.0.1",),
        "result_hosts": ("127.0.0.1",),
    }
    named = {"name": "m", "label": "m", "provider": "sim", "upstream_model": model}
    model_entry = ModelEntry.model_validate({**named, "lengths": {1: 1}, "shapes": ["landscape"]})
    known = {**here, "poll_total_seconds": 2, "max_result_bytes": 1 << 20, **fields}
    return chat_stream.build(entry(simulator.url, **known), models={"m": model_entry}, sleep=at_once)


async def verdict(simulator: Simulator, model: str, faults: str = "") -> tuple[Verdict, bool]:
    """How a generation ends, and whether the upstream may have begun it. Only who falls silent is not waited for."""
    patience = {"idle_seconds": 0.2, "first_byte_seconds": 0.2} if "stall" in faults else {}
    try:
        async with aclosing(provider(simulator, model, **patience).generate(REQUEST)) as events:
            *_, last = [event async for event in events]
    except ProviderError as error:
        return error.kind, error.accepted
    assert isinstance(last, Completed)
    path = urlsplit(last.results[0].url).path
    job = simulator._book.by_path(path)
    assert job is not None
    return job.paths[path], True


async def everybody_has_left(simulator: Simulator) -> bool:
    for _ in range(1000):
        if not simulator.open_streams:
            return True
        await asyncio.sleep(0.001)
    return False


# Before anything is accepted


@pytest.mark.parametrize(
    ("faults", "kind", "accepted", "tries"),
    [
        ("http@400", ErrorKind.BAD_REQUEST, False, 1),
        ("http@500", ErrorKind.UPSTREAM_ERROR, True, 1),
        ("http@502", ErrorKind.UPSTREAM_ERROR, True, 1),
        ("http@503", ErrorKind.CAPACITY, False, 3),
        ("rate-limit@0", ErrorKind.RATE_LIMITED, False, 3),
        ("rate-limit@2", ErrorKind.RATE_LIMITED, False, 3),
        ("rate-limit@3600", ErrorKind.RATE_LIMITED, False, 1),
        ("html@504", ErrorKind.GATEWAY_TIMEOUT, True, 1),
        ("html@524", ErrorKind.GATEWAY_TIMEOUT, True, 1),
        ("html@403", ErrorKind.REJECTED_BY_UPSTREAM, False, 1),
        ("html@200", ErrorKind.UNKNOWN, True, 1),
        ("auth", ErrorKind.AUTH, False, 1),
        ("no-credit", ErrorKind.INSUFFICIENT_CREDIT, False, 1),
        ("model-not-found", ErrorKind.MODEL_NOT_FOUND, False, 1),
        ("blocked", ErrorKind.MODERATION, False, 1),
        ("redirect", ErrorKind.UPSTREAM_ERROR, False, 1),
    ],
)
async def test_an_answer_instead_of_a_stream_is_tried_again_only_where_nothing_began(
    faults: str, kind: ErrorKind, accepted: bool, tries: int
) -> None:
    async with Simulator(speed=0, faults=read_faults(faults)) as simulator:
        for model in MODELS:
            simulator.visits.clear()
            assert (await verdict(simulator, model), len(simulator.visits)) == ((kind, accepted), tries)
        assert simulator.submissions == 0
        assert await everybody_has_left(simulator)


async def test_how_long_to_wait_is_passed_on() -> None:
    async with Simulator(speed=0, faults=read_faults("rate-limit@3600")) as simulator:
        with pytest.raises(ProviderError) as caught:
            await anext(provider(simulator, MODELS[0]).generate(REQUEST))
    assert caught.value.retry_after == 3600


# Once it is accepted


CUT = ErrorKind.TRANSPORT_CUT
SHORT = ("sim-foai", "sim-grok2api", "sim-qwen2api", "sim-sora2api", "sim-veo3")
"""Dialects that have named their film within twelve events."""
OVERLOADED = ErrorKind.CAPACITY


@pytest.mark.parametrize(
    ("faults", "usually", "otherwise"),
    [
        ("none", FILM, {}),
        ("pings", FILM, {}),
        ("bytes@1", FILM, {}),
        ("bytes@70,pings,garbage@3", FILM, {}),
        ("garbage@0", FILM, {}),
        ("garbage@9999", FILM, {}),
        ("raw-echo", FILM, {}),
        ("retry", FILM, {}),
        ("cut@9999", FILM, {}),
        ("not-streamed", FILM, {"sim-sora2api": ErrorKind.NO_RESULT}),
        ("cut@0", CUT, {}),
        ("cut@3", CUT, {"sim-qwen2api": FILM, "sim-veo3": FILM}),
        ("cut@12", CUT, dict.fromkeys(SHORT, FILM)),
        ("reset@12", CUT, dict.fromkeys(SHORT, FILM)),
        ("relay-cut@12", CUT, dict.fromkeys(SHORT, FILM)),
        ("cut@9,stall@12", CUT, dict.fromkeys(("sim-foai", "sim-grok2api", "sim-qwen2api", "sim-veo3"), FILM)),
        ("stall@0", ErrorKind.TIMEOUT, {}),
        ("stall@3", ErrorKind.TIMEOUT, {"sim-qwen2api": FILM, "sim-veo3": FILM}),
        ("keep-alive", CUT, {}),
        ("ack-only", CUT, dict.fromkeys(ASKED_BY_TICKET, FILM)),
        ("ack-only,pending@2", CUT, dict.fromkeys(ASKED_BY_TICKET, FILM)),
        ("ack-only,lost", CUT, {"sim-veo3": ErrorKind.PENDING_POLL_REQUIRED}),
        ("ack-only,no-video", ErrorKind.NO_RESULT, {}),
        ("no-link", ErrorKind.NO_RESULT, dict.fromkeys(ASKED_BY_TICKET, FILM)),
        ("no-link,lost", ErrorKind.NO_RESULT, {}),
        ("no-video", ErrorKind.NO_RESULT, {}),
        ("moderation@prompt", ErrorKind.MODERATION, {}),
        ("moderation@image", ErrorKind.MODERATION, {}),
        ("moderation@result", ErrorKind.MODERATION, {}),
        (
            "failed",
            ErrorKind.CAPACITY,
            {
                "sim-jimeng": ErrorKind.UPSTREAM_ERROR,
                "sim-qwen2api": ErrorKind.UPSTREAM_ERROR,
                "sim-sora2api": ErrorKind.RATE_LIMITED,
            },
        ),
        (
            "error",
            ErrorKind.TIMEOUT,
            {"sim-foai": ErrorKind.UPSTREAM_ERROR, "sim-grok2api": ErrorKind.NO_RESULT},
        ),
        ("private-link@192.168.0.7:8000", ErrorKind.RESULT_NOT_ALLOWED, {}),
        ("private-link@169.254.169.254", ErrorKind.RESULT_NOT_ALLOWED, {}),
        ("private-link@[::1]:80,ack-only", CUT, dict.fromkeys(ASKED_BY_TICKET, ErrorKind.RESULT_NOT_ALLOWED)),
    ],
)
async def test_a_generation_that_began_is_asked_for_once_and_ends_in_one_way(
    faults: str, usually: Verdict, otherwise: Mapping[str, Verdict]
) -> None:
    async with Simulator(speed=0, faults=read_faults(faults)) as simulator:
        ends = await asyncio.gather(*(verdict(simulator, model, faults) for model in MODELS))
        assert dict(zip(MODELS, ends, strict=True)) == {
            model: (otherwise.get(model, usually), True) for model in MODELS
        }
        assert simulator.submissions == len(MODELS)
        assert sum(visit.startswith("POST ") for visit in simulator.visits) == len(MODELS)
        assert await everybody_has_left(simulator)


def test_no_fault_is_left_out() -> None:
    tried = re.findall(r'"([a-z-]+(?:@[^"]*)?(?:,[^"]*)?)"', Path(__file__).read_text("utf-8"))
    named = {word.partition("@")[0] for text in tried for word in text.split(",")}
    faults = {line.spelling.partition("@")[0] for line in describe().faults}
    assert faults - named == set()


# What the reader makes of the seed's dialect


@pytest.mark.parametrize(
    ("faults", "outcome", "kind"),
    [
        ("none", "completed", None),
        ("drip@0.01", "completed", None),
        ("cut@12", "cut", CUT),
        ("relay-cut@12", "cut", CUT),
        ("no-link", "failed", ErrorKind.NO_RESULT),
        ("moderation@prompt", "failed", ErrorKind.MODERATION),
        ("failed", "failed", ErrorKind.CAPACITY),
        ("error", "failed", ErrorKind.TIMEOUT),
    ],
)
async def test_the_reader_tells_what_became_of_the_stream(faults: str, outcome: str, kind: ErrorKind | None) -> None:
    async with Simulator(speed=0) as simulator:
        reading = (await ask(simulator, faults=faults)).reading
    assert (reading.outcome, reading.error_kind) == (outcome, kind)


async def test_a_request_names_its_own_faults_in_header_body_or_prompt() -> None:
    async with Simulator(speed=0, faults=read_faults("no-video")) as simulator, caller(simulator) as client:
        for headers, body in (
            ({"X-Simulate": "http@418"}, order(simulate="http@419")),
            ({}, order(simulate={"http": 418})),
            ({}, order(simulate="http@418", prompt="a cat [simulate http@419]")),
            ({}, order(prompt="a cat (simulate http@418)")),
        ):
            assert (await client.post("/v1/chat/completions", json=body, headers=headers)).status_code == 418
        assert (await ask(simulator, order())).reading.outcome == "failed"
        assert (await ask(simulator, faults="none")).reading.outcome == "completed"


# The film behind the link


@pytest.mark.parametrize(
    ("faults", "expected"),
    [
        ("none", FILM),
        ("hops@1", FILM),
        ("hops@3", FILM),
        ("hops@4", ErrorKind.RESULT_UNREACHABLE),
        ("slow-file@0.01", FILM),
        ("file-status@404", ErrorKind.RESULT_UNREACHABLE),
        ("file-status@503", ErrorKind.RESULT_UNREACHABLE),
        ("truncated", ErrorKind.RESULT_UNREACHABLE),
        ("endless", ErrorKind.RESULT_TOO_LARGE),
        ("huge", ErrorKind.RESULT_TOO_LARGE),
        ("not-a-video", ErrorKind.RESULT_NOT_A_VIDEO),
    ],
)
async def test_what_is_wrong_with_the_film_is_seen_before_it_is_kept(
    faults: str, expected: Verdict, tmp_path: Path
) -> None:
    store, job = Store(tmp_path), JobId("aa-1")
    async with Simulator(speed=0, faults=read_faults(faults)) as simulator:
        made = provider(simulator, "sim-foai")
        async with aclosing(made.generate(REQUEST)) as events:
            *_, last = [event async for event in events]
        assert isinstance(last, Completed)
        try:
            async with made.download(last.results[0]) as chunks:
                await store.keep(job, chunks)
            end: Verdict = FILM
        except ProviderError as error:
            end = error.kind
    assert end == expected
    assert store.path_of(job).exists() == (expected == FILM)


# Leaving and coming back


@pytest.mark.parametrize("model", MODELS)
async def test_leaving_early_frees_the_connection(model: str) -> None:
    async with Simulator(speed=0, faults=read_faults("stall@2")) as simulator:
        async with aclosing(
            provider(simulator, model, idle_seconds=30).generate(GenerationRequest("a", "m", 1))
        ) as events:
            asking = asyncio.ensure_future(anext(events))
            for _ in range(1000):
                if simulator.open_streams:
                    break
                await asyncio.sleep(0.001)
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)
        assert await everybody_has_left(simulator)
        assert simulator.submissions == 1


@pytest.mark.parametrize("model", ASKED_BY_TICKET)
async def test_after_a_restart_the_ticket_leads_to_the_film_without_a_second_order(model: str) -> None:
    async with Simulator(speed=0, faults=read_faults("ack-only,pending@1")) as simulator:
        heard = await ask(simulator, order(model))
        made = provider(simulator, model)
        assert heard.reading.task_id is not None
        ticket = Ticket(heard.reading.task_id, f"{simulator.url}/source/{heard.reading.task_id}")
        async with aclosing(made.resume(ticket)) as events:
            *_, last = [event async for event in events]
        assert isinstance(last, Completed)
        assert simulator.submissions == 1
