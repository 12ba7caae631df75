"""`handoff status` and `handoff trail` as somebody who watches the bridge runs them."""

import json
from pathlib import Path

import pytest
from sqlalchemy import update

from handoff import tables as t
from handoff.ledger import Ledger
from tests.desk import Desk

pytestmark = pytest.mark.process


def test_status_and_trail_say_how_things_stand_and_their_exit_codes_can_be_watched(desk: Desk):
    before = desk.run("status")
    desk.json("sync")
    after = desk.run("status")
    told = json.loads(desk.run("status", "--json").stdout)
    sealed = desk.run("trail", "--verify")

    assert (before.returncode, after.returncode, told["ok"]) == (1, 1, False)
    assert "No good pass yet" in before.stdout
    assert "43 done, 0 waiting, 2 need a person" in after.stdout
    assert (told["counts"], told["overdue"]) == ({"done": 43, "needs_person": 2}, False)
    assert (sealed.returncode, "as they were sealed" in sealed.stdout) == (0, True)
    assert len(desk.json("trail", "--run", "1", "--limit", "500")["events"]) > 100

    (file,) = Path(desk.env["XDG_STATE_HOME"]).rglob("*.db")
    ledger = Ledger(f"sqlite:///{file}")
    with ledger.writing() as connection:
        connection.execute(update(t.events).where(t.events.c.id == 7).values(detail="nothing happened"))
    broken = desk.run("trail", "--verify")

    assert (broken.returncode, "BROKEN at run 1" in broken.stdout) == (1, True)
