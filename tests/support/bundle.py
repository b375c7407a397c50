"""Whether the trained detectors are there."""

import os

import pytest

import resources


def require_bundle() -> None:
    """Skip where no detectors have been trained yet; in CI they must be there."""
    if resources.path("bundles", "factory", "manifest.json").is_file():
        return
    reason = "needs the trained detectors in resources/bundles/factory (make bundles)"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)
