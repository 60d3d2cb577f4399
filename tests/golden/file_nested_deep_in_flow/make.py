from pathlib import Path

Path("schema.yaml").write_text("ringc: 1\ndoc: " + "[" * 100_000 + "\n")
