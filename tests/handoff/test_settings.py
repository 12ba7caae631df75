"""`handoff.toml` and the environment."""

from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest
from pydantic import Field, SecretStr

from handoff.errors import ConfigError
from handoff.settings import Instance, InstanceModel, Settings, beside, read_settings

WHOLE = """
[crm.main]
system = "salesforce"
domain = "acme.my"

[platform.eu]
system = "gainsight"
"""


class Crm(InstanceModel):
    system: Literal["salesforce"]
    domain: str
    list_size: int = Field(10, ge=1, le=50)
    client_secret: SecretStr
    private_key: SecretStr | None = None


def settings_in(folder: Path, text: str, **environment: str) -> Settings:
    (folder / "handoff.toml").write_text(text, encoding="utf-8")
    return read_settings(folder, mappings=None, environment=environment)


def an_instance(values: dict[str, object], **environment: str) -> Instance:
    return Instance("crm", "main", {"system": "salesforce", "domain": "acme.my"} | values, environment)


def refused(instance: Instance) -> str:
    with pytest.raises(ConfigError) as caught:
        instance.read(Crm)
    return str(caught.value)


def test_the_settings_of_a_deployment_are_read_beside_its_file(tmp_path):
    settings = settings_in(tmp_path, WHOLE)

    assert settings.ledger_url == f"sqlite:///{tmp_path}/handoff.db"
    assert (settings.crm.name, settings.crm.system) == ("main", "salesforce")
    assert (settings.platform.name, settings.platform.system) == ("eu", "gainsight")
    assert settings.mappings == tmp_path / "mappings"


TWO = (
    WHOLE
    + """
[crm.emea]
system = "salesforce"
domain = "acme-emea.my"
"""
)


def test_several_crms_are_read_in_the_order_of_the_file(tmp_path):
    settings = settings_in(tmp_path, TWO)

    assert [one.name for one in settings.crms] == [one.name for one in settings.meant] == ["main", "emea"]


def test_one_of_several_crms_must_be_named_where_one_is_meant(tmp_path):
    settings = settings_in(tmp_path, TWO)

    with pytest.raises(ConfigError, match=r"has several CRMs: main, emea\. Say which one is meant: --crm NAME"):
        _ = settings.crm
    assert replace(settings, only="emea").crm.name == "emea"


def test_a_crm_that_is_none_of_them_is_refused_with_the_nearest(tmp_path):
    with pytest.raises(ConfigError, match=r"has no \[crm\.emae\] section\. Nearest: emea"):
        replace(settings_in(tmp_path, TWO), only="emae")


def test_the_environment_wins_over_the_file():
    instance = an_instance({"list_size": 5}, HANDOFF_CRM_MAIN_LIST_SIZE="50", HANDOFF_CRM_MAIN_CLIENT_SECRET="x")

    assert instance.read(Crm).list_size == 50


def test_an_empty_variable_is_as_good_as_none():
    instance = an_instance({"list_size": 5}, HANDOFF_CRM_MAIN_LIST_SIZE="", HANDOFF_CRM_MAIN_CLIENT_SECRET="x")

    assert instance.read(Crm).list_size == 5


def test_the_ledger_of_the_environment_wins(tmp_path):
    url = "postgresql+psycopg://handoff@db.example/handoff"

    assert settings_in(tmp_path, WHOLE, HANDOFF_LEDGER_URL=url).ledger_url == url


def test_a_secret_in_the_file_is_refused_and_not_repeated():
    said = refused(an_instance({"client_secret": "s3cr3t-value", "private_key": "k3y-value"}))

    assert said == (
        "handoff.toml [crm.main] holds client_secret, private_key, which are secrets. Take them out of the file "
        "and set HANDOFF_CRM_MAIN_CLIENT_SECRET, HANDOFF_CRM_MAIN_PRIVATE_KEY in the environment."
    )


def test_a_secret_is_not_shown_in_any_error_or_representation():
    instance = an_instance({"list_size": "many"}, HANDOFF_CRM_MAIN_CLIENT_SECRET="s3cr3t-value")
    sound = an_instance({}, HANDOFF_CRM_MAIN_CLIENT_SECRET="s3cr3t-value").read(Crm)

    assert "s3cr3t-value" not in refused(instance)
    assert "s3cr3t-value" not in repr(sound)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_line_break_after_a_secret_is_not_part_of_it(end):
    instance = an_instance({}, HANDOFF_CRM_MAIN_CLIENT_SECRET=f"s3cr3t-value{end}")

    assert instance.read(Crm).client_secret.get_secret_value() == "s3cr3t-value"


