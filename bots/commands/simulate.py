"""`matinee simulate`: an upstream on this machine that speaks the dialects, renders films, and errs when asked to."""

import asyncio
import signal
import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter

from bots import interrupts
from bots.commands.demo import speed
from core import telemetry
from core.errors import ConfigurationError
from core.simulator import Faults, Simulator, describe, read_faults


def add_arguments(parser: ArgumentParser) -> None:
    """Where to listen, how fast to be, what to get wrong."""
    offer = describe()
    models = "\n".join(f"  {model.name:<22}{model.dialect}" for model in offer.models)
    faults = "\n".join(f"  {fault.spelling:<22}{fault.sentence}" for fault in offer.faults)
    parser.formatter_class = RawDescriptionHelpFormatter
    parser.epilog = (
        f"models, and what each speaks:\n{models}\n\n"
        f'faults, for --fault, the header X-Simulate, or "[simulate cut@12]" in a prompt:\n{faults}'
    )
    parser.add_argument("--port", type=int, default=0, metavar="N", help="where to listen; a free one if not given")
    parser.add_argument("--speed", type=speed, default=1.0, metavar="X", help="so many times faster; 0 is no waiting")
    parser.add_argument("--fault", action="append", default=[], metavar="FAULT", help="what every request meets")
    parser.add_argument("--key", metavar="KEY", help="ask for this key, as a provider would")


def run(args: Namespace) -> int:
    """Print the address as one line, then serve until Ctrl-C or SIGTERM."""
    telemetry.configure()
    try:
        faults = read_faults(",".join(args.fault)) if args.fault else None
    except ValueError as error:
        raise ConfigurationError(f"--fault: {error}; for example --fault cut@12") from error
    return interrupts.run(lambda: _serve(args, faults))


async def _serve(args: Namespace, faults: Faults | None) -> int:
    over = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, over.set)
    try:
        async with Simulator(port=args.port, speed=args.speed, faults=faults, key=args.key) as simulator:
            sys.stdout.write(f"{simulator.url}\n")
            sys.stdout.flush()
            await over.wait()
    except (OSError, OverflowError) as error:
        raise ConfigurationError(
            f"--port: {args.port} cannot be listened on ({error}); leave it out for a free one"
        ) from error
    return 0
