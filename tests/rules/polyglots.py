"""Files that pretend: twenty that a careless portal would keep or serve as something else, and honest ones."""

import io
import struct
import zlib

from PIL import Image
from PIL.PngImagePlugin import PngInfo

SCRIPT = b"<script>alert(1)</script>"
HTML = b"<html><body>" + SCRIPT + b"</body></html>"


def picture(form: str = "PNG", size: tuple[int, int] = (40, 30), mode: str = "RGB", **saved: object) -> bytes:
    kept = io.BytesIO()
    Image.new(mode, size, "teal" if mode == "RGB" else None).save(kept, form, **saved)
    return kept.getvalue()


def pdf(more: bytes = b"", *, tail: bytes = b"") -> bytes:
    return (
        b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R /OpenAction [3 0 R /XYZ null null 0] " + more + b" >>\n"
        b"endobj\n2 0 obj\n<< /Type /Pages /Kids [3 0 R] /Count 1 >>\nendobj\n"
        b"3 0 obj\n<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] >>\nendobj\n"
        b"trailer\n<< /Root 1 0 R >>\nstartxref\n0\n%%EOF\n" + tail
    )


def packed(inner: bytes, filters: bytes = b"/FlateDecode", content: bytes | None = None) -> bytes:
    """A PDF with an object stream."""
    body = zlib.compress(inner) if content is None else content
    head = b"%PDF-1.5\n4 0 obj\n<< /Type /ObjStm /N 1 /First 4 /Filter " + filters + b" >>\nstream\n"
    return head + body + b"\nendstream\nendobj\n%%EOF\n"


def bomb_png(width: int = 60_000, height: int = 60_000) -> bytes:
    """A few bytes that say they are billions of pixels."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"\0" * 1_000_000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def remarked_png() -> bytes:
    remarks = PngInfo()
    remarks.add_text("Comment", SCRIPT.decode())
    return picture(pnginfo=remarks)


REFUSED: dict[str, bytes] = {
    "html named as a picture": HTML,
    "html behind a remark": b"<!-- \x89PNG -->" + HTML,
    "drawing with a script": b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
    "xml": b'<?xml version="1.0"?><!DOCTYPE x SYSTEM "file:///etc/passwd"><x/>',
    "pdf behind html": HTML + pdf(),
    "pdf with a page behind it": pdf(tail=HTML),
    "pdf with an archive behind it": pdf(tail=b"PK\x03\x04" + b"\0" * 4000),
    "pdf with a script": pdf(b"/AA << /O << /S /JavaScript /JS (app.alert(1)) >> >>"),
    "pdf with a disguised script": pdf(b"/AA << /O << /S /Java#53cript /#4aS (app.alert(1)) >> >>"),
    "pdf that starts a program": pdf(b"/OpenAction << /S /Launch /F (cmd.exe) >>"),
    "pdf that carries a file": pdf(b"/Names << /EmbeddedFiles 9 0 R >>"),
    "pdf with a packed script": packed(b"1 0 << /S /JavaScript /JS (app.alert(1)) >>"),
    "pdf packed to hide": packed(b"", b"/ASCIIHexDecode", b"2f4a53>"),
    "pdf without an end": b"%PDF-1.4\n" + SCRIPT,
    "locked pdf": pdf(b"/Encrypt 9 0 R"),
    "bomb of pixels": bomb_png(),
    "cut picture": picture("JPEG")[:200],
    "picture's first bytes before html": b"\x89PNG\r\n\x1a\n" + HTML,
    "gif": picture("GIF"),
    "archive": b"PK\x03\x04" + b"\0" * 100,
    "program": b"\x7fELF" + b"\0" * 100,
    "nothing": b"",
}

CLEANED: dict[str, bytes] = {
    "png with a script in a remark": remarked_png(),
    "png with html behind it": picture() + HTML,
    "jpeg with html behind it": picture("JPEG") + HTML,
    "jpeg with an archive behind it": picture("JPEG") + b"PK\x03\x04" + b"\0" * 100,
    "jpeg with a script in its remark": picture("JPEG", comment=SCRIPT),
    "transparent png": picture(mode="RGBA"),
    "png of two colours": picture(mode="1"),
    "jpeg for print": picture("JPEG", mode="CMYK"),
}
