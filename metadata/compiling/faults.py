"""What keeps documents from making a schema."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from kernel.errors import FieldError, Invalid
from kernel.i18n import Text, lazy
from metadata.documents import Catalogue, Document


@dataclass(frozen=True, slots=True)
class CompileError:
    """One fault: in which document ("field account.phone"), where in it, and why."""

    document: str
    path: str
    code: str
    reason: Text

    def __str__(self) -> str:
        place = f"{self.document}, {self.path}" if self.path else self.document
        return f"{place}: {self.reason}"


class CompileFailed(Invalid):
    """Documents that make no schema; `faults` names document, path and reason of each."""

    code = "does_not_compile"
    title = lazy("The definitions do not fit together.")

    def __init__(self, faults: Iterable[CompileError]) -> None:
        self.faults = tuple(faults)
        super().__init__(
            errors=[
                FieldError(" ".join(filter(None, (f.document, f.path))), f.code, f.reason)
                for f in self.faults
            ]
        )


@dataclass
class Faults:
    """Collects faults, so that all are told at once."""

    catalogue: Catalogue
    found: list[CompileError] = field(default_factory=list)

    def add(self, document: Document, path: str, code: str, reason: Text) -> None:
        """Note a fault of a document."""
        name = f"{document.kind} {self.catalogue.name(document)}"
        self.found.append(CompileError(name, path, code, reason))
