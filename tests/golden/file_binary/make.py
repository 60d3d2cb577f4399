from pathlib import Path

Path("schema.yaml").write_bytes(b"\x7fELF\x02\x01\x01" + bytes(57))
