from pathlib import Path

doc = "market data " * 20_000
Path("schema.yaml").write_text(f"ringc: 1\npackage: md\ntargets: [x86_64]\ndefaults: {{doc: '{doc}', wait: spinn, tune: latency}}\n")
