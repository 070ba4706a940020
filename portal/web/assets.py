"""Addresses of static files that change with their content, and the company's one colour as a sheet."""

import base64
import hashlib
import re
from functools import lru_cache
from pathlib import Path

from flask import Blueprint, Flask, Response, abort, request
from markupsafe import Markup

from portal.identity.permissions import public

DEFAULT_ACCENT = "#2438e6"
STATIC = Path(__file__).parent.parent / "static"
SPRITE = "img/sprite.svg"
YEAR = 365 * 24 * 3600

bp = Blueprint("assets", __name__)


def init_assets(app: Flask) -> None:
    """Register `asset()`, `integrity()` and the sheet with the accent; static files may be kept for a year."""
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = YEAR
    public(app.view_functions["static"])
    app.jinja_env.globals.update(
        asset=asset, integrity=integrity, brand=brand, glyph=glyph, default_accent=DEFAULT_ACCENT
    )
    app.register_blueprint(bp)


def asset(path: str) -> str:
    """The address of `path` below the static folder; a changed file has another address."""
    return f"{request.script_root}/static/{path}?v={_digest(path)[:10]}"


def glyph(name: str, look: str = "") -> Markup:
    """A glyph of the sprite, which says nothing to who listens. A page has dozens: each is put together once."""
    return _glyph(request.script_root, name, look)


@lru_cache(maxsize=2_048)
def _glyph(root: str, name: str, look: str) -> Markup:
    address = f"{root}/static/{SPRITE}?v={_digest(SPRITE)[:10]}#{name}"
    looks = f"i {look}" if look else "i"
    return Markup('<svg class="{}" aria-hidden="true"><use href="{}"></use></svg>').format(looks, address)


@lru_cache(maxsize=16)
def integrity(path: str) -> str:
    """What the browser compares the file with before it runs it."""
    whole = base64.b64encode(hashlib.sha384((STATIC / path).read_bytes()).digest()).decode()
    return f"sha384-{whole}"


def brand(accent: str) -> str:
    """The address of the sheet that sets the one brand token to `accent`, a hex colour like #0a6f45."""
    return f"{request.script_root}/brand/{accent.removeprefix('#').lower()}.css"


@bp.get("/brand/<colour>.css")
@public
def sheet(colour: str) -> Response:
    """One rule. The colour is in the address, so the sheet can be kept for ever."""
    if not re.fullmatch(r"[0-9a-f]{6}", colour):
        abort(404)
    response = Response(f":root {{ --accent: #{colour}; }}\n", mimetype="text/css")
    response.cache_control.public = True
    response.cache_control.max_age = YEAR
    response.cache_control.immutable = True
    return response


@lru_cache(maxsize=64)
def _digest(path: str) -> str:
    return hashlib.sha256((STATIC / path).read_bytes()).hexdigest()
