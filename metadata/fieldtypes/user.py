"""A person of the tenant."""

from __future__ import annotations

from metadata.fieldtypes.lookup import LOOKUP_OPTIONS, Lookup


class UserType(Lookup):
    """A lookup of the built-in object `user`."""

    name = "user"
    label = {"en": "User", "zh_CN": "用户"}
    options_schema = {name: LOOKUP_OPTIONS[name] for name in ("filter", "on_delete")}
