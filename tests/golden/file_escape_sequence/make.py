from pathlib import Path

Path("schema.yaml").write_bytes(b"ringc: 1\npackage: md\ndoc: \x1b[31mred\x1b[0m\n")
