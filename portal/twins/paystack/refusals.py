"""The errors that Paystack documents, each with its status, its sentence and its code."""

from __future__ import annotations

from typing import Any

from portal.twins.wire import Response, json_response


class Refusal(Exception):
    """A documented error. Raising it leaves the books as they were."""

    def __init__(self, status: int, message: str, code: str = "", step: str = "", kind: str = "validation_error"):
        super().__init__(message)
        self.status, self.message, self.code, self.step, self.kind = status, message, code, step, kind
        self.headers: dict[str, str] = {}

    def response(self) -> Response:
        body: dict[str, Any] = {"status": False, "message": self.message}
        if self.code:
            body |= {"meta": {"nextStep": self.step or "Check the request"}, "type": self.kind, "code": self.code}
        answer = json_response(body, self.status)
        answer.headers |= self.headers
        return answer


def invalid_key() -> Refusal:
    step = "Ensure that you provide the correct authorization key for the request"
    return Refusal(401, "Invalid key", "invalid_Key", step)


def forbidden() -> Refusal:
    return Refusal(403, "Your IP address is not allowed to make this call", "ip_not_allowed", kind="api_error")


def rate_limited(limit: int, reset: str) -> Refusal:
    refusal = Refusal(429, "Rate limit exceeded!", "rate_limited", "Wait before you call again", "api_error")
    refusal.headers = {"x-ratelimit-limit": str(limit), "x-ratelimit-remaining": "0"}
    refusal.headers |= {"x-ratelimit-reset": reset} if reset else {}
    return refusal


def duplicate_reference() -> Refusal:
    step = "Use a reference that has not been seen before"
    return Refusal(400, "Duplicate Transaction Reference", "duplicate_reference", step)


def missing(name: str) -> Refusal:
    return Refusal(400, f"{name} is required", "missing_params", "Provide all required parameters")


def invalid(message: str, code: str = "invalid_params") -> Refusal:
    return Refusal(400, message, code, "Correct the parameter and try again")


def invalid_amount() -> Refusal:
    return invalid("Invalid Amount Sent", "invalid_amount")


def unknown_reference() -> Refusal:
    step = "Ensure that you're passing the reference of a transaction that exists on this integration"
    return Refusal(400, "Transaction reference not found.", "transaction_not_found", step)


def not_found(message: str, code: str = "not_found") -> Refusal:
    return Refusal(404, message, code, "Check the value that was passed")


def unknown_authorization() -> Refusal:
    return Refusal(400, "Authorization code is invalid", "invalid_authorization_code", "Pass a code that exists")


def inactive_authorization() -> Refusal:
    message = (
        "Email does not match Authorization code. Authorization may be inactive or belong to a different email. "
        "Please confirm."
    )
    return Refusal(400, message, "authorization_email_mismatch", "Pass the email that the code belongs to")


def regulated() -> Refusal:
    return Refusal(400, "Charge attempt cannot be fulfilled until 60 minutes", "charge_regulated", kind="api_error")
