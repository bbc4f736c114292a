"""The slash commands and context menus, as Discord is told of them; what they do is done at the desk."""

from collections.abc import Iterator
from typing import Any, Final

import discord
from discord import app_commands
from discord.app_commands import Choice

from bots.discord import looks
from bots.discord.answers import Asked, requester_of, tell
from bots.discord.buttons import Press, job_of
from bots.discord.desk import Desk, Wanted
from bots.discord.forms import PROMPT_MOST, open_animation
from bots.discord.languages import LocalisedTree, localised
from bots.discord.moderating import build_group
from bots.discord.options import matching, options
from bots.discord.presses import Presses
from core.catalogue import ModelEntry
from core.errors import Refusal, RefusalReason
from core.model import Habits, Shape, Visibility
from core.offers import priced
from core.texts import say

_LONGEST: Final = 600

_SHAPES: Final = [Choice(name=localised("shape-name", shape=shape), value=shape.value) for shape in Shape]
_SEEN_BY: Final = [Choice(name=localised("visibility-name", visibility=seen), value=seen.value) for seen in Visibility]
_EVERYWHERE: Final = app_commands.AppCommandContext(guild=True, dm_channel=True, private_channel=True)
_ANY_INSTALL: Final = app_commands.AppInstallationType(guild=True, user=True)

_Prompt = app_commands.Range[str, 1, PROMPT_MOST]
_Length = app_commands.Range[int, 1, _LONGEST]


def build_tree(client: discord.Client, desk: Desk, presses: Presses) -> LocalisedTree:
    """Everything that people can ask for by name."""
    tree = LocalisedTree(client, allowed_contexts=_EVERYWHERE, allowed_installs=_ANY_INSTALL)
    _makers(tree, desk)
    _lookers(tree, desk)
    _menus(tree, desk, presses)
    tree.add_command(build_group(desk))
    return tree


def _makers(tree: app_commands.CommandTree[Any], desk: Desk) -> None:
    async def models(_: Asked, typed: str) -> list[Choice[str]]:
        return matching(typed, _models(desk))

    async def lengths(asked: Asked, typed: str) -> list[Choice[int]]:
        model = _model_meant(desk, asked)
        prices = (
            (say("offer-length", seconds=length, credits=price), length) for length, price in model.lengths.items()
        )
        return matching(typed, prices)

    async def styles(asked: Asked, typed: str) -> list[Choice[str]]:
        model = _model_meant(desk, asked)
        return matching(typed, ((style, style) for style in model.styles))

    @tree.command(name=localised("command-name-video"), description=localised("command-video"))
    @options("prompt", "image", "length", "shape", "model", "style", "visibility")
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

    @tree.command(name=localised("command-name-animate"), description=localised("command-animate"))
    @options("image", "prompt")
    async def animate(asked: Asked, image: discord.Attachment, prompt: _Prompt) -> None:
        await desk.make(asked, Wanted(prompt, image=image))


def _models(desk: Desk) -> Iterator[tuple[str, str]]:
    return ((priced(desk.catalogue, name), name) for name in desk.catalogue.offered())


def _model_meant(desk: Desk, asked: Asked) -> ModelEntry:
    """The model that will make it, as far as that can be told from memory: Discord waits for the choices."""
    habits = desk.service.known_habits(requester_of(asked).person) or Habits()
    named = getattr(asked.namespace, "model", None) or habits.model
    return desk.catalogue.models.get(named or "", desk.catalogue.default)


def _lookers(tree: app_commands.CommandTree[Any], desk: Desk) -> None:
    async def models_or_none(_: Asked, typed: str) -> list[Choice[str]]:
        return matching(typed, [(say("no-preference"), looks.NO_PREFERENCE), *_models(desk)])

    @tree.command(name=localised("command-name-jobs"), description=localised("command-jobs"))
    async def jobs(asked: Asked) -> None:
        await looks.jobs(asked, desk)

    @tree.command(name=localised("command-name-quota"), description=localised("command-quota"))
    async def quota(asked: Asked) -> None:
        await looks.quota(asked, desk)

    @tree.command(name=localised("command-name-queue"), description=localised("command-queue"))
    async def queue(asked: Asked) -> None:
        await looks.queue(asked, desk)

    @tree.command(name=localised("command-name-models"), description=localised("command-models"))
    async def models(asked: Asked) -> None:
        await tell(asked, looks.models(desk.catalogue))

    @tree.command(name=localised("command-name-settings"), description=localised("command-settings"))
    @options("quiet", "shape", "model")
    @app_commands.choices(shape=[Choice(name=localised("no-preference"), value=looks.NO_PREFERENCE), *_SHAPES])
    @app_commands.autocomplete(model=models_or_none)
    async def settings(
        asked: Asked, quiet: bool | None = None, shape: str | None = None, model: str | None = None
    ) -> None:
        await looks.settings(asked, desk, quiet=quiet, shape=shape, model=model)

    @tree.command(name=localised("command-name-help"), description=localised("command-help"))
    async def help_(asked: Asked) -> None:
        await tell(asked, say("chat-help"))


def _menus(tree: app_commands.CommandTree[Any], desk: Desk, presses: Presses) -> None:
    @tree.context_menu(name=localised("menu-animate"))
    async def animate(asked: Asked, message: discord.Message) -> None:
        pictures = [file for file in message.attachments if (file.content_type or "").startswith("image/")]
        if not pictures:
            await tell(asked, desk.refused(Refusal(RefusalReason.NO_PICTURE_THERE)))
            return
        await open_animation(asked, desk, pictures[0])

    @tree.context_menu(name=localised("menu-remix"))
    async def remix(asked: Asked, message: discord.Message) -> None:
        job_id = job_of(message)
        if job_id is None:
            await tell(asked, desk.refused(Refusal(RefusalReason.NO_VIDEO_THERE)))
            return
        await presses.answer(asked, Press.REMIX, job_id)
