"""QR codes as one path of an SVG: no picture file, no inline style, the same for the same text."""

from dataclasses import dataclass

import segno

QUIET = 4
"""Empty modules around the code, as the standard wants."""


@dataclass(frozen=True, slots=True)
class QrCode:
    """`side` in modules with the quiet zone; `path` draws the dark modules in these units."""

    side: int
    path: str


def qr_code(text: str, *, error: str = "m") -> QrCode:
    """The code of `text` at the error correction `error` (l, m, q, h). Raises ValueError where it is too long."""
    try:
        matrix = segno.make(text, error=error, micro=False, boost_error=False).matrix
    except segno.DataOverflowError as too_long:
        raise ValueError("this is too long for a QR code") from too_long
    drawn = [_row(bytes(row), top + QUIET) for top, row in enumerate(matrix)]
    return QrCode(len(matrix) + 2 * QUIET, "".join(drawn))


def _row(modules: bytes, top: int) -> str:
    """Each run of dark modules as one rectangle."""
    drawn, left = [], 0
    while left < len(modules):
        end = left
        while end < len(modules) and modules[end]:
            end += 1
        if end > left:
            drawn.append(f"M{left + QUIET} {top}h{end - left}v1h-{end - left}z")
        left = max(end, left + 1)
    return "".join(drawn)
