"""Simulated bad days: the real core and connectors over the sandbox, with faults, crashes and frozen workers."""
