"""Rows out of Salesforce: page by page, none twice, each with all its child rows."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from connectors._http import Route
from connectors._salesforce_gateway import Gateway
from connectors._salesforce_records import Facts, Row
from handoff.errors import Rejected, ServiceError, Transient

STUCK_AFTER = 3
IDS_A_CALL = 200


class Pages:
    """What one org answers to queries; every method may raise what `Gateway.ask` raises."""

    def __init__(self, gateway: Gateway, facts: Facts) -> None:
        self._gateway, self._facts = gateway, facts

    def restarting(
        self, route: Route, statement: Callable[[Row | None], str], *, deleted: bool = False
    ) -> Iterator[list[Row]]:
        """Yield pages of rows, none twice; after an expired cursor go on behind the last row that was yielded."""
        seen: set[str] = set()
        last: Row | None = None
        stuck = 0
        while True:
            try:
                for page in self.plain(route, statement(last), deleted=deleted):
                    fresh = list({str(row["Id"]): row for row in page if str(row["Id"]) not in seen}.values())
                    seen.update(str(row["Id"]) for row in fresh)
                    if page:
                        last = page[-1]
                    if fresh:
                        stuck = 0
                        yield fresh
                return
            except Rejected as error:
                stuck += 1
                if error.code != "INVALID_QUERY_LOCATOR":
                    raise
                if stuck >= STUCK_AFTER:
                    why = "its cursors expire before they are used."
                    raise self._gateway.exchange.error(Transient, route, why, code=error.code) from error

    def plain(self, route: Route, statement: str, *, deleted: bool = False) -> Iterator[list[Row]]:
        """Yield the rows of each page, to the last; their lists of child rows are whole. `deleted` rows come if so."""
        hint = {"Sforce-Query-Options": f"batchSize={self._facts.batch_size}"}
        path = "queryAll/" if deleted else "query/"
        page = self._gateway.ask(route, "GET", path, params={"q": statement}, headers=hint)
        while True:
            if not _is_list(page):
                raise self.odd(route)
            yield [self._whole(route, row) for row in page["records"]]
            if page["done"]:
                return
            page = self._next(route, page, hint)

    def odd(self, route: Route) -> ServiceError:
        remedy = "Check the proxy in between."
        return self._gateway.exchange.error(Transient, route, "it answered something else than was asked.", remedy)

    def _next(self, route: Route, page: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Any:
        address = str(page.get("nextRecordsUrl"))
        if not address.startswith("/services/data/"):
            raise self._gateway.exchange.error(Transient, route, "a page came without the address of the next.")
        return self._gateway.ask(route, "GET", address, headers=headers)

    def _whole(self, route: Route, row: Row) -> Row:
        """Return the row with its child rows as plain lists; a sub-select without rows is null."""
        return {name: self._children(route, value) if _is_list(value) else value for name, value in row.items()}

    def _children(self, route: Route, page: Mapping[str, Any]) -> list[Row]:
        rows = list(page["records"])
        while not page["done"]:
            page = self._next(route, page)
            if not _is_list(page):
                raise self.odd(route)
            rows += page["records"]
        return rows

    def chunks(self, ids: Sequence[str], statement: Callable[[Sequence[str]], str]) -> Iterator[Sequence[str]]:
        at = 0
        while at < len(ids):
            size = min(IDS_A_CALL, len(ids) - at)
            while size > 1 and not self.fits(statement(ids[at : at + size])):
                size = (size + 1) // 2
            yield ids[at : at + size]
            at += size

    def fits(self, statement: str) -> bool:
        return self._gateway.url_bytes("query/", {"q": statement}) <= self._facts.uri_bytes


def _is_list(value: Any) -> bool:
    return isinstance(value, Mapping) and "records" in value and "done" in value
