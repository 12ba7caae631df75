"""What files may say already and the bridge does not act on yet."""

from handoff.loading import load_mappings
from tests.handoff.builders import shipped
from tests.mistakes.table import GOOD
from tests.systems import GAINSIGHT

PASSED_OVER = "not in force yet; until then {} is passed over, and the lead of the segment's team receives it."
COMPUTED = "not in force yet; until then its due date is computed, and nobody is told when it has passed."
NOBODY = "not in force yet; until then nobody is chosen or told by it."
HOURS = "not in force yet; until then hours count around the clock, and a working day is a whole one."
GAPS = "not in force yet; until then an incomplete deal is handed off, and Sales is told what is missing."


def test_the_shipped_mappings_say_nothing_that_is_not_in_force():
    assert shipped().notices == ()


def test_everything_that_is_not_in_force_is_told_with_its_place_and_what_happens_until_then():
    notices = load_mappings(GOOD["whole"], crm="salesforce", platform=GAINSIGHT).notices

    assert [notice for notice in notices if "not in force yet" in notice] == [
        "handoff.yml:14:3: trigger -> prepare_at: not in force yet; until then a deal is read once it is won.",
        f"handoff.yml:81:1: incomplete: {GAPS}",
        f"handoff.yml:69:5: segments -> 0 -> incomplete: {GAPS}",
        f"handoff.yml:86:6: routing -> 0 -> use: {PASSED_OVER.format('current_csm')}",
        f"handoff.yml:87:6: routing -> 1 -> use: {PASSED_OVER.format('named')}",
        f"handoff.yml:92:5: routing -> 3 -> use: {PASSED_OVER.format('round_robin')}",
        f"handoff.yml:97:5: routing -> 4 -> use: {PASSED_OVER.format('nobody')}",
        f"handoff.yml:101:3: deadlines -> fill_gaps: {COMPUTED}",
        f"handoff.yml:106:3: deadlines -> first_call: {COMPUTED}",
        "handoff.yml:113:1: ladder: not in force yet; until then nobody is told that something is late.",
        "handoff.yml:118:1: pause: not in force yet; until then no clock stands still.",
        f"people.yml:7:5: calendars -> oslo -> hours: {HOURS}",
        f"people.yml:8:60: calendars -> austin -> hours: {HOURS}",
        f"people.yml:16:5: people -> 0 -> manager: {NOBODY}",
        f"people.yml:17:5: people -> 0 -> team: {NOBODY}",
        f"people.yml:18:5: people -> 0 -> territories: {NOBODY}",
        f"people.yml:19:5: people -> 0 -> skills: {NOBODY}",
        f"people.yml:20:5: people -> 0 -> capacity: {NOBODY}",
        f"people.yml:22:5: people -> 0 -> away: {NOBODY}",
        f"people.yml:24:5: people -> 0 -> slack: {NOBODY}",
        f"people.yml:25:5: people -> 0 -> users: {NOBODY}",
        "targets/gainsight.yml:84:3: signals -> called_at: not in force yet; until then nothing is read back for it.",
        "targets/gainsight.yml:90:3: signals -> taken_at: not in force yet; until then nothing is read back for it.",
    ]
