from pathlib import Path

Path("schema.yaml").write_text(f"ringc: 1\npackage: {'p' * 1000}\ntargets: [x86_64]\n{'k' * 100_000}: 1\n")
