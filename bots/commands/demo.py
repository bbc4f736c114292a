"""`matinee demo`: the whole way of one video on this machine, with an upstream of our own and nothing to set up."""

import asyncio
import json
import math
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from bots.app import House, Plan, open_house
from bots.console.keyboard import at_the_keyboard
from bots.console.sitting import converse, make_one
from core import telemetry
from core.catalogue import Catalogue
from core.errors import Refusal
from core.model import GenerationRequest, Job, JobState
from core.service import Policy
from core.simulator import Simulator
from core.texts import refusal_sentence, say

_CATALOGUE = Path(__file__).parents[2] / "catalogue.toml"
_PROMPT = "a lighthouse in a storm, slow pan"
_CREDITS = 100
"""A day's allowance: more than anyone demonstrates."""
_ASKING_SECONDS = 8.0
"""A job of an earlier demo has lost its upstream: that is found out soon."""


def add_arguments(parser: ArgumentParser) -> None:
    """What to film, where to put it, how fast."""
    parser.add_argument("--prompt", default=_PROMPT, metavar="TEXT", help=f'what to film; "{_PROMPT}" if not given')
    parser.add_argument(
        "--out", type=Path, default=Path("matinee-demo"), metavar="DIR", help="where films are put; ./matinee-demo"
    )
    parser.add_argument("--speed", type=speed, default=1.0, metavar="X", help="so many times faster; 0 is no waiting")
    parser.add_argument("--json", action="store_true", help="print one JSON object at the end, the rest on stderr")


def run(args: Namespace) -> int:
    """Make a video; at a terminal, go on as long as somebody types."""
    telemetry.configure(level="error")
    return asyncio.run(_demo(args))


async def _demo(args: Namespace) -> int:
    async with Simulator(speed=args.speed) as simulator:
        plan = Plan(
            database=f"sqlite:///{args.out / 'matinee.sqlite'}",
            videos=args.out / "videos",
            catalogue=_catalogue(f"{simulator.url}/v1"),
            policy=Policy(_CREDITS, ZoneInfo("UTC"), waiting_per_person=5, waiting_total=50),
            at_once=2,
            keep_for=timedelta(days=3650),
            drain_seconds=_ASKING_SECONDS + 2,
        )
        async with open_house(plan) as house:
            if at_the_keyboard(sys.stdin.fileno()) and sys.stdout.isatty() and not args.json:
                sys.stdout.write(f"{say('demo-welcome')}\n")
                await converse(house, first=f"/video {args.prompt}")
                return 0
            return await _make_one(house, args.prompt, as_json=args.json)


async def _make_one(house: House, prompt: str, *, as_json: bool) -> int:
    model = house.catalogue.default
    try:
        request = GenerationRequest(prompt, model.name, model.default_seconds, model.default_shape)
        job = await make_one(house, request, to_stderr=as_json)
    except Refusal as refusal:
        sys.stderr.write(f"{refusal_sentence(refusal)}\n")
        return 2
    if as_json:
        sys.stdout.write(f"{json.dumps(await _told(house, job), ensure_ascii=False)}\n")
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


def _catalogue(url: str) -> Catalogue:
    """The models as they come, at our own upstream, which needs no patience."""
    as_it_comes = Catalogue.load(_CATALOGUE, named={"MATINEE_PROVIDER_URL": url})
    impatient = {"poll_seconds": 1.0, "poll_total_seconds": _ASKING_SECONDS}
    providers = [entry.model_copy(update=impatient) for entry in as_it_comes.providers.values()]
    return Catalogue(as_it_comes.models.values(), providers, default=as_it_comes.default.name)


def speed(text: str) -> float:
    try:
        speed = float(text)
    except ValueError:
        speed = math.nan
    if not 0 <= speed < math.inf:
        raise ArgumentTypeError(f"{text} is no speed; for example --speed 4")
    return speed
