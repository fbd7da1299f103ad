"""The README's map shows the files that exist, its commands are those of the project."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))


def mapped_files():
    """The files on the README's map, with the folder above each."""
    folder = Path()
    for line in README.splitlines():
        words = line.split()
        if line.startswith("      ") and words[0].endswith(".py"):
            yield folder / words[0]
        elif line.startswith("    ") and words[0].endswith("/"):
            folder = Path(words[0])


def test_the_map_shows_every_file():
    packages = ("scripts", "sim", "control", "perception", "planning", "datasets")
    files = {file for name in packages for file in (ROOT / name).rglob("*.py")}
    there = {file.relative_to(ROOT) for file in files if file.name != "__init__.py"}
    assert set(mapped_files()) == there


def test_the_picture_exists_and_loads_quickly():
    picture = ROOT / "docs" / "images" / "window.png"
    assert str(picture.relative_to(ROOT)) in README
    assert picture.stat().st_size < 600_000


def test_the_two_commands_are_there():
    assert "pip install uv && uv run scripts/drive.py" in README
    assert "pip install uv && uv run pytest" in README


def anchors(page):
    """What a link to a heading of the page is called, as on GitHub."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_pages_and_headings_that_exist(page):
    for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        if "://" in link:
            continue
        path, _, heading = link.partition("#")
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), link
        assert not heading or heading in anchors(there), link
