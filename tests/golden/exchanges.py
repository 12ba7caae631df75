"""The golden exchanges as requests: what a file says is sent, in the bytes that are sent."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from ruamel.yaml import YAML

from sandbox.wire import Request

HERE = Path(__file__).parent


def names(vendor: str) -> list[str]:
    """Return the names of a vendor's exchanges."""
    return sorted(path.stem for path in (HERE / vendor).glob("*.yml"))


def read(vendor: str, name: str) -> dict[str, Any]:
    """Return what a file says."""
    found: dict[str, Any] = YAML(typ="safe").load((HERE / vendor / f"{name}.yml").read_text(encoding="utf-8"))
    return found


def body_of(said: Mapping[str, Any]) -> bytes:
    """Return the body of a request: `body` is JSON, in `form` what is no text is JSON, `text` stands as it is."""
    if "form" in said:
        fields = {name: each if isinstance(each, str) else json.dumps(each) for name, each in said["form"].items()}
        return urlencode(fields).encode()
    if "text" in said:
        return str(said["text"]).encode()
    return json.dumps(said["body"]).encode() if "body" in said else b""


def sent(said: Mapping[str, Any], hosts: Mapping[str, str]) -> Request:
    """Return a request; `hosts` says what stands before its path, by the host it is for."""
    return Request(
        method=said["method"],
        path=hosts[said["host"]] + said["path"],
        query=said.get("query", ""),
        headers=said["headers"],
        body=body_of(said),
    )
