"""How the portal is installed: read once from the environment, complete or refused."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from cryptography.fernet import Fernet


class SettingsError(Exception):
    """What is wrong with the environment, all of it at once, one sentence each."""

    def __init__(self, sentences: list[str]) -> None:
        super().__init__("\n".join(sentences))
        self.sentences = sentences


@dataclass(frozen=True, slots=True)
class Settings:
    """Where the portal's servers are and what it may do here. How it bills is in the `business` row."""

    database_url: str
    redis_url: str
    app_url: str
    secret_key: str = field(repr=False)
    encryption_keys: tuple[str, ...] = field(repr=False)
    smtp_url: str = field(repr=False)
    mail_from: str
    files_dir: str
    paystack_secret_key: str = field(default="", repr=False)
    paystack_base_url: str = "https://api.paystack.co"
    test_mode: bool = False
    twin_urls: tuple[str, ...] = ()
    crash_plan: str = ""
    log_level: str = "INFO"

    def gateway_secrets(self, gateway: str, mode: str) -> dict[str, str]:
        """The keys of a gateway's account in this mode, by name, if the environment sets them; else empty."""
        if gateway == "paystack" and self.paystack_secret_key.startswith(f"sk_{mode}_"):
            return {"secret_key": self.paystack_secret_key}
        return {}

    @property
    def is_https(self) -> bool:
        return self.app_url.startswith("https://")

    @classmethod
    def from_env(cls, environ: Mapping[str, str] = os.environ) -> "Settings":
        """Read every variable; raise SettingsError that names each missing or wrong one."""
        reader = _Reader(environ)
        settings = cls(
            database_url=reader.url("DATABASE_URL", ("postgresql", "postgresql+psycopg")),
            redis_url=reader.url("REDIS_URL", ("redis", "rediss", "unix")),
            app_url=reader.url("APP_URL", ("http", "https")).rstrip("/"),
            secret_key=reader.long_enough("SECRET_KEY", 32),
            encryption_keys=reader.fernet_keys("ENCRYPTION_KEYS"),
            smtp_url=reader.url("SMTP_URL", ("smtp", "smtps")),
            mail_from=reader.checked("MAIL_FROM", lambda value: "@" in value, "must be a mail address"),
            files_dir=reader.required("FILES_DIR"),
            paystack_secret_key=reader.checked(
                "PAYSTACK_SECRET_KEY",
                lambda value: not value or value.startswith(("sk_test_", "sk_live_")),
                "must begin with sk_test_ or sk_live_",
                default="",
            ),
            paystack_base_url=reader.url("PAYSTACK_BASE_URL", ("http", "https"), "https://api.paystack.co"),
            test_mode=reader.switch("TEST_MODE"),
            twin_urls=reader.listed("TWIN_URLS"),
            crash_plan=environ.get("CRASH_PLAN", ""),
            log_level=reader.one_of("LOG_LEVEL", ("DEBUG", "INFO", "WARNING", "ERROR"), "INFO"),
        )
        reader.refuse_if_wrong(_forbidden_together(settings))
        return settings


def _forbidden_together(settings: Settings) -> list[str]:
    """Test features beside a live key: the start is refused, for they could charge real cards at a made-up time."""
    if not settings.paystack_secret_key.startswith("sk_live_"):
        return []
    sentences = []
    if settings.test_mode:
        sentences.append("TEST_MODE is on while PAYSTACK_SECRET_KEY is a live key: switch one of them off.")
    if settings.twin_urls:
        sentences.append("TWIN_URLS is set while PAYSTACK_SECRET_KEY is a live key: remove one of them.")
    if settings.crash_plan:
        sentences.append("CRASH_PLAN is set while PAYSTACK_SECRET_KEY is a live key: remove it.")
    if "paystack.co" not in settings.paystack_base_url:
        sentences.append("PAYSTACK_BASE_URL is not Paystack's while PAYSTACK_SECRET_KEY is a live key: remove it.")
    return sentences


class _Reader:
    """Collects what is wrong instead of stopping at the first."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ
        self.wrong: list[str] = []

    def required(self, name: str, default: str | None = None) -> str:
        value = self.environ.get(name, "").strip() or default
        if value is None:
            self.wrong.append(f"{name} is missing: set it in the environment.")
            return ""
        return value

    def checked(self, name: str, is_right: Callable[[str], bool], rule: str, default: str | None = None) -> str:
        value = self.required(name, default)
        if value and not is_right(value):
            self.wrong.append(f"{name} {rule}.")
        return value

    def url(self, name: str, schemes: tuple[str, ...], default: str | None = None) -> str:
        return self.checked(
            name, lambda value: urlsplit(value).scheme in schemes, f"must begin with {' or '.join(schemes)}://", default
        )

    def long_enough(self, name: str, length: int) -> str:
        return self.checked(name, lambda value: len(value) >= length, f"must have at least {length} characters")

    def fernet_keys(self, name: str) -> tuple[str, ...]:
        keys = tuple(key.strip() for key in self.required(name).split(",") if key.strip())
        for position, key in enumerate(keys, 1):
            try:
                Fernet(key)
            except ValueError:
                self.wrong.append(f"{name}: key {position} is not 32 bytes in URL-safe base64.")
        return keys

    def switch(self, name: str) -> bool:
        return self.one_of(name, ("0", "1"), "0") == "1"

    def one_of(self, name: str, values: tuple[str, ...], default: str) -> str:
        return self.checked(name, lambda value: value in values, f"must be one of {', '.join(values)}", default)

    def listed(self, name: str) -> tuple[str, ...]:
        return tuple(part.strip().rstrip("/") for part in self.environ.get(name, "").split(",") if part.strip())

    def refuse_if_wrong(self, more: list[str]) -> None:
        if self.wrong or more:
            raise SettingsError(self.wrong + more)


_installed: list[Settings] = []


def install(settings: Settings) -> None:
    """Make these the settings of this process. Called once, by whoever builds the application."""
    _installed[:] = [settings]


def current() -> Settings:
    """The settings of this process, for actions, which know no application."""
    if not _installed:
        raise SettingsError(["The portal was not set up in this process: build the application first."])
    return _installed[0]
