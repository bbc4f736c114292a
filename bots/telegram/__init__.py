"""Telegram as a platform: commands and cards in, one message a job that counts up and becomes the film."""
