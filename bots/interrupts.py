"""Ctrl-C: pressed once or ten times, it ends what runs in good order, and only then the program."""

import asyncio
import signal
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

_Result = TypeVar("_Result")


def run(story: Callable[[], Coroutine[Any, Any, _Result]]) -> _Result:
    """Run a story to its end on a loop of its own. Raises `KeyboardInterrupt` once one that was stopped has cleaned up.

    Otherwise a second Ctrl-C would break into the cleaning up: connections left open, a traceback on the screen.
    """
    pressed = False
    before = signal.getsignal(signal.SIGINT)

    async def until_pressed() -> _Result | None:
        task = asyncio.current_task()

        def press() -> None:
            nonlocal pressed
            if not pressed and task is not None:
                pressed = True
                task.cancel()

        if before is not signal.SIG_IGN:
            asyncio.get_running_loop().add_signal_handler(signal.SIGINT, press)
        try:
            return await story()
        except asyncio.CancelledError:
            if not pressed:
                raise
            return None

    try:
        result = asyncio.run(until_pressed())
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN if pressed else before)
    if pressed or result is None:
        raise KeyboardInterrupt
    return result
