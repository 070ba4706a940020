"""Pages that wait for something ask every few seconds whether it has happened, and are loaded anew when it has."""

from flask import request, url_for
from flask.typing import ResponseReturnValue

from portal.web.htmx import leave_for, wants_fragment

NOTHING_YET = 204


def answer_to_watch(state: str) -> ResponseReturnValue | None:
    """The whole answer to a page that asks `?seen=…`; None when the page itself is asked for.

    `state` is what the page now shows in one word, as `watch` in account/parts.html sends it back.
    """
    seen = request.args.get("seen")
    if seen is None or not wants_fragment():
        return None
    if seen == state:
        return "", NOTHING_YET
    return leave_for(url_for(str(request.endpoint), **(request.view_args or {})))
