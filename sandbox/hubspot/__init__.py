"""HubSpot as one portal's client meets it: objects, search index, batches, associations, limits."""

from sandbox.hubspot.engine import HubspotEngine, portal_of

__all__ = ["HubspotEngine", "portal_of"]
