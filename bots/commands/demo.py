"""`matinee demo`: the whole way of one video on this machine, with an upstream of our own and nothing to set up."""

import json
import math
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from bots import interrupts
from bots.app import House, Plan, open_house
from bots.console.keyboard import at_the_keyboard
from bots.console.sitting import converse, make_one
from core import telemetry
from core.catalogue import Catalogue
from core.db import DatabaseUnavailableError
from core.errors import ConfigurationError, DeliveryError, Refusal
from core.model import GenerationRequest, Job, JobState
from core.service import Policy
from core.simulator import Simulator
from core.texts import delivery_sentence, refusal_sentence, say

_CATALOGUE = Path(__file__).parents[2] / "catalogue.toml"
_PROMPT = "a lighthouse in a storm, slow pan"
_SILENCE_SECONDS = 20.0
"""An upstream in this very program that says nothing for so long never will."""
_CREDITS = 100
"""A day's allowance: more than anyone demonstrates."""
_FILM_SECONDS = 15.0
"""Our upstream takes less for any film, at speed 1."""


def add_arguments(parser: ArgumentParser) -> None:
    """What to film, where to put it, how fast."""
    parser.add_argument("--prompt", default=_PROMPT, metavar="TEXT", help=f'what to film; "{_PROMPT}" if not given')
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("matinee-demo"),
        metavar="DIR",
        help="where films, jobs and credits are kept; ./matinee-demo",
    )
    parser.add_argument("--speed", type=speed, default=1.0, metavar="X", help="so many times faster; 0 is no waiting")
    parser.add_argument("--json", action="store_true", help="print one JSON object at the end, the rest on stderr")


def run(args: Namespace) -> int:
    """Make a video; at a terminal, go on as long as somebody types."""
    telemetry.configure(level="error")
    return interrupts.run(lambda: _demo(args))


async def _demo(args: Namespace) -> int:
    patience = max(1.0, _FILM_SECONDS / args.speed) if args.speed else 1.0
    async with Simulator(speed=args.speed) as simulator:
        out = args.out.absolute()  # a job that is taken up at the next start finds its film from wherever that is
        plan = Plan(
            database=f"sqlite:///{out / 'matinee.sqlite'}",
            videos=out / "videos",
            catalogue=_catalogue(simulator.url, patience),
            policy=Policy(_CREDITS, ZoneInfo("UTC"), waiting_per_person=5, waiting_total=50),
            at_once=2,
            keep_for=timedelta(days=3650),
            drain_seconds=patience + 1,
        )
        async with AsyncExitStack() as opened:
            with _settings_are_arguments():
                house = await opened.enter_async_context(open_house(plan))
            if at_the_keyboard(sys.stdin.fileno()) and sys.stdout.isatty() and not args.json:
                sys.stdout.write(f"{say('demo-welcome')}\n")
                await converse(house, first=f"/video {args.prompt}")
                return 0
            return await _make_one(house, args.prompt, as_json=args.json)


@contextmanager
def _settings_are_arguments() -> Iterator[None]:
    """Whoever demonstrates has set nothing: what is wrong with the database or the videos is wrong with `--out`."""
    try:
        yield
    except ConfigurationError as error:
        what_is_wrong = [line.partition(": ")[2].partition("; for example")[0] for line in error.lines]
        raise ConfigurationError(*(f"--out: {line}; for example --out films" for line in what_is_wrong)) from error


async def _make_one(house: House, prompt: str, *, as_json: bool) -> int:
    model = house.catalogue.default
    try:
        request = GenerationRequest(prompt, model.name, model.default_seconds, model.default_shape)
        job = await make_one(house, request, to_stderr=as_json)
    except Refusal as refusal:
        sys.stderr.write(f"{refusal_sentence(refusal)}\n")
        return 2
    except DatabaseUnavailableError:
        sys.stderr.write(f"{say('database-away')}\n")
        return 1
    if as_json:
        sys.stdout.write(f"{json.dumps(await _told(house, job), ensure_ascii=False)}\n")
    elif job.undelivered and job.video:
        sys.stderr.write(f"{delivery_sentence(DeliveryError(job.undelivered))}\n{job.video.path}\n")
    return 0 if job.state is JobState.DELIVERED else 1


async def _told(house: House, job: Job) -> dict[str, object]:
    receipt = await house.service.receipt(job)
    return {
        "job": job.id,
        "state": job.state.value,
        "prompt": job.request.prompt,
        "video": str(job.video.path) if job.video else None,
        "bytes": job.video.size if job.video else None,
        "sha256": job.video.sha256 if job.video else None,
        "failure": job.failure.kind.value if job.failure else None,
        "cost": receipt.cost,
        "refunded": receipt.refunded,
        "left": receipt.left,
        "allowance": receipt.allowance,
    }


def _catalogue(url: str, patience: float) -> Catalogue:
    """The models as they come, at our own upstream: this very one.

    That of an earlier demo went with it, so a job that was left there is not asked for where its address is known, and
    not for longer than `patience` seconds otherwise; it is paid back.
    """
    as_it_comes = Catalogue.load(_CATALOGUE, named={"MATINEE_PROVIDER_URL": f"{url}/v1"})
    here = {
        "source_hosts": (urlsplit(url).netloc,),
        "first_byte_seconds": _SILENCE_SECONDS,
        "idle_seconds": _SILENCE_SECONDS,
        "quiet_seconds": 2 * _SILENCE_SECONDS,
        "poll_seconds": patience / _FILM_SECONDS,
        "poll_total_seconds": patience,
    }
    providers = [entry.model_copy(update=here) for entry in as_it_comes.providers.values()]
    return Catalogue(as_it_comes.models.values(), providers, default=as_it_comes.default.name)


def speed(text: str) -> float:
    try:
        speed = float(text)
    except ValueError:
        speed = math.nan
    if not 0 <= speed < math.inf:
        raise ArgumentTypeError(f"{text} is no speed; for example --speed 4")
    return speed
