"""The tracking pixel: 200 and a picture whatever comes, taken where it is understood, else dropped."""

from datetime import datetime

from sandbox.totango.attributes import Invalid, put_account, put_user
from sandbox.totango.hub import note_activity
from sandbox.totango.org import Org
from sandbox.wire import PLAIN, Record, Request, Response, Twist

GIF = (
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00"
    b",\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
)


def answer(org: Org, request: Request, now: datetime, *, region: str, twist: Twist = PLAIN) -> Response:
    """Return the picture, having taken or dropped what was sent."""
    said = {**request.params(), **(request.form() if request.method == "POST" else {})}
    why = _why_not(org, said, region, twist)
    if why is None:
        try:
            _take(org, said, now, twist)
        except Invalid as problem:
            why = str(problem)
    if why is not None:
        org.log("rejected", now, why=why, account_id=said.get("sdr_o"), fields=sorted(said))
    headers = {"content-type": "image/gif"}
    return Response(200, headers, GIF, mutates=True, applied=why is None, records=int(why is None))


def _why_not(org: Org, said: Record, region: str, twist: Twist) -> str | None:
    if region != org.choices.region:
        return "wrong region"
    if said.get("sdr_s") != org.choices.service_id:
        return "wrong service id"
    if not said.get("sdr_o"):
        return "no account"
    refused = twist.refuses(0, said) if twist.refuses else None
    return (refused.message or refused.code or "refused") if refused else None


def _take(org: Org, said: Record, now: datetime, twist: Twist) -> None:
    attributes = {name.removeprefix("sdr_o."): value for name, value in said.items() if name.startswith("sdr_o.")}
    if "sdr_odn" in said:
        attributes.setdefault("account_name", said["sdr_odn"])
    seen_from = org.shown_from(now, twist.lag)
    put_account(org, said["sdr_o"], attributes, now=now, seen_from=seen_from)
    if said.get("sdr_u"):
        of_user = {name.removeprefix("sdr_u."): value for name, value in said.items() if name.startswith("sdr_u.")}
        put_user(org, said["sdr_o"], said["sdr_u"], of_user, now=now)
    if said.get("sdr_a") and said.get("sdr_m") and said.get("sdr_u"):
        told = {"account_id": said["sdr_o"], "user_id": said["sdr_u"]}
        note_activity(
            org,
            said["sdr_o"],
            {**told, "module": said["sdr_m"], "activity": said["sdr_a"]},
            now=now,
            seen_from=seen_from,
        )
