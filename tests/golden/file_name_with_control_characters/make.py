from pathlib import Path

Path("a\x1b[31m\nb.yaml").write_text("ringc: 2\n")
