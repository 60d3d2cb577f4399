from pathlib import Path

Path("../stdin").write_text("# comment\n" * 1_000_000)
