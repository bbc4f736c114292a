"""CPU time an event: the best of several passes, the decoders taking turns."""

import asyncio
import time
from collections.abc import Mapping
from typing import Final

from benchmarks.decoders import Decoder
from benchmarks.streams import Stream

PASSES: Final = 5
"""The fewest passes a decoder makes over a stream; more as long as `SECONDS` last."""
SECONDS: Final = 0.12
"""CPU seconds that one decoder gets for one stream and one size, if its passes need no more."""


def microseconds_an_event(decoders: Mapping[str, Decoder], stream: Stream, size: int | None) -> dict[str, float]:
    """Read the stream in chunks of this size with every decoder; return the best CPU time of each, by its name.

    The garbage collector works as usual. Raises `AssertionError` if two decoders have not read the same.
    """
    chunks = stream.cut(size)
    best = dict.fromkeys(decoders, float("inf"))
    spent = dict.fromkeys(decoders, 0.0)
    passes = 0
    with asyncio.Runner() as runner:
        said = {name: runner.run(_read(decoder, chunks))[0] for name, decoder in decoders.items()}
        assert len(set(said.values())) <= 1, said
        while passes < PASSES or min(spent.values()) < SECONDS:
            passes += 1
            for name, decoder in decoders.items():
                if passes > PASSES and spent[name] >= SECONDS:
                    continue
                _, took = runner.run(_read(decoder, chunks))
                best[name] = min(best[name], took)
                spent[name] += took
    return {name: took / len(stream.events) * 1e6 for name, took in best.items()}


async def _read(decoder: Decoder, chunks: list[bytes]) -> tuple[int, float]:
    response = decoder.response(chunks)
    before = time.process_time()
    said = await decoder.read(response)
    return said, time.process_time() - before
