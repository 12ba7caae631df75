"""The command `handoff`: it parses, wires, calls, prints."""
