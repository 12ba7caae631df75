"""Writes docs/mistakes.md."""

from tests.mistakes.page import page
from tests.mistakes.table import ROOT

(ROOT / "docs" / "mistakes.md").write_text(page(), encoding="utf-8")
