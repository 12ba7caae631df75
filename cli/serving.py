"""Puts the sync flow on a schedule."""

from flows._wiring import Choice


def serve_sync(chosen: Choice, *, every: int, limit: int | None) -> None:
    """Serve the flow until stopped: one pass at a time, a tick that comes while one runs is dropped."""
    from prefect import serve
    from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
    from prefect.deployments.runner import RunnerDeployment

    from flows.sync_won_deals import sync_won_deals

    deployment = sync_won_deals.to_deployment(
        name="every-minute" if every == 60 else f"every-{every}-s",
        interval=every,
        parameters={
            "folder": str(chosen.folder.resolve()),
            "sandbox": chosen.sandbox,
            "mappings": str(chosen.mappings.resolve()) if chosen.mappings else None,
            "limit": limit,
        },
        concurrency_limit=ConcurrencyLimitConfig(limit=1, collision_strategy=ConcurrencyLimitStrategy.CANCEL_NEW),
        description="Hands off what was won since the last pass.",
    )
    assert isinstance(deployment, RunnerDeployment)
    serve(deployment, print_starting_message=True)
