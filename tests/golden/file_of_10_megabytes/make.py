from pathlib import Path

Path("schema.yaml").write_text("# comment\n" * 1_000_000)
