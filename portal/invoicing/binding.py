"""Papers bound into one file: the only file that knows pypdf. The same papers always give the same bytes."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

from pypdf import PdfReader, PdfWriter


def bound(papers: Sequence[bytes]) -> bytes:
    """All pages of the PDFs in their order; what they share, such as the faces of the type, is kept once."""
    writer = PdfWriter()
    for paper in papers:
        writer.append(BytesIO(paper), import_outline=False)
    writer.compress_identical_objects(remove_unreferenced=True)
    file = BytesIO()
    writer.write(file)
    return file.getvalue()


def pages_in(paper: bytes) -> int:
    return len(PdfReader(BytesIO(paper)).pages)
