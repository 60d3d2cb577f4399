"""The program that measures the compiler works, and its schemas are what it says. It judges no times: machines differ."""

from __future__ import annotations

import json
import os
import runpy
import subprocess
import sys

import pytest

from generator import driver
from generator.diagnostics import Diagnostics
from support_backend import ROOT

MEASURE = ROOT / "bench/compiler/measure.py"


@pytest.mark.parametrize("channels", [1, 7, 25])
def test_a_schema_has_as_many_channels_as_asked_for_and_all_can_be_generated(tmp_path, channels):
    (tmp_path / "s.yaml").write_text(runpy.run_path(str(MEASURE))["schema"](channels))
    diagnostics, request = Diagnostics(), driver.Request((str(tmp_path / "s.yaml"),))
    (schema,) = driver.front(request, diagnostics)
    assert len(schema.channels) == channels and driver.back([schema], request, diagnostics) and diagnostics.render() == ""


def test_it_prints_a_table_and_writes_the_figures_of_every_run(tmp_path):
    command = [sys.executable, MEASURE, "--channels", "1", "2", "--rounds", "1", "-o", tmp_path / "figures.json"]
    environment = {**os.environ, "RINGC_PYTHON": sys.executable}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    figures = json.loads((tmp_path / "figures.json").read_text())
    runs = {(run["channels"], run["run"]): run for run in figures["runs"]}
    assert len(runs) == 10 and all(run["cpu"] > 0 and run["memory"] > 1 << 20 for run in runs.values())
    assert done.stdout.count("\n| 2 |") == 5 and "Each channel more, warm: " in done.stdout
