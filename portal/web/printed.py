"""A paper as an answer, once a worker has printed it."""

from flask import Response, request

from portal.actions.request_document import request_document
from portal.core import clock
from portal.invoicing.files import store


def printed(subject: str, language: str, name: str) -> Response | None:
    """The PDF of `subject` under its digest, to be saved as `name`; None while it is being prepared."""
    digest = request_document(subject, language, at=clock.now())
    content = store().get(digest) if digest else None
    if digest is None or content is None:
        return None
    response = Response(content, mimetype="application/pdf")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.cache_control.private = True
    response.cache_control.no_cache = True  # kept by the browser, but asked for each time
    response.set_etag(digest)
    response.make_conditional(request)
    return response
