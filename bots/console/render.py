"""A job as a terminal shows it: words first, then a bar; pure, and the prompt is never read as markup."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from rich.cells import cell_len
from rich.text import Text

from core.catalogue import Catalogue
from core.errors import DeliveryError
from core.model import Failure, Job, Phase, Receipt, Status, Video
from core.progress import PHASE_OF
from core.texts import delivery_sentence, failure_sentence, phase_words, say

_BAR = 24
"""Cells of a full bar."""
_NARROW = 40
"""In so few cells there is no room for a job's name beside its words."""


def words(status: Status, now: datetime) -> str:
    """Where a job stands; who is alone in line needs no number."""
    alone = status.waiting == 1
    return phase_words(replace(status, position=None, waiting=None) if alone else status, now)


def plain(status: Status, now: datetime) -> str:
    """One line for a pipe: it changes only when there is something to say."""
    return f"{status.job}  {words(status, now)}"


def live(status: Status, now: datetime, width: int) -> Text:
    """One line that counts up: words, bar, time since the start. What there is no room for is left out at its end."""
    line = Text(no_wrap=True, overflow="ellipsis")
    if width >= _NARROW:
        line.append(f"{status.job}  ", style="dim")
    line.append(words(status, now), style="bold")
    if status.phase is Phase.RENDERING and status.percent is not None:
        full = round(status.percent / 100 * _BAR)
        line.append("  ").append("━" * full, style="blue").append("─" * (_BAR - full), style="dim")
    if status.started_at is not None:
        line.append(f"  {clock(int((now - status.started_at).total_seconds()))}", style="dim")
    line.append(f"  {status.request.prompt}", style="dim italic")
    return line


def ending(status: Status, video: Video | None) -> Text:
    """What stays on the screen when a job is over: how it ended, where the film is, what it cost."""
    style = "bold green" if status.phase is Phase.DONE else "bold yellow"
    text = Text().append(f"{status.job}  ", style="dim").append(say(f"phase-{status.phase}"), style=style)
    if status.took_seconds is not None:
        text.append(f"  {clock(status.took_seconds)}", style="dim")
    text.append(f"  {status.request.prompt}", style="italic")
    for line in _what_came_of_it(status, video):
        text.append(f"\n{line}")
    return text


def _what_came_of_it(status: Status, video: Video | None) -> Sequence[str]:
    receipt = status.receipt or Receipt(cost=0)
    if status.phase is Phase.CANCELLED:
        return [say("cancelled", refunded=receipt.refunded)]
    if status.failure is not None:
        return [_failure(status, status.failure, receipt)]
    if status.undelivered is not None:
        return [*([str(video.path)] if video else []), delivery_sentence(DeliveryError(status.undelivered))]
    paid = say("receipt", credits=receipt.cost, left=receipt.left, allowance=receipt.allowance, window=receipt.window)
    return [*([str(video.path)] if video else []), paid]


def _failure(status: Status, failure: Failure, receipt: Receipt) -> str:
    return failure_sentence(failure, model=status.model_label, refunded=receipt.refunded)


def accepted(job: Job) -> str:
    """What is said at once when a request is taken."""
    return say("accepted", job=job.id, credits=job.price)


def jobs(rows: Sequence[Job]) -> str:
    """Somebody's videos, the newest first."""
    if not rows:
        return say("no-jobs")
    return "\n".join(
        f"{job.id}  {say(f'phase-{PHASE_OF[job.state]}')}  {job.request.prompt}" + _where(job.video) for job in rows
    )


def _where(video: Video | None) -> str:
    return f"\n          {video.path}" if video else ""


def offers(catalogue: Catalogue) -> str:
    """The models that can be asked for today, and their prices."""
    lines = []
    for name in catalogue.offered():
        model = catalogue.models[name]
        lengths = ", ".join(
            say("offer-length", seconds=seconds, credits=price) for seconds, price in model.lengths.items()
        )
        lines.append(say("offer", model=name, lengths=lengths, shapes=", ".join(model.shapes)))
    return "\n".join(lines)


def clock(seconds: int) -> str:
    """A time span as people read it on a player: 0:07, 12:30."""
    return f"{seconds // 60}:{seconds % 60:02}"


def prompt(line: str, width: int) -> Text:
    """The line that is being typed; where it is too long for the terminal, its end is what one sees."""
    room = max(width - 4, 1)  # for the sign in front, the cursor, and one cell that stays free
    shown = line[-room:]
    while cell_len(shown) > room:
        shown = shown[1:]
    return Text("> ", style="bold", no_wrap=True).append(shown, style="not bold").append("▏", style="dim")
