"""The same examples every time: a rule that fails for one of them fails for everybody."""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "rules",
    max_examples=60,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("rules")
