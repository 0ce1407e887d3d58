"""Documents that the team shares with a person's family: which files may be one. (p).

A file is what its own bytes say, not what its name or its sender says: a PDF, a PNG or a JPEG, and
nothing else. A PDF that says it runs something is refused. This is no search for viruses, and what
is packed inside a PDF is not unpacked: whoever opens one has the reader they have. This room
refuses to guess.
"""

import re
from datetime import datetime
from typing import Final, Literal, TypeAlias
from uuid import UUID

from engage.errors import EngageError
from engage.ids import PatientId, PracticeId, StaffId
from engage.people.fields import Personal
from engage.people.sharing.grant import Sensitive

Format: TypeAlias = Literal["pdf", "png", "jpeg"]
About: TypeAlias = Literal["care-plan", "visit-summary", "ride-voucher", "other"]

LARGEST: Final = 3 * 1024 * 1024
LONGEST_TITLE: Final = 120
MEDIA: Final[dict[Format, str]] = {
    "pdf": "application/pdf",
    "png": "image/png",
    "jpeg": "image/jpeg",
}

_CONTENT, _TITLE = "/content", "/title"
_PDF = re.compile(rb"%PDF-(?:1\.[0-7]|2\.0)[\r\n ]")
# What is locked can't be looked at, and opens for no family without a password either.
_ACTIVE = re.compile(
    rb"/(?:JavaScript|Launch|EmbeddedFiles?|RichMedia|XFA|SubmitForm|ImportData|GoTo[ER]|Encrypt)"
    rb"(?![A-Za-z0-9])"
)
# In three megabytes of packed pictures a name of two letters stands by chance, once in seven files.
_SHORT = re.compile(rb"/(?:JS|EF|AF)(?![A-Za-z0-9])")
_STREAM = re.compile(rb"stream\r?\n.*?endstream", re.DOTALL)
_ESCAPED = re.compile(rb"#([0-9A-Fa-f]{2})")
_PNG_BEGINS, _PNG_ENDS = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", b"IEND\xaeB`\x82"
_JPEG_BEGINS, _JPEG_ENDS = b"\xff\xd8\xff", b"\xff\xd9"
_TAIL: Final = 1024


class NotADocument(EngageError):  # noqa: N818 - reads as a sentence
    """A document is a PDF, a PNG or a JPEG; this is none, or is broken."""


class DocumentTooLarge(EngageError):  # noqa: N818
    """A document has at most three megabytes."""


class DocumentRuns(EngageError):  # noqa: N818
    """This PDF runs something, or carries other files: print it into a plain one first."""


class NotATitle(EngageError):  # noqa: N818
    """A title is 1 to 120 printable characters."""


class Document(Personal, frozen=True, kw_only=True):
    """A document, without its content."""

    practice_id: PracticeId
    id: UUID
    patient_id: PatientId
    about: About
    title: str
    format: Format
    bytes: int
    sensitive: Sensitive | None
    added_by: StaffId
    added_at: datetime
    removed_at: datetime | None = None


def read_content(content: bytes) -> Format:
    """Return what a file is, if it may be shared."""
    if len(content) > LARGEST:
        raise DocumentTooLarge(_CONTENT)
    if content.startswith(_PNG_BEGINS) and content.endswith(_PNG_ENDS):
        return "png"
    if content.startswith(_JPEG_BEGINS) and content.endswith(_JPEG_ENDS):
        return "jpeg"
    if _PDF.match(content) is None or b"%%EOF" not in content[-_TAIL:]:
        raise NotADocument(_CONTENT)
    plain = _ESCAPED.sub(lambda found: bytes([int(found[1], 16)]), content)
    if _ACTIVE.search(plain) or _SHORT.search(_STREAM.sub(b"", plain)):
        raise DocumentRuns(_CONTENT)
    return "pdf"


def read_document_title(raw: str) -> str:
    """Return a title on one line."""
    title = " ".join(raw.split())
    if not 1 <= len(title) <= LONGEST_TITLE or not title.isprintable():
        raise NotATitle(_TITLE)
    return title


def file_name(one: Document) -> str:
    """Return a name for the file that says nothing about anybody."""
    return f"{one.about}.{'jpg' if one.format == 'jpeg' else one.format}"
