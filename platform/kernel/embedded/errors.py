"""Why a start failed, as one sentence for the person at the terminal."""

from __future__ import annotations


class LaunchError(Exception):
    """Banyan cannot start; `str(error)` says why and what to do, in the reader's language."""
