from pathlib import Path

Path("schema.yaml").write_text("".join(" " * depth + "a:\n" for depth in range(1000)))
