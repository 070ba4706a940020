"""The company's colour where a style sheet cannot work it out: in mails."""

from __future__ import annotations

from dataclasses import dataclass

from portal.invoicing.papers import safe_accent

WHITE, INK, PAPER = "#ffffff", "#10162e", "#f4f2ec"
LEGIBLE = 4.5
LARGE_LEGIBLE = 3.0


@dataclass(frozen=True, slots=True)
class Brand:
    """`fill` for the button with `on_fill` for its words; `mark` for the first letter of the name on paper."""

    fill: str
    on_fill: str
    mark: str
    link: str


def brand_of(accent: str) -> Brand:
    """Each word stays legible, whatever the colour: the better of white and ink, or no colour at all."""
    fill = safe_accent(accent).lower()
    on_fill = WHITE if contrast(WHITE, fill) >= LEGIBLE else INK
    if contrast(on_fill, fill) < LEGIBLE:
        on_fill = max((WHITE, INK), key=lambda words: contrast(words, fill))
    mark = fill if contrast(fill, PAPER) >= LARGE_LEGIBLE else INK
    link = fill if contrast(fill, PAPER) >= LEGIBLE else INK
    return Brand(fill, on_fill, mark, link)


def contrast(one: str, other: str) -> float:
    """WCAG's ratio of two colours like #2438e6: 1 for the same, 21 for black and white."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(int(colour[place : place + 2], 16) / 255) for place in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
