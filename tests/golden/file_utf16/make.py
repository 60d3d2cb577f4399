from pathlib import Path

Path("schema.yaml").write_bytes("ringc: 1\npackage: md\n".encode("utf-16"))
