"""The Gainsight CS stand-in: an engine that answers as the vendor's REST API would, without sockets."""

from sandbox.gainsight.engine import GainsightEngine

__all__ = ["GainsightEngine"]
