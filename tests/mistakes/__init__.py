"""The mistakes that the tests make in good mapping files; `python -m tests.mistakes` lists them in the docs."""

from tests.mistakes import contract, files, people, source, target, templates, yaml_as_such
from tests.mistakes.table import Mistake

FAMILIES: dict[str, tuple[Mistake, ...]] = {
    "YAML as such": yaml_as_such.MISTAKES,
    "handoff.yml": contract.MISTAKES,
    "people.yml and named accounts": people.MISTAKES,
    "sources/salesforce.yml": source.MISTAKES,
    "targets/gainsight.yml": target.MISTAKES,
    "Templates": templates.MISTAKES,
    "Whole files, several at once, and the shipped files": files.MISTAKES,
}
MISTAKES = tuple(mistake for family in FAMILIES.values() for mistake in family)
