from pathlib import Path

Path("server.yaml").write_text("ringc_profile: 1\nrules: " + "[" * 100_000)
