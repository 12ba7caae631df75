"""Bad days: what can go wrong with a call, when it does, and what the caller sees of it."""

from sandbox.faults.plan import Faults
from sandbox.faults.reading import faults_in

__all__ = ["Faults", "faults_in"]
