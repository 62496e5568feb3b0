"""`chatbot`: every command, one file each."""

from chatbot.cli.main import main

__all__ = ["main"]
