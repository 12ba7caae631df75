"""Local stand-ins of the outside systems, written from their vendors' references alone."""
