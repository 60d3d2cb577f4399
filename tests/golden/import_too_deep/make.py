from pathlib import Path

for number in range(80):
    name = "schema" if number == 0 else f"s{number}"
    Path(f"{name}.yaml").write_text(f"ringc: 1\npackage: p{number}\ntargets: [x86_64]\nimports: [s{number + 1}.yaml]\n")
