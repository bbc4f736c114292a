"""The slash commands and context menus, as Discord is told of them; what they do is done at the desk."""

from collections.abc import Iterable
from typing import Any, Final

import discord
from discord import app_commands
from discord.app_commands import Choice

from bots.discord import looks
from bots.discord.answers import Asked, tell
from bots.discord.buttons import JobButton, Press
from bots.discord.desk import Desk, Wanted
from bots.discord.forms import PROMPT_MOST, open_animation
from bots.discord.presses import Presses
from core.errors import Refusal, RefusalReason
from core.model import JobId, Shape, Visibility
from core.texts import say

_CHOICES_MOST: Final = 25
_LONGEST: Final = 600

_SHAPES: Final = [Choice(name=say("shape-name", shape=shape), value=shape.value) for shape in Shape]
_SEEN_BY: Final = [Choice(name=say("visibility-name", visibility=seen), value=seen.value) for seen in Visibility]
_EVERYWHERE: Final = app_commands.AppCommandContext(guild=True, dm_channel=True, private_channel=True)
_ANY_INSTALL: Final = app_commands.AppInstallationType(guild=True, user=True)

_Prompt = app_commands.Range[str, 1, PROMPT_MOST]
_Length = app_commands.Range[int, 1, _LONGEST]


def build_tree(client: discord.Client, desk: Desk, presses: Presses) -> app_commands.CommandTree[Any]:
    """Everything that people can ask for by name."""
    tree = app_commands.CommandTree(client, allowed_contexts=_EVERYWHERE, allowed_installs=_ANY_INSTALL)
    _makers(tree, desk)
    _lookers(tree, desk)
    _menus(tree, desk, presses)
    return tree


def _makers(tree: app_commands.CommandTree[Any], desk: Desk) -> None:
    async def models(_: Asked, typed: str) -> list[Choice[str]]:
        return _matching(typed, ((looks.model_choice(desk.catalogue, name), name) for name in desk.catalogue.offered()))

    async def lengths(asked: Asked, typed: str) -> list[Choice[int]]:
        model = desk.catalogue.models.get(getattr(asked.namespace, "model", None) or "", desk.catalogue.default)
        prices = (
            (say("offer-length", seconds=length, credits=price), length) for length, price in model.lengths.items()
        )
        return _matching(typed, prices)

    async def styles(asked: Asked, typed: str) -> list[Choice[str]]:
        model = desk.catalogue.models.get(getattr(asked.namespace, "model", None) or "", desk.catalogue.default)
        return _matching(typed, ((style, style) for style in model.styles))

    @tree.command(name="video", description=say("command-video"))
    @app_commands.describe(
        prompt=say("option-prompt"),
        image=say("option-image"),
        length=say("option-length"),
        shape=say("option-shape"),
        model=say("option-model"),
        style=say("option-style"),
        visibility=say("option-visibility"),
    )
    @app_commands.choices(shape=_SHAPES, visibility=_SEEN_BY)
    @app_commands.autocomplete(model=models, style=styles)
    @app_commands.autocomplete(length=lengths)
    async def video(
        asked: Asked,
        prompt: _Prompt,
        image: discord.Attachment | None = None,
        length: _Length | None = None,
        shape: str | None = None,
        model: str | None = None,
        style: str | None = None,
        visibility: str | None = None,
    ) -> None:
        await desk.make(
            asked,
            Wanted(
                prompt,
                length,
                Shape(shape) if shape else None,
                model,
                style,
                Visibility(visibility) if visibility else Visibility.EVERYONE,
                image,
            ),
        )

    @tree.command(name="animate", description=say("command-animate"))
    @app_commands.describe(image=say("option-image"), prompt=say("option-prompt"))
    async def animate(asked: Asked, image: discord.Attachment, prompt: _Prompt) -> None:
        await desk.make(asked, Wanted(prompt, model=looks.takes_pictures(desk.catalogue), image=image))


def _lookers(tree: app_commands.CommandTree[Any], desk: Desk) -> None:
    @tree.command(name="jobs", description=say("command-jobs"))
    async def jobs(asked: Asked) -> None:
        await looks.jobs(asked, desk)

    @tree.command(name="quota", description=say("command-quota"))
    async def quota(asked: Asked) -> None:
        await looks.quota(asked, desk)

    @tree.command(name="queue", description=say("command-queue"))
    async def queue(asked: Asked) -> None:
        await looks.queue(asked, desk)

    @tree.command(name="models", description=say("command-models"))
    async def models(asked: Asked) -> None:
        await tell(asked, looks.models(desk.catalogue))

    @tree.command(name="settings", description=say("command-settings"))
    @app_commands.describe(quiet=say("option-quiet"), shape=say("option-shape"), model=say("option-model"))
    @app_commands.choices(shape=_SHAPES)
    async def settings(
        asked: Asked, quiet: bool | None = None, shape: str | None = None, model: str | None = None
    ) -> None:
        await looks.settings(asked, desk, quiet=quiet, shape=Shape(shape) if shape else None, model=model)

    @tree.command(name="help", description=say("command-help"))
    async def help_(asked: Asked) -> None:
        await tell(asked, say("chat-help"))


def _menus(tree: app_commands.CommandTree[Any], desk: Desk, presses: Presses) -> None:
    @tree.context_menu(name=say("menu-animate"))
    async def animate(asked: Asked, message: discord.Message) -> None:
        pictures = [file for file in message.attachments if (file.content_type or "").startswith("image/")]
        if not pictures:
            await tell(asked, desk.refused(Refusal(RefusalReason.NO_PICTURE_THERE)))
            return
        await open_animation(asked, desk, pictures[0])

    @tree.context_menu(name=say("menu-remix"))
    async def remix(asked: Asked, message: discord.Message) -> None:
        job_id = _job_of(message)
        if job_id is None:
            await tell(asked, desk.refused(Refusal(RefusalReason.NO_VIDEO_THERE)))
            return
        await presses.answer(asked, Press.REMIX, job_id)


def _job_of(message: discord.Message) -> JobId | None:
    """The job that a message of ours shows, by the ids of its buttons."""
    for component in _all_components(message.components):
        custom_id = getattr(component, "custom_id", None)
        found = JobButton.__discord_ui_compiled_template__.fullmatch(custom_id) if custom_id else None
        if found is not None:
            return JobId(found["job"])
    return None


def _all_components(components: Iterable[Any]) -> Iterable[Any]:
    for component in components:
        yield component
        yield from _all_components(getattr(component, "children", ()))


def _matching(typed: object, offers: Iterable[tuple[str, Any]]) -> list[Choice[Any]]:
    """What can be chosen, of what begins with or holds what was typed; from memory, since Discord waits."""
    wanted = str(typed).casefold()
    return [Choice(name=name[:100], value=value) for name, value in offers if wanted in name.casefold()][:_CHOICES_MOST]
