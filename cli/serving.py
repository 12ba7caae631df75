"""Puts the sync flow on a schedule."""

from urllib.parse import urlsplit

import httpx

from flows._wiring import Choice
from handoff.errors import Transient

TIMEOUT_SECONDS = 10.0


class NoPrefect(Transient):
    """The Prefect server that was named does not answer."""

    def __str__(self) -> str:
        return f"{self.system} {self.why}; {self.remedy}"


def serve_sync(chosen: Choice, *, every: int, limit: int | None) -> None:
    """
    Serve the flow until stopped: one pass at a time, a tick that comes while one runs is dropped.

    Raises:
        NoPrefect: PREFECT_API_URL names a server that does not answer. Without it a temporary one is started.
    """
    from prefect import serve
    from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
    from prefect.deployments.runner import RunnerDeployment
    from prefect.settings import PREFECT_API_URL

    from flows.sync_won_deals import sync_won_deals

    must_answer(PREFECT_API_URL.value())
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


def must_answer(url: str | None) -> None:
    """Raise `NoPrefect` when a Prefect server is named and does not answer; whatever it answers is an answer."""
    if url is None:
        return
    try:
        well = not httpx.get(f"{url.rstrip('/')}/health", timeout=TIMEOUT_SECONDS).is_server_error
    except (httpx.TransportError, httpx.InvalidURL):
        well = False
    if not well:
        shown = urlsplit(url)
        raise NoPrefect(
            system=f"the Prefect server at {shown.scheme}://{shown.netloc.rpartition('@')[2]}{shown.path}",
            doing="looking for it",
            why="does not answer",
            remedy="start one with: prefect server start, or unset PREFECT_API_URL",
        )
