from pathlib import Path

Path("schema.yaml").write_bytes(b"ringc: 1\npackage: md\ndoc: caf\xe9 au lait\ntargets: [x86_64]\n")
