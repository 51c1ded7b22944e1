from __future__ import annotations

import json
from pathlib import Path

from tests.helpers import BAD, lint


def test_a_plan_has_three_formats(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(BAD)
    assert "read_parquet" in lint(tmp_path, "plan", "a.py").stdout
    assert json.loads(lint(tmp_path, "plan", "a.py", "--format", "json").stdout)["pipelines"]
    assert lint(tmp_path, "plan", "a.py", "--format", "mermaid").stdout.startswith("flowchart")
