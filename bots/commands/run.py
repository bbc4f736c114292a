"""`matinee run`: serve the platforms that the settings name; where they name none, this terminal is the platform."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from bots import interrupts
from bots.app import House, Plan, Role, open_house, utc_now
from bots.console.sitting import converse
from bots.web import WebServer
from core import telemetry
from core.errors import ConfigurationError
from core.settings import Settings


def add_arguments(parser: ArgumentParser) -> None:
    """Where the settings are."""
    add_env_file(parser)
    parser.add_argument(
        "--role",
        type=Role,
        choices=list(Role),
        default=Role.ALL,
        help="of several processes on one database: hear people (gateway), make videos (worker), or both (all)",
    )


def add_env_file(parser: ArgumentParser) -> None:
    """Where the settings are."""
    parser.add_argument("--env-file", type=Path, metavar="FILE", help="settings; ./.env if there is one")


def run(args: Namespace) -> int:
    """Serve until SIGTERM or Ctrl-C; at the terminal, until the person leaves."""
    return serve(args.env_file, args.role)


def serve(env_file: Path | None, role: Role) -> int:
    """Be one process, with its part of the work."""
    settings = read_settings(env_file)
    telemetry.configure(level=settings.log_level, form=settings.log_format, secrets=settings.secrets())
    try:
        plan = Plan.of(settings)
    except ConfigurationError as error:
        raise ConfigurationError(*no_settings_file(env_file), *error.lines) from error
    if role is not Role.ALL and settings.discord_token is None and settings.telegram_token is None:
        raise ConfigurationError(
            f"--role: a terminal is served by one process; set MATINEE_DISCORD_TOKEN or MATINEE_TELEGRAM_TOKEN, or "
            f"leave the role {role} out; for example MATINEE_TELEGRAM_TOKEN=123456789:AAH…"
        )
    return interrupts.run(lambda: _serve(plan, settings, role))


def read_settings(env_file: Path | None) -> Settings:
    """The settings of this host. Raises `ConfigurationError`."""
    if env_file is not None and not env_file.is_file():
        raise ConfigurationError(f"--env-file: there is no file {env_file}; for example --env-file .env")
    return Settings.load(env_file or Path(".env"))


def no_settings_file(env_file: Path | None) -> list[str]:
    """The sentence for a new host who has not made theirs yet, where that is so."""
    if env_file is not None or Path(".env").exists():
        return []
    return [
        "There is no .env in this folder, so settings come from the environment alone; .env.example is one to copy."
    ]


async def _serve(plan: Plan, settings: Settings, role: Role) -> int:
    shared = role is not Role.ALL or bool(settings.discord_shards)
    async with open_house(plan, role=role, shared=shared) as house:
        if settings.web_port:
            house.web = WebServer(settings.web_host, settings.web_port)
        if settings.discord_token is not None:
            _let_in_discord(house, settings, settings.discord_token.get_secret_value())
        if settings.telegram_token is not None:
            _let_in_telegram(house, settings, settings.telegram_token.get_secret_value())
        if house.platforms:
            await house.serve()
        else:
            await converse(house)
    return 0


def _let_in_discord(house: House, settings: Settings, token: str) -> None:
    # Imported here, so that a host without Discord does not wait for its library; so below.
    from bots.discord.client import NOTHING, Shards  # noqa: PLC0415
    from bots.discord.place import NAME  # noqa: PLC0415
    from bots.discord.platform import build  # noqa: PLC0415

    house.platforms[NAME] = build(
        house.service,
        house.catalogue,
        token=token,
        zone=house.plan.policy.zone,
        now=utc_now,
        gate=house.plan.beside_the_database.with_suffix(".identify"),
        shards=NOTHING if house.role is Role.WORKER else Shards.read(settings.discord_shards),
        api_url=settings.discord_api_url or None,
        gateway_url=settings.discord_gateway_url or None,
        duty=house.duty,
    )


def _let_in_telegram(house: House, settings: Settings, token: str) -> None:
    from bots.telegram.place import NAME  # noqa: PLC0415
    from bots.telegram.platform import Server, build  # noqa: PLC0415

    house.platforms[NAME] = build(
        house.service,
        house.catalogue,
        house.database,
        token=token,
        owner=house.owner,
        zone=house.plan.policy.zone,
        now=utc_now,
        server=Server(settings.telegram_api_url, settings.telegram_file_url, settings.telegram_local),
        storage_chat=settings.telegram_storage_chat,
        webhook_url=settings.telegram_webhook_url,
        web=house.web,
        hears=house.role is not Role.WORKER,
        works=house.role is not Role.GATEWAY,
        lease=house.plan.lease,
        shared=house.shared,
    )
