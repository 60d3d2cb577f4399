"""Wide copies of what may be overwritten: which builds of a committed header have them. A sanitizer or a checker must see each access."""

import platform
import re
import shutil
import subprocess
from pathlib import Path

import pytest

GENERATED = Path(__file__).resolve().parents[2] / "generated"
PROGRAM = """
#include "bc/single_overwrite_wide.h"
ringc_status publish(bc_single_overwrite_wide_producer *p, const bc_wide *m) { return bc_single_overwrite_wide_try_publish(p, m); }
ringc_status receive(bc_single_overwrite_wide_subscriber *s, bc_wide *m) { return bc_single_overwrite_wide_try_recv(s, m); }
"""
NONE: set[str] = set()
BUILDS = [
    ([], {"xmm"}), (["-mavx"], {"ymm"}), (["-DRINGC_TARGET_GENERIC"], NONE), (["-fsanitize=thread"], NONE), (["-fsanitize=address"], NONE),
]


@pytest.mark.skipif(platform.machine() != "x86_64", reason="only x86_64 has them")
@pytest.mark.parametrize("compiler", [name for name in ("gcc", "clang") if shutil.which(name)])
@pytest.mark.parametrize("flags, registers", BUILDS, ids=[" ".join(flags) or "plain" for flags, _ in BUILDS])
def test_rows_are_copied_only_where_nobody_has_to_see_each_word(tmp_path, compiler, flags, registers):
    (tmp_path / "wide.c").write_text(PROGRAM)
    command = [compiler, "-std=c11", "-O2", "-w", *flags, f"-I{GENERATED}", "-S", "-o", "-", "wide.c"]
    text = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    inline = "\n".join(re.findall(r"#APP\n(.*?)#NO_APP", text, flags=re.S))
    assert set(re.findall(r"v?movups[^\n]*%([xy]mm)\d", inline)) == registers
