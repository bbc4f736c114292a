"""`python -m benchmarks.bare_client NAME`: what a user would begin with, connected, and nothing else in its process."""

import os
import sys

import discord
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

CLIENTS = {
    "discord.py, Intents.default()": discord.Intents.default(),
    "discord.py, Intents.none() + guilds": discord.Intents(guilds=True),
}
"""By name, what it wants to hear."""

if __name__ == "__main__":
    Route.BASE = os.environ["MATINEE_DISCORD_API_URL"]
    DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(os.environ["MATINEE_DISCORD_GATEWAY_URL"])
    discord.Client(intents=CLIENTS[sys.argv[1]]).run(os.environ["MATINEE_DISCORD_TOKEN"], log_handler=None)
