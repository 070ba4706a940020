"""What can go wrong, by kind. The kind decides the status; the web alone knows which."""

from __future__ import annotations


class PortalError(Exception):
    """`code` is for machines and never changes; `sentence` is for the person who asked.

    It is English and has its blanks, `%(name)s`, filled from `values`, so that a page can say it in another language.
    """

    code = "error"

    def __init__(self, sentence: str, **values: object) -> None:
        self.sentence, self.values = sentence, values
        self.message = sentence % values if values else sentence
        super().__init__(self.message)


class NotFound(PortalError):
    """There is no such thing, or none that the one who asks may know of."""

    code = "not_found"


class Forbidden(PortalError):
    """The one who asks may not do this."""

    code = "forbidden"


class Refused(PortalError):
    """It may be asked, but not now: the state of things forbids it. Nothing was changed."""

    code = "refused"


class Invalid(PortalError):
    """What was sent cannot be read or is out of bounds; `field` says where, empty for the whole."""

    code = "invalid"

    def __init__(self, sentence: str, field: str = "", **values: object) -> None:
        super().__init__(sentence, **values)
        self.field = field


class Busy(PortalError):
    """Somebody else holds what this needs; the same request may succeed in a moment."""

    code = "busy"
