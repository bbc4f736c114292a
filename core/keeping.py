"""From the links of a result to a film in the store: the best link first, the next one where that fails."""

import asyncio
from collections.abc import Sequence
from typing import Final

import structlog

from core.errors import ErrorKind, ProviderError
from core.events import ResultRole, ResultUrl
from core.model import JobId, Video
from core.ports import Provider
from core.videos.store import Store

ROUNDS: Final = 3
"""How often all links are tried: some upstreams name a link before their storage knows it."""
PAUSE_SECONDS: Final = 3.0

_FILMS: Final = (ResultRole.FINAL, ResultRole.DOWNLOAD)
_ANOTHER_MAY_DO: Final = frozenset(
    {ErrorKind.RESULT_UNREACHABLE, ErrorKind.RESULT_NOT_ALLOWED, ErrorKind.RESULT_NOT_A_VIDEO}
)
_LATER_MAY_DO: Final = frozenset({ErrorKind.RESULT_UNREACHABLE})

_log = structlog.get_logger(__name__)


async def keep(job_id: JobId, results: Sequence[ResultUrl], provider: Provider, store: Store) -> Video:
    """Fetch a result and keep it. Raises `ProviderError`: the first link's, where none of them gave a film."""
    links = [result for result in results if result.role in _FILMS]
    failure: ProviderError | None = None
    for left in reversed(range(ROUNDS)):
        for link in links:
            try:
                async with provider.download(link) as chunks:
                    return await store.keep(job_id, chunks, upstream_url=link.url)
            except ProviderError as error:
                if error.kind not in _ANOTHER_MAY_DO:
                    raise
                _log.info("a link gave no video", job=job_id, reason=str(error))
                failure = failure or error
        if not left or failure is None or failure.kind not in _LATER_MAY_DO:
            break
        await asyncio.sleep(PAUSE_SECONDS)
    raise failure or ProviderError(ErrorKind.NO_RESULT, "no link is for a film")
