"""What holds for all tests."""

import os

from hypothesis import settings

settings.register_profile("ci", derandomize=True)  # CI says the same twice; a developer's run looks further
if os.environ.get("CI"):
    settings.load_profile("ci")