@pytest.mark.parametrize("odd", ["s3cr3t-välue", "s3cr3t\nvalue", "s3cr3t-value ", "\ufeffs3cr3t-value", "s3cr3t\x7f"])
def test_a_secret_that_no_header_can_hold_is_refused_by_its_variable_and_not_shown(odd):
    said = refused(an_instance({}, HANDOFF_CRM_MAIN_CLIENT_SECRET=odd))

    assert "HANDOFF_CRM_MAIN_CLIENT_SECRET holds a line break, a blank at an end, or a character beyond ASCII" in said
    assert "s3cr3t" not in said


def test_a_private_key_may_have_several_lines():
    key = "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----"
    instance = an_instance({}, HANDOFF_CRM_MAIN_CLIENT_SECRET="x", HANDOFF_CRM_MAIN_PRIVATE_KEY=f"{key}\n")

    assert instance.read(Crm).private_key == SecretStr(key)


def test_a_wrong_setting_of_the_environment_names_its_variable():
    instance = an_instance({}, HANDOFF_CRM_MAIN_LIST_SIZE="many", HANDOFF_CRM_MAIN_CLIENT_SECRET="x")

    assert "[crm.main], from HANDOFF_CRM_MAIN_LIST_SIZE: list_size: input should be a valid integer" in refused(
        instance
    )


def test_a_missing_setting_names_its_variable():
    assert "client_secret is missing. Set it there, or HANDOFF_CRM_MAIN_CLIENT_SECRET in the environment." in refused(
        an_instance({})
    )


def test_all_that_is_wrong_with_an_instance_is_told_at_once():
    assert refused(an_instance({"domian": "x", "list_size": 51})).splitlines() == [
        "The settings of [crm.main] are not complete; nothing was sent.",
        "handoff.toml [crm.main]: list_size: input should be less than or equal to 50.",
        "handoff.toml [crm.main]: client_secret is missing. Set it there, or HANDOFF_CRM_MAIN_CLIENT_SECRET in the "
        "environment.",
        "handoff.toml [crm.main]: domian: unknown setting. Nearest: domain.",
    ]


def test_without_a_file_it_says_what_works_and_what_to_write(tmp_path):
    with pytest.raises(ConfigError, match=r"There is no handoff.toml here.*--sandbox.*docs/configuration.md"):
        read_settings(tmp_path, mappings=None, environment={})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[crm.main\n", "handoff.toml: "),
        ("", r"needs a \[crm.<name>\] section; there is none"),
        (WHOLE + "[crm.MAIN]\n", r"\[crm.MAIN\]: another one has this name but for capitals"),
        ('[crm]\nsystem="salesforce"\n', r"handoff.toml: \[crm.<name>\] must be a section of its own"),
        ('crm = "salesforce"\n', r"handoff.toml: \[crm.<name>\] must be a section of its own"),
        ('[crm.my-crm]\nsystem="salesforce"\n', r"'my-crm' is no name\. Use letters, digits and _"),
        ('[crm."a:b"]\nsystem="salesforce"\n', r"'a:b' is no name"),
        (WHOLE.replace("[crm.main]", "[cmr.main]"), r"handoff.toml: cmr: unknown setting\. Nearest: crm\."),
        (
            WHOLE + '[ledger]\nulr = "sqlite:///x.db"\n',
            r"handoff.toml \[ledger\]: ulr: unknown setting\. Nearest: url\.",
        ),
        ('ledger = "sqlite:///x.db"\n' + WHOLE, r"\[ledger\] must be a section of its own"),
    ],
)
def test_a_file_that_is_not_sound_says_what_to_change(tmp_path, text, said):
    with pytest.raises(ConfigError, match=said):
        settings_in(tmp_path, text)


@pytest.mark.parametrize(
    ("url", "read"),
    [
        ("sqlite:///handoff.db", "sqlite:////srv/bridge/handoff.db"),
        ("sqlite:///../data/handoff.db", "sqlite:////srv/data/handoff.db"),
        ("sqlite+pysqlite:///handoff.db", "sqlite+pysqlite:////srv/bridge/handoff.db"),
        ("sqlite:////var/handoff.db", "sqlite:////var/handoff.db"),
        ("sqlite:///:memory:", "sqlite:///:memory:"),
        ("sqlite://", "sqlite://"),
        ("postgresql://db.example/handoff", "postgresql://db.example/handoff"),
    ],
)
def test_a_relative_sqlite_path_is_relative_to_the_file_and_nothing_else_is_touched(url, read):
    assert beside(url, Path("/srv/bridge")) == read
