from pathlib import Path

Path("schema.yaml").write_bytes(b"ringc: 1\npackage: m\0d\ntargets: [x86_64]\n")
