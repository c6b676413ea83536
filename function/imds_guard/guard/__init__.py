"""The function itself: discover, plan, reconcile."""

from imds_guard.guard.files import read_bytes
from imds_guard.guard.function import Outcome, config_in, generate, run

__all__ = ["Outcome", "config_in", "generate", "read_bytes", "run"]
