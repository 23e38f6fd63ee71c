"""Stored files as answers."""

from __future__ import annotations

from flask import Response, send_file

from kernel import files
from kernel.scope import Scope


def download(scope: Scope, file_id: int) -> Response:
    """A stored file to be saved, never shown: what a tenant uploads is not a page of ours.

    Whether the actor may have it is the caller's question. Raises `NotFound`.
    """
    file = files.get_file(scope, file_id)
    response = send_file(
        files.file_path(scope, file_id),
        mimetype=file.content_type,
        as_attachment=True,
        download_name=file.name,
        max_age=0,
    )
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
