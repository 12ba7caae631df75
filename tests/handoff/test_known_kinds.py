"""What can be known of a test before a deal is read."""

from pathlib import Path
from shutil import copytree

from handoff.loading import load_mappings
from tests.systems import GAINSIGHT

WHOLE = Path(__file__).parent / "whole_set"


def test_a_test_for_a_value_that_the_table_never_gives_is_told_and_is_no_mistake(tmp_path: Path):
    folder = Path(copytree(WHOLE, tmp_path / "mappings"))
    contract, source = folder / "handoff.yml", folder / "sources" / "salesforce.yml"
    source.write_text(
        source.read_text().replace("fields:\n", "fields:\n  tone: {from: Tone__c, values: {Warm: warm}}\n", 1)
    )
    tested = contract.read_text().replace("{field: arr, at_least: 80000}", "{field: tone, is: cold}")
    contract.write_text(tested)

    told = [
        words for words in load_mappings(folder, crm="salesforce", platform=GAINSIGHT).notices if "never holds" in words
    ]

    assert told == [
        "handoff.yml:25:14: conditions -> big_deal -> 0: the source never gives tone the value cold, so this never "
        "holds for it."
    ]
