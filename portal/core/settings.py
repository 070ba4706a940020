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
    ipaymu_va: str = ""
    ipaymu_api_key: str = field(default="", repr=False)
    ipaymu_base_url: str = ""
    test_mode: bool = False
    twin_urls: tuple[str, ...] = ()
    crash_plan: str = ""
    log_level: str = "INFO"

    def gateway_secrets(self, gateway: str, mode: str) -> dict[str, str]:
        """The keys of a gateway's account in this mode, by name, if the environment sets them; else empty."""
        if gateway == "paystack" and self.paystack_secret_key.startswith(f"sk_{mode}_"):
            return {"secret_key": self.paystack_secret_key}
        if gateway == "ipaymu" and self.ipaymu_mode == mode:
            return {"va": self.ipaymu_va, "api_key": self.ipaymu_api_key}
        return {}

    def gateway_base_url(self, gateway: str, mode: str) -> str:
        """The address that the environment names for a gateway's account in this mode; empty for the gateway's own."""
        if gateway == "paystack" and mode == "test" and not _is_at(self.paystack_base_url, "api.paystack.co"):
            return self.paystack_base_url
        if gateway == "ipaymu" and mode == "test" and _host(self.ipaymu_base_url) != "my.ipaymu.com":
            return self.ipaymu_base_url
        return ""

    @property
    def ipaymu_mode(self) -> str:
        """The mode of the environment's iPaymu key, empty without one. Keys of its sandbox say so."""
        if not self.ipaymu_api_key:
            return ""
        is_test = self.ipaymu_api_key.startswith("SANDBOX") or _host(self.ipaymu_base_url) == "sandbox.ipaymu.com"
        return "test" if is_test else "live"

    @property
    def test_features(self) -> tuple[str, ...]:
        """The variables that are set and may never stand beside a live account."""
        switches = (("TEST_MODE", self.test_mode), ("TWIN_URLS", self.twin_urls), ("CRASH_PLAN", self.crash_plan))
        return tuple(name for name, is_on in switches if is_on)

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
            ipaymu_va=reader.checked("IPAYMU_VA", _is_number_or_none, "must have 6 to 20 digits", default=""),
            ipaymu_api_key=reader.checked("IPAYMU_API_KEY", _is_key_or_none, "must have 8 or more signs", default=""),
            ipaymu_base_url=reader.url("IPAYMU_BASE_URL", ("http", "https"), default=""),
            test_mode=reader.switch("TEST_MODE"),
            twin_urls=reader.listed("TWIN_URLS"),
            crash_plan=environ.get("CRASH_PLAN", ""),
            log_level=reader.one_of("LOG_LEVEL", ("DEBUG", "INFO", "WARNING", "ERROR"), "INFO"),
        )
        reader.refuse_if_wrong(_forbidden_together(settings))
        return settings


def _forbidden_together(settings: Settings) -> list[str]:
    """What may not be set together: half a pair, and test features beside a live key, for they could move real money
    at a made-up time."""
    sentences = []
    if bool(settings.ipaymu_va) is not bool(settings.ipaymu_api_key):
        sentences.append("IPAYMU_VA and IPAYMU_API_KEY belong together: set both or neither.")
    if settings.ipaymu_api_key.startswith("SANDBOX") and _host(settings.ipaymu_base_url) == "my.ipaymu.com":
        sentences.append("IPAYMU_BASE_URL is the live address while IPAYMU_API_KEY is of the sandbox: remove it.")
    for key, is_live, address, is_own in (
        (
            "PAYSTACK_SECRET_KEY",
            settings.paystack_secret_key.startswith("sk_live_"),
            "PAYSTACK_BASE_URL",
            _is_at(settings.paystack_base_url, "api.paystack.co"),
        ),
        (
            "IPAYMU_API_KEY",
            settings.ipaymu_mode == "live",
            "IPAYMU_BASE_URL",
            not settings.ipaymu_base_url or _is_at(settings.ipaymu_base_url, "my.ipaymu.com"),
        ),
    ):
        if is_live:
            sentences += [f"{name} is set while {key} is a live key: remove one." for name in settings.test_features]
        if is_live and not is_own:
            sentences.append(f"{address} is not the gateway's own while {key} is a live key: remove it.")
    return sentences


def _host(url: str) -> str:
    return urlsplit(url).hostname or ""


def _is_at(url: str, host: str) -> bool:
    return urlsplit(url).scheme == "https" and _host(url) == host


def _is_number_or_none(value: str) -> bool:
    return not value or (value.isascii() and value.isdigit() and 6 <= len(value) <= 20)


def _is_key_or_none(value: str) -> bool:
    return not value or (value.isascii() and value.isprintable() and " " not in value and len(value) >= 8)


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
