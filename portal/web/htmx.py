"""Pages and fragments: which of the two an answer is. The one place that knows htmx on the server."""

from typing import Any

from flask import Flask, Response, redirect, render_template, session
from flask.typing import ResponseReturnValue
from htmx_flask import Htmx, make_response, request

NOTICES = "notices"


def init_htmx(app: Flask) -> None:
    """Teach requests about htmx, and caches that one address has two answers."""
    Htmx(app)
    app.after_request(_vary)


def wants_fragment() -> bool:
    """Is a part of the page asked for? Boosted links and restored history want the whole."""
    htmx = request.htmx
    return bool(htmx) and not htmx.boosted and not htmx.history_restore_request


def show(*, page: str, fragment: str, status: int = 200, **context: Any) -> ResponseReturnValue:
    """The template `page`, or to htmx the one partial `fragment` of it with the same context.

    Flashed messages travel with a fragment out of band, for it replaces a part of the page only.
    """
    if not wants_fragment():
        return render_template(page, **context), status
    body = render_template(fragment, **context)
    if "_flashes" in session:
        body += render_template("components/flashed.html")
    return body, status


def notice(message: str, *, status: int, tone: str = "bad") -> Response:
    """A message alone, put into the notices of the page that is already there, whatever the target was."""
    body = render_template("components/notice.html", message=message, tone=tone)
    response: Response = make_response(body, status, retarget=f"#{NOTICES}", reswap="innerHTML")
    return response


def see_other(url: str) -> ResponseReturnValue:
    """After a post that succeeded: show the same page by its GET. Browser and htmx both follow."""
    return redirect(url, code=303)


def leave_for(url: str) -> ResponseReturnValue:
    """After a post that succeeded: go to another page altogether, htmx or not."""
    if wants_fragment():
        response: Response = make_response("", redirect=url)
        return response
    return redirect(url, code=303)


def _vary(response: Response) -> Response:
    response.vary.add("HX-Request")
    return response
