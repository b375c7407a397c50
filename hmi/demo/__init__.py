"""The headless demo: the real server and the real console against each other, through a script."""

from hmi.demo.main import main

__all__ = ["main"]
