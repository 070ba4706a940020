"""Structured log lines with the cause of what happened; never a secret, a token or a card number."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from portal.core.audit import cause

HIDDEN_NAMES = re.compile(
    r"secret|token|api_key|password|authorization|signature|cookie|card_number|pan$", re.IGNORECASE
)
HIDDEN_VALUES = re.compile(
    r"sk_(?:test|live)_\w+|SANDBOX[\w-]+|AUTH_\w+|/pay/[\w.-]+|inv_\w{16}\.[\w.-]+|\b\d{13,19}\b"
)
HIDDEN = "[hidden]"


def configure(level: str) -> None:
    """One JSON line per event on standard error."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _add_cause,
            _hide_secrets,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level)),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )


def log() -> Any:
    """The logger: `log().info("charged", attempt=reference)`."""
    return structlog.get_logger()


def _add_cause(_logger: Any, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    if cause.get():
        line["cause"] = cause.get()
    return line


def _hide_secrets(_logger: Any, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for name, value in line.items():
        if HIDDEN_NAMES.search(name):
            line[name] = HIDDEN
        elif isinstance(value, str):
            line[name] = HIDDEN_VALUES.sub(HIDDEN, value)
    return line
