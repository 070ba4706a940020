"""What went wrong, said to whoever asked: a page, a notice or JSON. One table from kind to status."""

from http import HTTPStatus

from flask import Flask, Response, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DataError, OperationalError
from werkzeug.exceptions import HTTPException

from portal.core.errors import Busy, Forbidden, Invalid, NotFound, PortalError, Refused
from portal.core.logging import log
from portal.web.htmx import notice, wants_fragment
from portal.web.refusals import said
from portal.web.wording import gettext as _

STATUS: dict[type[PortalError], int] = {
    NotFound: HTTPStatus.NOT_FOUND,
    Forbidden: HTTPStatus.FORBIDDEN,
    Invalid: HTTPStatus.UNPROCESSABLE_ENTITY,
    Refused: HTTPStatus.CONFLICT,
    Busy: HTTPStatus.SERVICE_UNAVAILABLE,
    PortalError: HTTPStatus.INTERNAL_SERVER_ERROR,
}
PAGES = frozenset({400, 403, 404, 409, 422, 429, 500, 503})
MACHINE_PATHS = ("/api/", "/hooks/")
RETRY_SECONDS = "2"


def init_errors(app: Flask) -> None:
    """No error leaves as a stack trace, and none without a sentence."""
    app.register_error_handler(PortalError, _portal_error)
    app.register_error_handler(CSRFError, _outdated_form)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(DataError, _unstorable)
    app.register_error_handler(OperationalError, _no_database)
    app.register_error_handler(Exception, _own_fault)


def status_of(error: PortalError) -> int:
    """The status of the nearest kind in the table."""
    return next(int(STATUS[kind]) for kind in type(error).__mro__ if kind in STATUS)


def _portal_error(error: PortalError) -> ResponseReturnValue:
    status = status_of(error)
    if status == HTTPStatus.INTERNAL_SERVER_ERROR:
        log().error("unexpected refusal", exc_info=error, code=error.code)
        return _answer(status, "error", _own_fault_words())
    return _answer(status, error.code, said(error))


def _outdated_form(error: CSRFError) -> ResponseReturnValue:
    message = _("This form is no longer valid, perhaps because you signed in again elsewhere. Nothing was done.")
    return _answer(HTTPStatus.BAD_REQUEST, "form_outdated", f"{message} {_('Load the page again and repeat it.')}")


def _http_error(error: HTTPException) -> ResponseReturnValue:
    if error.code is None or error.code < HTTPStatus.BAD_REQUEST:
        return error.get_response()
    answer = _answer(error.code, HTTPStatus(error.code).name.lower(), _words(error.code))
    for name, value in error.get_headers():
        if name in {"Allow", "Retry-After"}:
            answer.headers[name] = value
    return answer


def _unstorable(error: DataError) -> ResponseReturnValue:
    """A value that no column can hold, such as a number beyond all bounds, is the sender's fault."""
    log().warning("unstorable value", exc_info=error)
    return _answer(HTTPStatus.BAD_REQUEST, "bad_request", _words(HTTPStatus.BAD_REQUEST))


def _no_database(error: OperationalError) -> ResponseReturnValue:
    log().error("database unavailable", exc_info=error)
    return _answer(HTTPStatus.SERVICE_UNAVAILABLE, "unavailable", _words(HTTPStatus.SERVICE_UNAVAILABLE))


def _own_fault(error: Exception) -> ResponseReturnValue:
    log().error("unhandled error", exc_info=error)
    try:
        return _answer(HTTPStatus.INTERNAL_SERVER_ERROR, "error", _own_fault_words())
    except Exception:
        log().exception("the page for errors failed too")
        return Response(_own_fault_words(), HTTPStatus.INTERNAL_SERVER_ERROR, mimetype="text/plain")


def _answer(status: int, code: str, message: str) -> Response:
    if request.path.startswith(MACHINE_PATHS):
        answer = jsonify(error={"code": code, "message": message})
    elif wants_fragment():
        return notice(message, status=status)
    else:
        page = status if status in PAGES else _nearest_page(status)
        answer = Response(render_template(f"errors/{int(page)}.html", message=message))
    answer.status_code = int(status)
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        answer.headers["Retry-After"] = RETRY_SECONDS
    return answer


def _nearest_page(status: int) -> int:
    return HTTPStatus.BAD_REQUEST if status < HTTPStatus.INTERNAL_SERVER_ERROR else HTTPStatus.INTERNAL_SERVER_ERROR


def _words(status: int) -> str:
    """A sentence for what the framework refuses by itself."""
    sentences = {
        HTTPStatus.UNAUTHORIZED: _("Please sign in first."),
        HTTPStatus.FORBIDDEN: _("You are not allowed to do this."),
        HTTPStatus.NOT_FOUND: _("There is no such page, or it is not yours to see."),
        HTTPStatus.METHOD_NOT_ALLOWED: _("This address does not take that kind of request. Nothing was done."),
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE: _("What you sent is too large. Nothing was saved."),
        HTTPStatus.TOO_MANY_REQUESTS: _("Too many tries in a short time. Please wait a minute and try again."),
        HTTPStatus.SERVICE_UNAVAILABLE: _("We cannot do this right now. Please try again in a moment."),
    }
    if status in sentences:
        return sentences[HTTPStatus(status)]
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return _own_fault_words()
    return _("We could not read what was sent. Nothing was done.")


def _own_fault_words() -> str:
    return _("Something went wrong on our side. We have written it down. Please try again.")
