from pathlib import Path

Path("schema.yaml").write_bytes(b"ringc: 1\ndoc: a\xed\xa0\x80b\n")
