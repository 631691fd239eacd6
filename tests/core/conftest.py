"""How hard the laws of the core are attacked: enough examples to find what is wrong, none counted by the clock."""

from hypothesis import HealthCheck, settings

settings.register_profile("core", max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("core")
