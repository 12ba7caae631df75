"""`reconcile` and `ledger rebuild` as a person and a script see them."""

import json
from dataclasses import replace

from sqlalchemy import update
from typer.testing import CliRunner

from cli.app import app
from handoff import tables as t
from handoff.ledger import Ledger
from tests.fakes import World
from tests.handoff.builders import DEAL, a_deal


def called(*arguments: str):
    return CliRunner().invoke(app, list(arguments))


def handed_off(world: World) -> None:
    world.crm.win(a_deal())
    world.run()
    world.clock.advance(86_400)
    world.run()


def test_where_nothing_differs_the_command_says_so_and_ends_well(world):
    handed_off(world)

    done = called("reconcile")

    assert done.exit_code == 0
    assert done.output.splitlines()[0] == "a world in memory (reads only)"
    assert "1 won = 1 done + 0 waiting + 0 needs a person + 0 excluded + 0 lost" in done.output
    assert "Nothing differs" in done.output


def test_a_difference_is_named_with_who_acts_and_ends_with_1(world):
    handed_off(world)
    cta = world.platform.of("cta")[0]
    world.platform.add("cta", cta.payload, key=cta.key)

    done = called("reconcile")

    assert done.exit_code == 1
    assert "1 duplicate. Two records stand for one piece of work." in done.output
    assert "Nordwind Freight" in done.output
    assert "CS Ops" in done.output
    assert "https://acme.gainsight.example/cta/" in done.output


def test_what_can_be_repaired_is_offered_and_then_done(world):
    handed_off(world)
    with world.ledger.writing() as connection:
        connection.execute(update(t.steps).where(t.steps.c.kind == "cta").values(state="unknown", remote_id=None))

    looked, healed, again = called("reconcile"), called("reconcile", "--heal"), called("reconcile")

    assert (looked.exit_code, healed.exit_code, again.exit_code) == (1, 1, 0)
    assert "2 can be repaired: handoff reconcile --heal" in looked.output
    assert "Run 3: 2 repaired in the ledger. The next sync does the rest." in healed.output


def test_what_nobody_can_repair_is_not_offered(world):
    handed_off(world)
    world.platform.made.remove(world.platform.of("cta")[0])
    world.clock.advance(86_400)

    looked, healed = called("reconcile"), called("reconcile", "--heal")

    assert "handoff reconcile --heal" not in looked.output  # nobody saw it since it was made: a person's
    assert "1 lost" in looked.output
    assert healed.exit_code == 1
    assert "(reads only; the ledger is repaired)" in healed.output


def test_news_are_no_difference(world):
    handed_off(world)
    world.platform.edit(world.platform.of("cta")[0].ref, Name="A person's own words")

    done = called("reconcile")

    assert done.exit_code == 0
    assert "1 altered (news, no difference)" in done.output


def test_the_document_says_it_all(world):
    handed_off(world)
    cta = world.platform.of("cta")[0]
    twin = world.platform.add("cta", cta.payload, key=cta.key)

    done = called("reconcile", "--json")

    document = json.loads(done.stdout)
    assert (done.exit_code, document["ok"], document["command"], document["differences"]) == (1, False, "reconcile", 1)
    assert document["balance"] == {"seen": 1, "done": 1, "waiting": 0, "needs_person": 0, "excluded": 0, "lost": 0}
    assert document["counts"] == {"duplicate": 1}
    (finding,) = document["findings"]
    assert (finding["what"], finding["deal"], finding["step"]) == ("duplicate", DEAL, cta.key)
    assert finding["refs"] == sorted([cta.ref, twin])
    assert (finding["heals"], finding["healed"], finding["difference"], finding["who"]) == (None, False, True, "CS Ops")


def test_a_healing_run_is_listed_among_the_runs(world):
    handed_off(world)
    cta = world.platform.of("cta")[0]
    world.platform.add("cta", cta.payload, key=cta.key)
    called("reconcile", "--heal")

    listed, shown = called("runs"), called("runs", "3")

    assert "reconcile" in listed.output
    assert "duplicate: 2 records: both carry its key" in shown.output


def test_a_lost_ledger_is_built_anew_and_a_known_one_is_not(world):
    handed_off(world)
    known = called("ledger", "rebuild")
    world.ledger = Ledger("sqlite://")
    world.ledger.open(stamps={})
    world.bridge = replace(world.bridge, ledger=world.ledger)

    rebuilt, again = called("ledger", "rebuild"), called("reconcile")

    assert (known.exit_code, rebuilt.exit_code, again.exit_code) == (2, 0, 0)
    assert "This ledger is not lost" in known.output
    assert "(reads only; the ledger is written)" in rebuilt.output
    assert "Run 1: known again: 1 deals, 1 handoffs, 4 steps." in rebuilt.output


def test_the_document_of_a_rebuild_counts(world):
    done = called("ledger", "rebuild", "--json")

    document = json.loads(done.stdout)
    assert (document["ok"], document["command"], document["deals"], document["left"]) == (True, "ledger rebuild", 0, 0)
