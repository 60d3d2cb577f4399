from pathlib import Path

Path("schema.yaml").write_text("""\
ringc: 1
package: md
targets: [x86_64]
doc: "escaped \\x1b[31m and \\u202e are text, and neutral in C"
messages:
  "tick\\e[31m": {fields: [{name: a, type: u8}]}
  "ti\\u202eck": {fields: [{name: a, type: u8}]}
  ti‮ck: {fields: [{name: a, type: u8}]}
channels:
  c: {message: "\\x07", capacity: "\\n", producers: "si\\u2066ngle", consumers: single}
""", encoding="utf-8")
