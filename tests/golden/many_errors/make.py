from pathlib import Path

lines = [f"  c{number}: {{message: gone, capacity: 5, producers: singel, consumers: single}}" for number in range(100)]
Path("schema.yaml").write_text("ringc: 1\npackage: md\ntargets: [x86_64]\nchannels:\n" + "\n".join(lines) + "\n")
