"""What the environment must say, and what it may not say together."""

import pytest
from cryptography.fernet import Fernet

from portal.core.settings import Settings, SettingsError

WHOLE = {
    "DATABASE_URL": "postgresql://localhost/portal",
    "REDIS_URL": "redis://localhost",
    "APP_URL": "https://billing.example",
    "SECRET_KEY": "long enough for a secret key of tests",
    "ENCRYPTION_KEYS": Fernet.generate_key().decode(),
    "SMTP_URL": "smtp://localhost",
    "MAIL_FROM": "billing@portal.example",
    "FILES_DIR": "/nowhere",
}
PAYSTACK = {"PAYSTACK_SECRET_KEY": "sk_live_0123"}
IPAYMU = {"IPAYMU_VA": "1179000899", "IPAYMU_API_KEY": "a-key-of-production"}
SANDBOX = {"IPAYMU_VA": "0000009900112233", "IPAYMU_API_KEY": "SANDBOX-TEST-0001-KEY"}


def wrong(more: dict[str, str]) -> list[str]:
    with pytest.raises(SettingsError) as refused:
        Settings.from_env(WHOLE | more)
    return refused.value.sentences


@pytest.mark.parametrize("live", [PAYSTACK, IPAYMU])
@pytest.mark.parametrize(
    ("feature", "value"), [("TEST_MODE", "1"), ("TWIN_URLS", "http://127.0.0.1:9000"), ("CRASH_PLAN", "C-10")]
)
def test_a_live_key_beside_a_test_feature_stops_the_start(live: dict, feature: str, value: str):
    (sentence,) = wrong(live | {feature: value})
    assert feature in sentence
    assert next(name for name in live if name.endswith("KEY")) in sentence
    assert not any(secret in sentence for secret in live.values())


@pytest.mark.parametrize(
    "base",
    [
        {"PAYSTACK_BASE_URL": "http://127.0.0.1:9000"},
        {"PAYSTACK_BASE_URL": "https://api.paystack.co.evil.example"},
        {"PAYSTACK_BASE_URL": "http://api.paystack.co"},
        {"IPAYMU_BASE_URL": "http://127.0.0.1:9000"},
        {"IPAYMU_BASE_URL": "https://my.ipaymu.com.evil.example"},
    ],
)
def test_a_live_key_is_sent_to_its_gateway_only(base: dict):
    (sentence,) = wrong(PAYSTACK | IPAYMU | base)
    assert next(iter(base)) in sentence


def test_all_that_is_wrong_is_named_at_once():
    said = "\n".join(wrong({"IPAYMU_VA": "12x", "IPAYMU_BASE_URL": "ftp://x", "TEST_MODE": "2", "APP_URL": "x"}))
    for name in ("IPAYMU_VA", "IPAYMU_API_KEY", "IPAYMU_BASE_URL", "TEST_MODE", "APP_URL"):
        assert name in said


@pytest.mark.parametrize(
    "half", [{"IPAYMU_VA": "1179000899"}, {"IPAYMU_API_KEY": "key-of-somebody"}, {**IPAYMU, "IPAYMU_API_KEY": "a b"}]
)
def test_an_account_without_its_key_stops_the_start(half: dict):
    assert "IPAYMU_API_KEY" in wrong(half)[0]


def test_a_sandbox_key_is_not_sent_to_the_live_address():
    assert "IPAYMU_BASE_URL" in wrong(SANDBOX | {"IPAYMU_BASE_URL": "https://my.ipaymu.com"})[0]


def test_keys_are_given_out_by_gateway_and_mode():
    settings = Settings.from_env(WHOLE | PAYSTACK | SANDBOX)
    assert settings.gateway_secrets("paystack", "live") == {"secret_key": "sk_live_0123"}
    assert settings.gateway_secrets("paystack", "test") == {}
    assert settings.gateway_secrets("ipaymu", "test") == {"va": "0000009900112233", "api_key": "SANDBOX-TEST-0001-KEY"}
    assert settings.gateway_secrets("ipaymu", "live") == {}
    assert Settings.from_env(WHOLE).gateway_secrets("ipaymu", "live") == {}


def test_the_sandbox_address_makes_any_key_one_of_tests():
    base = {"IPAYMU_BASE_URL": "https://sandbox.ipaymu.com", "TEST_MODE": "1"}
    assert Settings.from_env(WHOLE | IPAYMU | base).ipaymu_mode == "test"


def test_settings_show_no_secret():
    shown = repr(Settings.from_env(WHOLE | PAYSTACK | IPAYMU))
    for secret in ("sk_live_0123", "a-key-of-production", WHOLE["SECRET_KEY"], WHOLE["ENCRYPTION_KEYS"]):
        assert secret not in shown
