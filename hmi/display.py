"""Find out whether a window can be shown here, and what is missing where it cannot."""

import ctypes
import importlib
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

# What a bare Debian 12 lacks (tried in a minimal chroot, one package at a time); resources/packaging/setup.sh installs them.
APT_PACKAGES = (
    "libgl1 libegl1 libxkbcommon0 libglib2.0-0 libfontconfig1 libdbus-1-3 "
    "libxkbcommon-x11-0 libxcb-cursor0 libxcb-icccm4 libxcb-keysyms1 libxcb-shape0"
)


def has_display(environment: Mapping[str, str] = os.environ, platform: str = sys.platform) -> bool:
    """Return whether there is something to draw on; an explicit Qt platform ("offscreen") counts."""
    if platform in ("darwin", "win32"):
        return True
    return any(environment.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))


def qt_problem(
    load: Callable[[str], object] = importlib.import_module,
    open_library: Callable[[str], object] = ctypes.CDLL,
) -> str:
    """Return why Qt cannot start here, as one sentence with what to do; "" where it can."""
    try:
        load("PySide6.QtWidgets")
        plugin = _x11_plugin()
        if plugin is not None:
            open_library(str(plugin))  # Qt would abort the whole process on a library missing here
    except ModuleNotFoundError as error:
        return f"The Python package {error.name} is missing: run `make setup`, or install Andon again."
    except (ImportError, OSError) as error:
        library = str(error).partition(":")[0]
        return f"Qt needs the library {library}, which is missing here: run `apt-get install {APT_PACKAGES}` as root."
    return ""


def _x11_plugin() -> Path | None:
    """Return the platform plugin that Qt will load, None where it is not X11's."""
    named = os.environ.get("QT_QPA_PLATFORM", "")
    if not sys.platform.startswith("linux") or named.partition(":")[0] not in ("", "xcb"):
        return None
    if not named and os.environ.get("WAYLAND_DISPLAY"):
        return None
    root = Path(importlib.import_module("PySide6").__file__ or "").parent
    plugin = root / "Qt" / "plugins" / "platforms" / "libqxcb.so"
    return plugin if plugin.exists() else None
