"""The business of a handoff: its words, its decisions and its memory. No network library lives here."""
