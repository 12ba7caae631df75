"""When things run: Prefect flows, and the one place where the real world is put together."""
