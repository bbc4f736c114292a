"""What every provider owes the core, against an upstream that speaks its wire; a kind without an entry here fails."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import Final

import pytest

from core.catalogue import ModelEntry, ProviderEntry
from core.errors import ErrorKind, ProviderError
from core.events import Completed, GenerationEvent, Progress, ResultRole, ResultUrl, Submitted
from core.model import GenerationRequest, Ticket
from core.ports import Provider
from core.providers import KINDS, build
from core.simulator import Simulator, read_faults

REQUEST: Final = GenerationRequest("a lighthouse in a storm", "standard", 1)


@dataclass(frozen=True)
class Far:
    """A provider, and what its upstream says of itself."""

    provider: Provider
    submissions: Callable[[], int]
    open_lines: Callable[[], int]


@asynccontextmanager
async def _chat_stream(faults: str | None) -> AsyncGenerator[Far]:
    async with Simulator(speed=0, faults=read_faults(faults) if faults else None) as simulator:
        entry = ProviderEntry(
            name="upstream",
            kind="chat_stream",
            base_url=f"{simulator.url}/v1",
            private_hosts=("127.0.0.1",),
            result_hosts=("127.0.0.1",),
            source_hosts=("127.0.0.1",),
            poll_seconds=0.01,
            poll_total_seconds=0.05,
        )
        model = ModelEntry(
            name="standard", label="standard", provider="upstream", upstream_model="sim-sora2-en", lengths={1: 1}
        )
        provider = build(entry, models={"standard": model})
        yield Far(provider, lambda: simulator.submissions, lambda: simulator.open_streams)
        await provider.aclose()


UPSTREAMS: Final[Mapping[str, Callable[[str | None], AbstractAsyncContextManager[Far]]]] = {"chat_stream": _chat_stream}
"""Each is opened with a fault in the simulator's spelling, or with none."""

kinds = pytest.mark.parametrize("kind", UPSTREAMS)


async def told(provider: Provider) -> list[GenerationEvent]:
    """A whole generation."""
    return await heard_out(provider.generate(REQUEST))


async def heard_out(events: AsyncGenerator[GenerationEvent]) -> list[GenerationEvent]:
    async with aclosing(events):
        return [event async for event in events]


def test_every_kind_is_held_to_this() -> None:
    assert set(KINDS) == set(UPSTREAMS)


@kinds
async def test_it_ends_with_a_result_and_says_so_last(kind: str) -> None:
    async with UPSTREAMS[kind](None) as far:
        events = await told(far.provider)
        assert [type(event) for event in events].count(Completed) == 1
        last = events[-1]
        assert isinstance(last, Completed)
        assert last.results[0].role is ResultRole.FINAL
        assert any(isinstance(event, Submitted) and event.ticket for event in events)
        percents = [event.percent for event in events if isinstance(event, Progress) and event.percent is not None]
        assert percents
        assert all(0 <= percent <= 100 for percent in percents)


@kinds
async def test_what_it_names_can_be_downloaded_and_is_a_film(kind: str) -> None:
    async with UPSTREAMS[kind](None) as far:
        last = (await told(far.provider))[-1]
        assert isinstance(last, Completed)
        async with far.provider.download(last.results[0]) as chunks:
            film = b"".join([chunk async for chunk in chunks])
        assert film[4:8] == b"ftyp"


@kinds
@pytest.mark.parametrize("fault", ["failed", "moderation@prompt", "no-credit", "auth", "model-not-found"])
async def test_a_failure_is_raised_and_never_told(kind: str, fault: str) -> None:
    async with UPSTREAMS[kind](fault) as far:
        with pytest.raises(ProviderError) as caught:
            await told(far.provider)
        assert caught.value.kind is not ErrorKind.UNKNOWN
        assert far.submissions() <= 1


@kinds
async def test_a_cut_generation_is_found_by_its_ticket_and_not_asked_for_again(kind: str) -> None:
    async with UPSTREAMS[kind]("cut@46") as far:
        assert isinstance((await told(far.provider))[-1], Completed)
        assert far.submissions() == 1


@kinds
async def test_leaving_early_frees_the_line(kind: str) -> None:
    async with UPSTREAMS[kind]("stall@46") as far:
        async with aclosing(far.provider.generate(REQUEST)) as events:
            await anext(events)
            assert far.open_lines() == 1
        async with asyncio.timeout(5):
            while far.open_lines():  # noqa: ASYNC110 - the far end has no event for it
                await asyncio.sleep(0.01)


@kinds
async def test_an_unknown_ticket_ends_without_a_second_submission(kind: str) -> None:
    async with UPSTREAMS[kind](None) as far:
        with pytest.raises(ProviderError):
            await heard_out(far.provider.resume(Ticket("task_nobody")))
        assert far.submissions() == 0


@kinds
@pytest.mark.parametrize("url", ["https://elsewhere.example/a.mp4", "https://10.0.0.1/a.mp4", "file:///etc/passwd"])
async def test_what_lies_elsewhere_or_inside_is_not_downloaded(kind: str, url: str) -> None:
    async with UPSTREAMS[kind](None) as far:
        with pytest.raises(ProviderError) as caught:
            async with far.provider.download(ResultUrl(url)):
                pass
        assert caught.value.kind is ErrorKind.RESULT_NOT_ALLOWED


@kinds
async def test_it_can_be_closed_twice(kind: str) -> None:
    async with UPSTREAMS[kind](None) as far:
        await far.provider.aclose()
