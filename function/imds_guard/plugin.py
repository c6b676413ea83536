"""The legacy exec plugin: where kustomize looks for it, and what stands there."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from pathlib import Path

from imds_guard.config import API_VERSION, KIND
from imds_guard.wire import InputError


def plugin_path() -> Path:
    """Where kustomize finds the plugin of our kind.

    kustomize's plugin loader: $KUSTOMIZE_PLUGIN_HOME, else $XDG_CONFIG_HOME/kustomize/plugin,
    else ~/.config/kustomize/plugin; below it apiVersion, the kind in lower case, and the kind.
    """
    home = os.environ.get("KUSTOMIZE_PLUGIN_HOME")
    if home:
        root = Path(home)
    else:
        config = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
        root = Path(config) / "kustomize" / "plugin"
    return root / API_VERSION / KIND.lower() / KIND


def install() -> Path:
    """Write the plugin, which calls this very program. Raises InputError."""
    path = plugin_path()
    program = shutil.which(sys.argv[0])
    if program is None:
        command = f"{shlex.quote(sys.executable)} -m imds_guard"
    else:
        command = shlex.quote(os.path.abspath(program))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f'#!/bin/sh\nexec {command} plugin "$@"\n')
        path.chmod(0o755)
    except OSError as error:
        raise InputError(f"cannot write {path}: {(error.strerror or '').lower()}") from None
    return path
