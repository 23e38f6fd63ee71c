"""A link to the record that owns this one."""

from __future__ import annotations

from metadata.fieldtypes.lookup import LOOKUP_OPTIONS, Lookup


class MasterDetail(Lookup):
    """The parent without which the record does not exist: always required, deleted with it."""

    name = "master_detail"
    label = {"en": "Master-detail", "zh_CN": "主从关系"}
    options_schema = {name: LOOKUP_OPTIONS[name] for name in ("to", "filter")}
