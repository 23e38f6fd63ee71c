"""The field types: one file each, listed here. To add one, write its file and list it."""

from __future__ import annotations

from collections.abc import Mapping

from metadata.fieldtypes.autonumber import Autonumber
from metadata.fieldtypes.base import BadValue, ErrorText, FieldType
from metadata.fieldtypes.checkbox import Checkbox
from metadata.fieldtypes.currency import Currency
from metadata.fieldtypes.date import DateType
from metadata.fieldtypes.datetime import DateTimeType
from metadata.fieldtypes.email import Email
from metadata.fieldtypes.integer import Integer
from metadata.fieldtypes.long_text import LongText
from metadata.fieldtypes.lookup import Lookup, RecordId
from metadata.fieldtypes.master_detail import MasterDetail
from metadata.fieldtypes.multi_picklist import MultiPicklist
from metadata.fieldtypes.number import Number
from metadata.fieldtypes.percent import Percent
from metadata.fieldtypes.phone import Phone
from metadata.fieldtypes.picklist import PicklistType
from metadata.fieldtypes.text import Text
from metadata.fieldtypes.url import Url
from metadata.fieldtypes.user import UserType

__all__ = ["RECORD_ID", "TYPES", "BadValue", "ErrorText", "FieldType"]

TYPES: Mapping[str, FieldType] = {
    field_type.name: field_type
    for field_type in (
        Text(),
        LongText(),
        Integer(),
        Number(),
        Currency(),
        Percent(),
        DateType(),
        DateTimeType(),
        Checkbox(),
        PicklistType(),
        MultiPicklist(),
        Email(),
        Phone(),
        Url(),
        Autonumber(),
        Lookup(),
        MasterDetail(),
        UserType(),
    )
}
"""The types that a field document may name, in the order in which administrators see them."""

RECORD_ID = RecordId()
"""The type of the system field `id`."""
