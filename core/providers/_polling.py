"""Recovery by ticket: asking a source how a generation is going when its stream can no longer tell."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Final

import structlog

from core.catalogue import ProviderEntry
from core.dialects.tasks import BODY_LIMIT, TaskOutcome, TaskReading, read_task
from core.errors import ConfigurationError, ErrorKind, ProviderError
from core.events import Completed, GenerationEvent, Progress, ResultUrl
from core.urls import UrlPolicy, UrlRefused, check_url, join_url
from core.videos.fetch import Fetcher

POLL_CEILING_SECONDS: Final = 60.0
"""The longest pause between two questions; it begins with the entry's `poll_seconds` and grows by half each time."""
LOST_AFTER: Final = 5
"""So many answers in a row that it knows no such generation, and there is none: a source is late only at first."""
_KNOWS_NONE: Final = frozenset({404, 410})
_GROWTH: Final = 1.5
_ANSWER_SECONDS: Final = 30.0

_log = structlog.get_logger(__name__)


def results_policy(entry: ProviderEntry) -> UrlPolicy:
    """Where this provider's films may be: the hosts that the operator named, or any public one."""
    return _policy(entry, frozenset(entry.result_hosts) or None)


def sources_policy(entry: ProviderEntry) -> UrlPolicy:
    """Where this provider may be asked about a generation: only the hosts that the operator named."""
    return _policy(entry, frozenset(entry.source_hosts))


def _policy(entry: ProviderEntry, hosts: frozenset[str] | None) -> UrlPolicy:
    try:
        return UrlPolicy(allowed_hosts=hosts, private_hosts=frozenset(entry.private_hosts))
    except ValueError as error:
        raise ConfigurationError(f"providers.{entry.name}: {error}") from error


def may_be_shown(entry: ProviderEntry, url: str) -> bool:
    """Whether an address may be given to people: https, on a host that the operator named, and a public one."""
    try:
        return bool(entry.result_hosts) and not check_url(url, results_policy(entry)).private
    except UrlRefused:
        return False


def permits(policy: UrlPolicy, url: str) -> bool:
    """Whether the gate lets this URL through."""
    try:
        check_url(url, policy)
    except UrlRefused:
        return False
    return True


async def ask_until_over(source_url: str, entry: ProviderEntry) -> AsyncGenerator[GenerationEvent]:
    """Ask until there is a verdict: `Progress` for every answer that says "running", `Completed` at the end.

    Raises `ProviderError` with the source's verdict. Ends without a word when `poll_total_seconds` are over, the gate
    does not let the question through, or the source knows of no such generation: what to say then is the caller's, who
    knows why it asked. A question that fails otherwise (no line, an error page, no JSON) is asked again.
    """
    loop = asyncio.get_running_loop()
    fetcher = Fetcher(sources_policy(entry), max_bytes=BODY_LIMIT, total_seconds=_ANSWER_SECONDS)
    deadline = loop.time() + entry.poll_total_seconds
    pause = entry.poll_seconds
    unknown = 0
    while True:
        try:
            reading = read_task(await _answer(fetcher, source_url))
        except ProviderError as error:
            if error.kind is ErrorKind.RESULT_NOT_ALLOWED:
                _log.warning("the source may not be asked", reason=error.message)
                return
            _log.info("the source gave no answer", reason=error.message)
            unknown = unknown + 1 if error.status in _KNOWS_NONE else 0
            if unknown == LOST_AFTER:
                return
        else:
            unknown = 0
            if reading.outcome is TaskOutcome.COMPLETED:
                yield _completed(reading, source_url, results_policy(entry))
                return
            if reading.outcome is TaskOutcome.FAILED:
                kind = reading.error_kind or ErrorKind.UNKNOWN
                raise ProviderError(kind, reading.error_message, subject=reading.subject)
            yield Progress(reading.progress)
        if loop.time() + pause > deadline:
            return
        await asyncio.sleep(pause)
        pause = min(pause * _GROWTH, max(POLL_CEILING_SECONDS, entry.poll_seconds))


async def _answer(fetcher: Fetcher, url: str) -> bytes:
    async with fetcher.open(url) as chunks:
        return b"".join([chunk async for chunk in chunks])


def _completed(reading: TaskReading, source_url: str, policy: UrlPolicy) -> Completed:
    """The films of a finished task that the gate lets through. Raises `ProviderError` where it lets none."""
    urls = [join_url(source_url, url) for url in reading.result_urls]
    allowed = tuple(ResultUrl(url, needs_auth=reading.result_needs_auth) for url in urls if permits(policy, url))
    if not allowed:
        kind = ErrorKind.RESULT_NOT_ALLOWED if urls else ErrorKind.NO_RESULT
        raise ProviderError(kind, "the source names no film where this provider's films may be")
    return Completed(allowed)
