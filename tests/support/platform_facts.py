"""Questions to the platform data that several tests ask."""

from __future__ import annotations

from imds_guard.platforms import PROVIDERS, Identity, Platform


def blocked(platform: Platform) -> set[str]:
    """The addresses that are blocked on the platform."""
    return {one.address for name in platform.providers for one in PROVIDERS[name].endpoints}


def identities(platform: Platform) -> list[Identity]:
    """The pod identities of the platform."""
    return [one for one in (platform.identity, *platform.further_identities) if one is not None]


def needed(platform: Platform) -> set[tuple[str, int]]:
    """Address and port of every resolver, identity agent and other neighbour."""
    dns = {(address, 53) for address in platform.dns.addresses}
    agents = {
        (endpoint.address, port)
        for identity in identities(platform)
        for endpoint in identity.endpoints
        for port in endpoint.ports
    }
    return dns | agents | {(one.address, one.port) for one in platform.neighbours}
