"""The command line of scripts/drive.py: what it takes, what it writes, how it refuses."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import cv2
import pytest

from scripts.drive import Args, main

ROOT = Path(__file__).parents[2]
NO_DISPLAY = ("DISPLAY", "WAYLAND_DISPLAY")


def drive(*arguments, cwd):
    """Run the script as a user does, on a machine without a screen."""
    return subprocess.run(
        [sys.executable, ROOT / "scripts" / "drive.py", *map(str, arguments)],
        cwd=cwd,
        env={key: value for key, value in os.environ.items() if key not in NO_DISPLAY},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_headless_writes_the_report(tmp_path):
    path = tmp_path / "runs" / "report.json"
    arguments = ["--agent", "idm", "--scenario", "intersection-right", "--seed", 4]
    run = drive(*arguments, "--headless", "--episodes", 2, "--json", path, cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    report = json.loads(path.read_text())
    expected = {"agent": "idm", "scenario": "intersection-right", "weather": "clear", "seed": 4}
    assert {key: report[key] for key in expected} == expected
    assert [episode["seed"] for episode in report["episodes"]] == [4, 5]
    for episode in report["episodes"]:
        assert episode["outcome"] in ("goal", "collision", "off-road", "stuck", "time-out")
        assert episode["duration_s"] > 0
        assert episode["mean_speed"] > 0
        assert episode["at_fault"] in (False, True)
        assert episode["late_ticks"] is None  # nothing is due where nobody watches
    assert list(tmp_path.iterdir()) == [tmp_path / "runs"]  # nothing else is written


def test_without_a_display_it_says_so_in_one_line_and_records_the_window(tmp_path):
    arguments = ["--agent", "constant-speed", "--scenario", "racetrack"]
    run = drive(*arguments, "--screenshot", "s.png", "--screenshot-time", 1, cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    said = run.stdout.splitlines()
    assert said[0].startswith("no display: recording runs/drive.mp4 instead")
    assert said[1] == "racetrack seed 0: driving"
    assert len(said) == 3  # and how the episode ended
    assert "late" not in said[2]
    video = cv2.VideoCapture(str(tmp_path / "runs" / "drive.mp4"))
    ok, frame = video.read()
    assert ok
    assert frame.shape == (720, 1280, 3)
    assert cv2.imread(str(tmp_path / "s.png")).shape == (720, 1280, 3)


def test_ctrl_c_leaves_complete_files(tmp_path):
    arguments = ["--agent", "idm", "--scenario", "intersection-right", "--episodes", "1000"]
    files = ["--video", "v.mp4", "--json", "report.json"]
    # Tests that run in the background ignore Ctrl+C, and so would who is started by them.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    run = subprocess.Popen(
        [sys.executable, ROOT / "scripts" / "drive.py", "--headless", *arguments, *files],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    signal.signal(signal.SIGINT, before)
    begun, first = run.stdout.readline(), run.stdout.readline()
    run.send_signal(signal.SIGINT)
    rest, complaints = run.communicate(timeout=60)
    assert (run.returncode, complaints) == (0, "")
    assert begun == "intersection-right seed 0: driving\n"
    assert first.startswith("intersection-right seed 0: ")
    assert rest.splitlines()[-1] == "stopped"
    assert json.loads((tmp_path / "report.json").read_text())["episodes"][0]["seed"] == 0
    assert cv2.VideoCapture(str(tmp_path / "v.mp4")).read()[0]


@pytest.mark.parametrize(
    ("option", "good"),
    [
        ("scenario", ["highway", "roundabout"]),
        ("agent", ["expert", "idm", "constant-speed"]),
        ("weather", ["clear", "night", "random"]),
        ("shadow", ["expert", "idm", "constant-speed"]),
    ],
)
def test_a_bad_name_lists_the_good_ones(tmp_path, monkeypatch, option, good):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match="'nonsense'") as told:
        main(Args(headless=True, **{option: "nonsense"}))
    assert all(name in str(told.value) for name in good)
    assert not list(tmp_path.iterdir())


def test_a_refusal_is_a_line_and_no_traceback(tmp_path):
    run = drive("--headless", "--agent", "nonsense", cwd=tmp_path)
    assert run.returncode != 0
    assert "Traceback" not in run.stderr
    assert "'nonsense'" in run.stderr
