"""A stand-in for Salesforce: an org in memory that answers REST calls as the real one does."""

from sandbox.salesforce.engine import SalesforceEngine
from sandbox.salesforce.ids import new_id

__all__ = ["SalesforceEngine", "new_id"]
