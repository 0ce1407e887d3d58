"""Which files may be shared with a family: by their own bytes, and by nothing anybody says."""

import pytest

from engage.errors import EngageError
from engage.family.documents import (
    LARGEST,
    DocumentRuns,
    DocumentTooLarge,
    NotADocument,
    NotATitle,
    read_content,
    read_document_title,
)

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + b"\x00" * 20 + b"IEND\xaeB`\x82"
JPEG = b"\xff\xd8\xff\xe0" + b"\x00" * 20 + b"\xff\xd9"
PDF = b"%PDF-1.7\n1 0 obj <</Type /Catalog>> endobj\ntrailer\n%%EOF\n"


@pytest.mark.parametrize(("content", "format_"), [(PDF, "pdf"), (PNG, "png"), (JPEG, "jpeg")])
def test_a_file_is_what_its_bytes_say(content: bytes, format_: str) -> None:
    """A plain PDF, a PNG and a JPEG are taken."""
    assert read_content(content) == format_


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", NotADocument),
        (b"<!doctype html><script>alert(1)</script>", NotADocument),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", NotADocument),
        (b"GIF89a" + b"\x00" * 20, NotADocument),
        (b"PK\x03\x04" + b"\x00" * 40, NotADocument),
        (b"MZ" + PDF, NotADocument),
        (b"<html>" + PDF, NotADocument),
        (PDF.replace(b"%%EOF", b""), NotADocument),
        (PNG + b"<script>", NotADocument),
        (JPEG + b"<?php", NotADocument),
        (PDF.replace(b"/Catalog", b"/Catalog /OpenAction <</S /JavaScript>>"), DocumentRuns),
        (PDF.replace(b"/Catalog", b"/Catalog /J#61vaScript 2 0 R"), DocumentRuns),
        (PDF.replace(b"/Catalog", b"/Catalog /Launch"), DocumentRuns),
        (PDF.replace(b"/Catalog", b"/Names <</EmbeddedFiles 3 0 R>>"), DocumentRuns),
        (
            PDF.replace(b"/Catalog", b"/Catalog /AA <</O <</JS 2 0 R>>>>"),
            DocumentRuns,
        ),
        (PDF.replace(b"/Catalog", b"/Filespec /EF <</F 2 0 R>>"), DocumentRuns),
        (PDF.replace(b"/Catalog", b"/Catalog /OpenAction <</S /GoToE>>"), DocumentRuns),
        (PDF.replace(b"trailer", b"trailer <</Encrypt 9 0 R>>"), DocumentRuns),
        (PDF[:-1] + b"\x00" * LARGEST, DocumentTooLarge),
    ],
)
def test_nothing_else_is_taken(content: bytes, error: type[EngageError]) -> None:
    """No page, no picture that is a program, nothing with more behind it, nothing that runs."""
    with pytest.raises(error):
        read_content(content)


def test_what_stands_in_packed_bytes_by_chance_is_no_name() -> None:
    """A picture inside a PDF is not refused for two letters that its bytes happen to spell."""
    packed = PDF.replace(b"trailer", b"2 0 obj <<>> stream\n\x00/JS \xff/EF\xfeendstream\ntrailer")
    assert read_content(packed) == "pdf"


def test_a_title_is_one_line() -> None:
    """Spaces are single, and what can't be printed is no title."""
    assert read_document_title("  Care \n plan ") == "Care plan"
    for wrong in ("", " ", "x" * 121, "a\x07b"):
        with pytest.raises(NotATitle):
            read_document_title(wrong)
