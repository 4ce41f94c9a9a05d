"""Ladekiosk. What ships with it and is no code stands in `resources`, in a checkout a link to the folder beside."""

from pathlib import Path

RESOURCES = Path(__file__).parent / "resources"
