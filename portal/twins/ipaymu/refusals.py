"""The errors of iPaymu, in their shapes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from portal.twins.wire import Response, json_response


class Refusal(Exception):
    """An error as iPaymu tells it. Raising it leaves the books as they were. `http`: if not the same as `status`."""

    def __init__(
        self, status: int, message: str, errors: Mapping[str, str] | None = None, http: int | None = None
    ) -> None:
        super().__init__(message)
        self.status, self.message, self.errors, self.http = status, message, errors, http

    def response(self) -> Response:
        body: dict[str, Any] = {"Status": self.status, "Success": False, "Message": self.message}
        if self.errors:
            del body["Success"]
            body["Error"] = {name: [sentence] for name, sentence in self.errors.items()}
        else:
            body["Data"] = None
        return json_response(body, self.http or self.status)


def unauthorized(what: str) -> Refusal:
    return Refusal(401, what)


def wrong_signature() -> Refusal:
    return unauthorized("unauthorized signature")


def wrong_fields(errors: Mapping[str, str], message: str = "error - invalid request") -> Refusal:
    return Refusal(400, message, errors)


def bad(message: str) -> Refusal:
    return Refusal(400, message)


def not_found() -> Refusal:
    return bad("transaction not found")


def invalid_domain() -> Refusal:
    return Refusal(406, "invalid domain")


def invalid_ip() -> Refusal:
    return Refusal(403, "Invalid IP")


def rate_limited() -> Refusal:
    return Refusal(429, "Too Many Attempts.")
