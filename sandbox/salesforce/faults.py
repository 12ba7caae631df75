"""What the vendor refuses, in the vendor's words, and the two shapes in which it says so."""

from collections.abc import Sequence
from typing import Any

from sandbox.wire import Response, as_json

GONE = "The requested resource does not exist"


class Fault(Exception):
    """A refusal: of a call, or of one record in a collection."""

    def __init__(self, code: str, message: str, fields: Sequence[str] = (), status: int = 400) -> None:
        super().__init__(code, message)
        self.code, self.message, self.fields, self.status = code, message, list(fields), status

    def answer(self) -> Response:
        """Return the whole answer of a refused call: a list with `errorCode`, and `fields` where there are some."""
        error: dict[str, Any] = {"message": self.message, "errorCode": self.code}
        if self.fields:
            error["fields"] = self.fields
        return as_json(self.status, [error])

    def entry(self) -> dict[str, Any]:
        """Return the result of one refused record of a collection: `statusCode`, and no id."""
        error = {"statusCode": self.code, "message": self.message, "fields": self.fields}
        return {"success": False, "errors": [error]}


def not_found(message: str = GONE) -> Fault:
    """Return the refusal of something that is not there."""
    return Fault("NOT_FOUND", message, status=404)
