"""Figures as SVG text to put into a page."""

from __future__ import annotations

import io

from matplotlib.figure import Figure


def as_svg(figure: Figure) -> str:
    """The SVG element alone, the same text for the same plot."""
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None})
    text = buffer.getvalue()
    return text[text.index("<svg") :]
