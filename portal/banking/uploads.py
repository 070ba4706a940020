"""What may be uploaded as a proof: decided by the content alone, never by a name or by what a browser says.

A picture is drawn anew, so that nothing but its pixels is kept. A PDF is kept as it came, and only if it can do
nothing by itself.
"""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256

from PIL import Image, ImageOps

from portal.core.errors import Invalid

LARGEST = 5 * 1024 * 1024
MOST_PIXELS = 40_000_000
LONGEST_SIDE = 2400
UNPACKED_AT_MOST = 30 * 1024 * 1024
STREAMS_AT_MOST = 5000
TRAILING = 1024
"""How far from its end the last mark of a PDF may stand."""

PICTURES = {"PNG": "image/png", "JPEG": "image/jpeg"}
ENDINGS = {"application/pdf": "pdf", "image/png": "png", "image/jpeg": "jpg"}

# What makes a PDF act, carry other files, or hide what it does.
_ACTIVE = re.compile(
    rb"/(?:JavaScript|JS|Launch|SubmitForm|ImportData|EmbeddedFiles?|RichMedia\w*|XFA|GoToE|Rendition|Movie|Sound"
    rb"|Encrypt)(?![A-Za-z0-9])"
)
_STREAM = re.compile(rb"stream\r?\n")
_ESCAPED = re.compile(rb"#([0-9A-Fa-f]{2})")


class UploadRefused(Invalid):
    """The file is not taken. `why` is one of the words below; nothing was kept."""

    code = "upload_refused"
    SENTENCES = {
        "empty": "The file is empty.",
        "large": "The file is larger than 5 MB.",
        "kind": "Only PDF, PNG and JPEG files can be taken.",
        "broken": "The file cannot be read. Please save it again, or take a picture of it.",
        "pixels": "The picture is too large. Please send a smaller one.",
        "active": "This PDF contains scripts or other files, or is locked. Please print it to a plain PDF.",
    }

    def __init__(self, why: str) -> None:
        super().__init__(self.SENTENCES[why], field="file")
        self.why = why


@dataclass(frozen=True, slots=True)
class Checked:
    """A file that may be kept: `digest` is that of what was sent, `content` what is stored in its place."""

    content: bytes
    media_type: str
    digest: str


def checked(sent: bytes) -> Checked:
    """The file as it may be stored, or UploadRefused."""
    if not sent:
        raise UploadRefused("empty")
    if len(sent) > LARGEST:
        raise UploadRefused("large")
    digest = sha256(sent).hexdigest()
    if sent.startswith(b"%PDF-"):
        _require_passive(sent)
        return Checked(sent, "application/pdf", digest)
    if sent.startswith((b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")):
        content, media_type = _drawn_anew(sent)
        return Checked(content, media_type, digest)
    raise UploadRefused("kind")


def _drawn_anew(sent: bytes) -> tuple[bytes, str]:
    try:
        with Image.open(io.BytesIO(sent), formats=tuple(PICTURES)) as picture:
            width, height = picture.size
            if width * height > MOST_PIXELS:
                raise UploadRefused("pixels")
            form = str(picture.format)
            picture.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))  # a JPEG is unpacked no larger than it is needed
            drawn = _flat(ImageOps.exif_transpose(picture))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise UploadRefused("pixels") from None
    except (OSError, SyntaxError, ValueError, EOFError, OverflowError, MemoryError, zlib.error):
        raise UploadRefused("broken") from None
    drawn.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    kept = io.BytesIO()
    if form == "PNG":
        drawn.save(kept, "PNG", optimize=True)
    else:
        drawn.save(kept, "JPEG", quality=85)
    return kept.getvalue(), PICTURES[form]


def _flat(picture: Image.Image) -> Image.Image:
    """Only colours: transparency lies on white, and no remark, profile or second picture comes along."""
    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        layered = picture.convert("RGBA")
        ground = Image.new("RGB", layered.size, "white")
        ground.paste(layered, mask=layered.getchannel("A"))
        return ground
    plain = Image.new("RGB", picture.size)
    plain.paste(picture.convert("RGB"))
    return plain


def _require_passive(sent: bytes) -> None:
    end = sent.rfind(b"%%EOF")
    if end < 0 or len(sent) - end > TRAILING or sent[end + 5 :].strip(b"\r\n\t \x00"):
        raise UploadRefused("broken")
    for part in (sent, *_unpacked(sent)):
        if _ACTIVE.search(_ESCAPED.sub(_unescaped, part)):
            raise UploadRefused("active")


def _unpacked(sent: bytes) -> Iterator[bytes]:
    """What lies packed in the streams, among it objects of newer PDFs. What cannot be unpacked cannot act."""
    left = UNPACKED_AT_MOST
    for count, found in enumerate(_STREAM.finditer(sent)):
        if count >= STREAMS_AT_MOST:
            raise UploadRefused("broken")
        head = sent[max(found.start() - 400, 0) : found.start()].rpartition(b"obj")[2]
        if b"/ObjStm" in head and b"FlateDecode" not in _ESCAPED.sub(_unescaped, head):
            raise UploadRefused("active")  # objects packed in a way that nobody needs but to hide them
        if b"/Image" in head:
            continue  # pixels, which may be many
        try:
            unpacker = zlib.decompressobj()
            part = unpacker.decompress(sent[found.end() : found.end() + LARGEST], left)
        except zlib.error:
            continue
        left -= len(part)
        if left <= 0:
            raise UploadRefused("broken")
        yield part


def _unescaped(found: re.Match[bytes]) -> bytes:
    return bytes([int(found[1], 16)])
