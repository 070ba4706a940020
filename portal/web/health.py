"""/healthz: is this process alive and does its database answer? For load balancers and start scripts."""

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue
from sqlalchemy import text

from portal.core.db import db
from portal.identity.permissions import public

bp = Blueprint("health", __name__)


@bp.get("/healthz")
@public
def healthz() -> ResponseReturnValue:
    """200 when pages can be served; the error table answers 503 when the database is away."""
    db.session.execute(text("SELECT 1"))
    return jsonify(status="ok")
