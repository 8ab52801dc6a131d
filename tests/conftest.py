"""Settings that hold for all tests."""

import signal

from hypothesis import HealthCheck, settings

from tests.tools import in_ci

# No deadline: machines that run tests are shared. CI draws the same examples every time, so that
# it is red for a reason in the change; everybody else's runs keep looking for new ones.
settings.register_profile("local", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("local"), derandomize=True, print_blob=True)
settings.load_profile("ci" if in_ci() else "local")

# A shell that starts the tests in the background makes them ignore Ctrl-C, and so do all programs
# they start: those that a test interrupts would never end.
signal.signal(signal.SIGINT, signal.default_int_handler)
