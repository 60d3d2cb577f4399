from pathlib import Path

Path("schema.yaml").write_text(f"ringc: 1\npackage: md\n{'k' * 2000}: 1\n")
