"""One module for each outside system. They never import each other."""
