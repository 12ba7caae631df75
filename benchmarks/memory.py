"""How much memory a measured process takes."""

import re
import resource
from pathlib import Path


def peak_mb() -> float:
    """Return the most memory that this process has held, in MB, whatever the one held that started it."""
    status = Path("/proc/self/status")
    kept = re.search(r"VmHWM:\s+(\d+) kB", status.read_text(encoding="ascii")) if status.exists() else None
    return int(kept[1]) / 1_024 if kept else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_024
