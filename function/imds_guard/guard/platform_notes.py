"""What has to be said about the platform and the engine that the configuration names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imds_guard.config.setting import Setting, in_words
from imds_guard.resources import note

if TYPE_CHECKING:
    from imds_guard.settings import Settings
    from imds_guard.wire import Result


def platform_notes(settings: Settings) -> list[Result]:
    """What the policies cannot do there. A warning only where it is certain to matter."""
    return [*_engine(settings), *_identity(settings)]


def _engine(settings: Settings) -> list[Result]:
    cni = settings.cni
    if cni is None:
        return []
    return [note("info", "cni", cni.name, caveat) for caveat in cni.caveats]


def _identity(settings: Settings) -> list[Result]:
    if not settings.config.spec.pod_identity:
        return []
    name, identity = settings.platform.name, settings.platform.identity
    if identity is None:
        message = "podIdentity is true, but this platform has no identity agent that is known here"
        return [note("warning", "identity", name, message)]
    found = [note("info", "identity", name, f"{identity.title}. {identity.note}".strip())]
    if identity.over_internet:
        message = f"{identity.name} goes over the internet, TCP 443; no address has to be opened"
        found.append(note("info", "identity", name, message))
        if settings.config.spec.egress == "dns":
            message = f"egress: dns cuts {identity.name}, which needs TCP 443 to the internet"
            remedies = [(Setting("egress", "web"),)]
            fix = in_words(remedies, "list its addresses under allow.egress")
            found.append(note("warning", "identity", name, message, fix=fix, remedies=remedies))
    if identity.api_server_ports and settings.config.spec.egress != "any":
        ports = ", ".join(map(str, identity.api_server_ports))
        message = f"{identity.name} needs TCP {ports} at the address of the API server"
        fix = "list that address and port under allow.egress"
        found.append(note("warning", "identity", name, message, fix=fix))
    return found
