"""Why the plane cannot be had."""

from __future__ import annotations


class Missing(Exception):
    """The machine has not got what the plane needs; the text is the reason."""


class Broken(Exception):
    """A part of the plane does not do what it should; the text is what is known of it."""
