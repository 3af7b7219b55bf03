"""What holds for every test."""

from hypothesis import HealthCheck, settings

# A shared machine lies about time: no property fails, and none is given up, for being slow.
settings.register_profile("afterword", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("afterword")
