"""Data: providers, their metadata endpoints, and the platforms that run on them. No logic."""

from imds_guard.platforms.model import Dns, Endpoint, Platform, Provider, Source
from imds_guard.platforms.platforms import PLATFORMS
from imds_guard.platforms.providers import PROVIDERS

__all__ = ["PLATFORMS", "PROVIDERS", "Dns", "Endpoint", "Platform", "Provider", "Source"]
