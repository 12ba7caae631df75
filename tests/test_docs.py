"""Words and code stay together: whatever can be written or happens is named in the documentation."""

import re
from pathlib import Path

import pytest

import connectors
from connectors._system import SWITCH, System, extra
from handoff import errors
from handoff.findings import What
from handoff.model import Result

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = (ROOT / "docs/reference.md").read_text(encoding="utf-8")
UNKNOWNS = (ROOT / "docs/vendor-unknowns.md").read_text(encoding="utf-8")
CONFIGURATION = (ROOT / "docs/configuration.md").read_text(encoding="utf-8")
GROUPS = (errors.HandoffError, errors.ServiceError)


def test_every_outcome_of_a_step_is_in_the_reference():
    assert [result.value for result in Result if f"`{result.value}`" not in REFERENCE] == []


def test_every_error_is_in_the_reference():
    leaves = [
        kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.HandoffError)
    ]
    named = [kind.__name__ for kind in leaves if kind not in GROUPS]

    assert len(named) == 10
    assert [name for name in named if f"`{name}`" not in REFERENCE] == []


def settings_of(system: System, *, switches: bool) -> list[str]:
    names = [name for name in system.settings.model_fields if name != "system"]
    return [name for name in names if bool(extra(system.settings, name, SWITCH)) is switches]


@pytest.mark.parametrize("system", connectors.systems().values(), ids=lambda system: system.name)
def test_every_open_question_of_a_vendor_is_listed_with_its_default(system):
    assert [name for name in settings_of(system, switches=True) if f"`{name}`" not in UNKNOWNS] == []


@pytest.mark.parametrize("system", connectors.systems().values(), ids=lambda system: system.name)
def test_every_setting_of_an_instance_is_documented(system):
    assert [name for name in settings_of(system, switches=False) if f"`{name}`" not in CONFIGURATION] == []


def test_every_finding_of_a_reconciliation_is_explained():
    page = (ROOT / "docs/reconcile.md").read_text(encoding="utf-8")

    assert [what.value for what in What if f"| `{what.value}` |" not in page] == []
    assert [what.value for what in What if f"`{what.value}`" not in REFERENCE] == []


def test_every_connector_is_named_in_the_configuration():
    assert [name for _, name in connectors.systems() if f'system = "{name}"' not in CONFIGURATION] == []


def test_every_link_of_the_documentation_leads_somewhere():
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")]
    broken = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in pages
        for target in re.findall(r"\]\(([^)#]+)", page.read_text(encoding="utf-8"))
        if not target.startswith("http") and not (page.parent / target).exists()
    ]

    assert broken == []


def test_no_tracked_text_names_a_registry_or_a_folder_of_a_machine():
    forbidden = re.compile(
        "|".join(("python" + "hosted", r"pypi" + r"\.org", r"npmjs" + r"\.org", "/" + "root/", "/" + "work/"))
    )
    skipped = {".venv", ".git", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis"}
    texts = [
        path
        for path in ROOT.rglob("*")
        if path.is_file()
        and path.suffix in {".py", ".md", ".yml", ".yaml", ".toml", ".lock", ".j2", ""}
        and not skipped & set(path.relative_to(ROOT).parts)
    ]

    assert [str(p) for p in texts if forbidden.search(p.read_text(encoding="utf-8", errors="replace"))] == []


def test_every_link_into_a_page_leads_to_one_of_its_titles():
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    broken = [
        f"{page.relative_to(ROOT)}: {target}#{anchor}"
        for page in pages
        for target, anchor in re.findall(r"\]\(([^)#:]*)#([^)]+)\)", page.read_text(encoding="utf-8"))
        if anchor not in _anchors(page.parent / target if target else page)
    ]

    assert broken == []


def _anchors(page):
    titles = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}
