from pathlib import Path

Path("schema.yaml").write_text("ringc: 1\npackage: md\ndoc: one\u2028two\n", encoding="utf-8")
