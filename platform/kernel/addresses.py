"""E-mail addresses: whether a text is one, in its normal spelling."""

from __future__ import annotations

import email_validator

# Companies do use `.local` inside, and demonstrations and tests `.test` and `.example`: that no
# mail from outside reaches them is no reason to refuse them. (The list is made to be edited.)
email_validator.SPECIAL_USE_DOMAIN_NAMES.clear()


def normal_address(text: str) -> str:
    """The address with its domain in lower case. Raises `ValueError` when it is none.

    Only the form is checked (RFC 5322, 6531); whether the address exists is not asked.
    """
    return str(email_validator.validate_email(text, check_deliverability=False).normalized)
