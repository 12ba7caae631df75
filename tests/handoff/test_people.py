"""Who is who."""

from typing import Any

import pytest
from pydantic import ValidationError

from handoff.people import Calendar, People
from handoff.spans import WorkCalendar

IDA, EVA = "ida.holm@fjord.example", "eva.lund@fjord.example"


def people(*persons: dict[str, Any], **sections: Any) -> People:
    said = {"people": [{"email": IDA, "role": "csm"}, {"email": EVA, "role": "manager"}, *persons]}
    return People.model_validate(said | sections)


def mistakes(*persons: dict[str, Any], **sections: Any) -> list[tuple[Any, str]]:
    return list(people(*persons, **sections).mistakes())


def test_somebody_is_found_in_any_case_of_their_address():
    assert people().person("Ida.HOLM@fjord.example") == people().people[0]
    assert people().person("nobody@fjord.example") is None
    assert people().person(None) is None


def test_a_calendar_is_somebody_s_own_and_that_of_a_stranger_is_monday_to_friday_in_utc():
    oslo = {"country": "NO", "zone": "Europe/Oslo", "days": ["mon", "tue", "wed", "thu"]}
    them = people({"email": "jon@fjord.example", "role": "csm", "calendar": "oslo"}, calendars={"oslo": oslo})

    assert them.calendar_of("jon@fjord.example") == WorkCalendar("Europe/Oslo", frozenset({0, 1, 2, 3}), "NO")
    assert them.calendar_of(IDA) == them.calendar_of(None) == WorkCalendar()


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"days": ["monday"]}, [(("days", 0), "'monday' is no day. Nearest: mon.")]),
        (
            {"days": ["mon", "free"]},
            [(("days", 1), "'free' is no day. Use one of: fri, mon, sat, sun, thu, tue, wed.")],
        ),
        ({"country": "Norway"}, [(("country",), "'Norway' is no country we know the holidays of. Nearest: NO.")]),
        ({"country": "no"}, [(("country",), "'no' is no country we know the holidays of. Nearest: NO.")]),
        (
            {"country": "Atlantis"},
            [
                (
                    ("country",),
                    "'Atlantis' is no country we know the holidays of. Write its two letters, such as GB or US",
                )
            ],
        ),
        ({"country": "US", "region": "TEX"}, [(("region",), "'TEX' is no region of US. Nearest: TX.")]),
        (
            {"region": "TX"},
            [(("region",), "'TX' is a region without its country. Add country: US, or whose it is")],
        ),
        ({"country": "GB", "region": "SCT"}, []),
    ],
)
def test_a_calendar_names_days_and_a_country_that_there_are(said, words):
    assert list(Calendar.model_validate(said).mistakes()) == words


@pytest.mark.parametrize(
    ("zone", "fix"),
    [
        ("Oslo", "Nearest: Europe/Oslo."),
        ("new york", "Nearest: America/New_York."),
        ("Europe/Olso", "Nearest: Europe/Oslo."),
        ("CEST", "Write it like Europe/London"),
    ],
)
def test_a_zone_that_is_none_is_refused_with_the_one_that_is_meant(zone, fix):
    with pytest.raises(ValidationError) as caught:
        Calendar.model_validate({"zone": zone})

    assert f"is no time zone. {fix}" in str(caught.value)


@pytest.mark.parametrize(
    "said",
    ["Ida Holm", "ida.holm", "ida holm@fjord.example", "<ida@fjord.example>", "ida@fjord", "a@b.c, d@e.f", "@x.y"],
)
def test_what_is_no_address_is_refused(said):
    with pytest.raises(ValidationError, match="is no e-mail address"):
        people({"email": said, "role": "csm"})


@pytest.mark.parametrize(
    ("person", "at", "words"),
    [
        ({"email": IDA.upper()}, "email", "'IDA.HOLM@FJORD.EXAMPLE' is there already. Keep one of the two"),
        ({"team": "smal"}, "team", "'smal' is no team. Nearest: small."),
        ({"calendar": "olso"}, "calendar", "'olso' is no calendar. Nearest: oslo."),
        ({"manager": "Jon@fjord.example"}, "manager", "'jon@fjord.example' cannot be their own manager. "),
    ],
)
def test_what_somebody_is_said_to_have_must_be_there(person, at, words):
    jon = {"email": "jon@fjord.example", "role": "csm"} | person

    [(place, said)] = mistakes(jon, teams={"small": {"lead": EVA}}, calendars={"oslo": {}})

    assert place == ("people", 2, at)
    assert said.startswith(words)


def test_an_absence_ends_after_it_begins():
    away = [{"from": "2026-12-01", "to": "2026-12-01"}, {"from": "2026-12-21", "to": "2026-01-03"}]

    assert mistakes({"email": "jon@fjord.example", "role": "csm", "away": away}) == [
        (("people", 2, "away", 1, "to"), "it ends 2026-01-03 and begins 2026-12-21. Swap the two days")
    ]


def test_a_team_is_led_by_somebody_who_is_there():
    assert mistakes(teams={"small": {"lead": "eva.lundt@fjord.example"}, "mid": {"lead": EVA.title()}}) == [
        (("teams", "small", "lead"), f"'eva.lundt@fjord.example' is nobody under `people`. Nearest: {EVA}.")
    ]


def test_a_country_with_holidays_of_its_parts_and_no_region_is_told_and_is_no_mistake():
    them = people(
        calendars={
            "london": {"country": "GB"},
            "york": {"country": "GB", "region": "ENG"},
            "oslo": {"country": "NO"},
            "x": {},
        }
    )

    assert [at for at, _ in them.notices()] == [("calendars", "london", "country")]
    assert list(them.mistakes()) == []


def test_of_addresses_only_the_name_tells_who_is_meant():
    assert people().nearest("bo@fjord.example") == "Add them to people.yml, or name somebody who is there."
