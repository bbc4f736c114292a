"""One run: every stream at every size by every decoder, as a table of ratios."""

import asyncio
from collections.abc import Iterator, Mapping
from typing import Final

from rich import box
from rich.console import Console
from rich.table import Table

from benchmarks import admission, edits, idle, running
from benchmarks.decoders import DECODERS, HTTPX_SSE, OPENAI, OURS, Decoder
from benchmarks.measure import microseconds_an_event
from benchmarks.streams import CUTS, Stream, long, seed

GOAL: Final = 20.0
"""How many times cheaper than openai-python's decoding alone our whole pipeline is to be, one event a chunk."""

_WIDTH: Final = 118


def main() -> int:
    """Measure and print, and say which goals are met: a figure is told, never asserted. 2: a competitor is absent."""
    console = Console(width=_WIDTH, highlight=False)
    decoders, absent = _made()
    for name, why in absent.items():
        console.print(f"{name}: not measured ({why})")
    if absent:
        return 2
    console.print("CPU time in microseconds an event, best of several passes; in brackets: times the cost of ours.\n")
    missed: list[str] = []
    for stream in (seed(), long()):
        figures = {cut: microseconds_an_event(decoders, stream, size) for cut, size in CUTS.items()}
        console.print(_table(stream, figures))
        missed += _missed(stream, figures)
    for sentence in missed:
        console.print(sentence)
    if not missed:
        console.print(
            f"With one event a chunk we are at least {GOAL:.0f} times cheaper than {OPENAI}, "
            f"and at no size are we slower than {HTTPX_SSE}."
        )
    console.print("\nAn edit of a message on Discord, CPU time in microseconds, best of three runs.\n")
    console.print(_edits(asyncio.run(edits.measure())))
    console.print(
        f"\nOne look at the line with {admission.RUNNING} jobs that run and {admission.WAITING} that wait, "
        "which lets eight begin, in milliseconds.\n"
    )
    for name, took in asyncio.run(admission.measure()).items():
        console.print(
            f"{name}: half of them take no longer than {took[len(took) // 2]:.0f}, the slowest {took[-1]:.0f}"
        )
    console.print(f"\n{running.RUNNING} jobs that run in one worker process and wait for their upstream.\n")
    try:
        cost = running.apart()
    except OSError as error:
        console.print(f"Not measured: this kernel does not tell ({error}).")
    else:
        console.print(
            f"{cost.kib:.0f} KiB each; {cost.cpu:.0%} of a core; the loop is late by {cost.lag_half:.1f} ms half of "
            f"the time, {cost.lag_most:.0f} ms in one of a hundred looks, {cost.lag_worst:.0f} ms at most"
        )
    console.print(
        "\nMemory of a bot that is connected and idle, MiB: RSS, and PSS, which counts what is shared in shares.\n"
    )
    try:
        console.print(_idle(asyncio.run(idle.measure())))
    except OSError as error:
        console.print(f"Not measured: this kernel does not tell ({error}).")
    return 0


def _edits(cost: Mapping[str, float]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, title_justify="left")
    for name in ("made by", "an edit", "edits a second and core"):
        table.add_column(name, justify="left" if name == "made by" else "right")
    for name, microseconds in cost.items():
        table.add_row(name, f"{microseconds:.0f}", f"{1e6 / microseconds:.0f}")
    return table


def _idle(held: Mapping[str, Mapping[int, idle.Held]]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, title_justify="left")
    table.add_column("bot")
    for servers in idle.SERVERS:
        table.add_column(f"{servers} servers: RSS" if servers > 1 else "1 server: RSS", justify="right")
        table.add_column("PSS", justify="right")
    for name, by_servers in held.items():
        cells = []
        for servers, it in by_servers.items():
            cells += [f"{it.rss:.0f}", f"{it.pss:.0f} ({it.pss / held[idle.OURS][servers].pss:.2f}x)"]
        table.add_row(name, *cells)
    return table


def _made() -> tuple[Mapping[str, Decoder], Mapping[str, str]]:
    made: dict[str, Decoder] = {}
    absent: dict[str, str] = {}
    for name, make in DECODERS.items():
        try:
            made[name] = make()
        except ImportError as error:
            absent[name] = str(error)
    return made, absent


def _table(stream: Stream, figures: Mapping[str, Mapping[str, float]]) -> Table:
    title = f"{stream.name}: {len(stream.events)} events, {sum(map(len, stream.events)) / 1000:.0f} kB"
    table = Table(title=title, box=box.SIMPLE_HEAD, title_justify="left")
    table.add_column("bytes in a chunk")
    for name in DECODERS:
        table.add_column(name, justify="right")
    for cut, cost in figures.items():
        table.add_row(cut, *(f"{cost[name]:.1f} ({cost[name] / cost[OURS]:.1f}x)" for name in DECODERS))
    return table


def _missed(stream: Stream, figures: Mapping[str, Mapping[str, float]]) -> Iterator[str]:
    times = figures["one event"][OPENAI] / figures["one event"][OURS]
    if times < GOAL:
        yield f"Missed on {stream.name}: {times:.1f} times cheaper than {OPENAI}, the goal is {GOAL:.0f}."
    for cut, cost in figures.items():
        if cost[OURS] > cost[HTTPX_SSE]:
            yield f"Missed on {stream.name}, {cut} a chunk: slower than {HTTPX_SSE}."
