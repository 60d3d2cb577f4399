from pathlib import Path

Path("schema.yaml").write_text("doc:\n  " + "- " * 10_000 + "x\n")
