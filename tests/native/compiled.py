"""The compiled engine: found, skipped over, or missed loudly in CI."""

import importlib
import importlib.util
from types import ModuleType

import pytest

from tests.tools import in_ci


def need_native() -> ModuleType:
    """Return the compiled engine; without it skip the tests of the module, or fail them in CI."""
    if importlib.util.find_spec("chatpulse_native") is not None:
        return importlib.import_module("chatpulse_native")
    reason = "the compiled engine is not installed (make native)"
    if in_ci():
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason, allow_module_level=True)
