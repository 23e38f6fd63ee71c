"""Tokens that make a form's record once, however often the form is sent."""

from __future__ import annotations

from flask import current_app
from itsdangerous import BadSignature, URLSafeSerializer

from metadata.schema import Object
from runtime.scope import RecordScope


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.secret_key or "", salt="new record")


def new_token(scope: RecordScope, object_: Object) -> str:
    """The id that the record will have, signed: sending the form again finds it taken."""
    token = _signer().dumps(
        [scope.tenant_id, scope.actor.id, object_.number, str(scope.unit.new_id())]
    )
    return token.decode() if isinstance(token, bytes) else token


def record_id_of(scope: RecordScope, object_: Object, token: str) -> int | None:
    """The id in a token; None when it was not made for this person and object."""
    try:
        tenant_id, user_id, number, record_id = _signer().loads(token)
    except (BadSignature, ValueError, TypeError):
        return None
    if [tenant_id, user_id, number] != [scope.tenant_id, scope.actor.id, object_.number]:
        return None
    return int(record_id)
