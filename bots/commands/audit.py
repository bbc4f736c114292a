"""`matinee audit`: looks through all of the books; a fault stops spending, and once there is none it goes on."""

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from bots import interrupts
from bots.commands.run import read_settings
from bots.findings import Finding, Found
from core import ledger, telemetry
from core.db import DatabaseUnavailableError, file_of, is_server, open_database, shown
from core.errors import ConfigurationError
from core.settings import Settings


def add_arguments(parser: ArgumentParser) -> None:
    """Where the settings are."""
    parser.add_argument("--env-file", type=Path, metavar="FILE", help="settings; ./.env if there is one")


def run(args: Namespace) -> int:
    """Print `ok`, or one line a fault and return 1. It may run beside everything else."""
    settings = read_settings(args.env_file)
    telemetry.configure(level="error", secrets=settings.secrets())
    findings = interrupts.run(lambda: _audit(settings))
    for finding in findings:
        sys.stdout.write(f"{finding.found:<7} {finding.words}\n")
    return int(any(finding.found is Found.BAD for finding in findings))


async def _audit(settings: Settings) -> list[Finding]:
    url = settings.database_url
    if not is_server(url) and not file_of(url).exists():
        raise ConfigurationError(
            f"MATINEE_DATABASE_URL: there are no books at {shown(url)}; for example "
            "MATINEE_DATABASE_URL=sqlite:///data/matinee.sqlite"
        )
    try:
        async with open_database(url) as database:
            async with database.read() as tx:
                faults = await ledger.audit(tx)
                stopped = await ledger.stopped(tx)
            async with database.begin() as tx:
                if faults:
                    await ledger.stop(tx, faults[0])
                elif stopped is not None:
                    await ledger.resume(tx)
    except DatabaseUnavailableError as error:
        return [_bad(f"The books cannot be read: {error}")]
    if faults:
        words = "Nothing new is taken until the books are right; then run this again."
        return [*map(_bad, faults), Finding(Found.NOTE, words)]
    good = [Finding(Found.GOOD, "The books are right.")]
    return (
        good
        if stopped is None
        else [*good, Finding(Found.NOTE, f"Requests are taken again; what was found: {stopped}")]
    )


def _bad(fault: str) -> Finding:
    return Finding(Found.BAD, fault)
