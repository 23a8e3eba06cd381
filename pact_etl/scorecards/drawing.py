"""A chart's declarative spec (Vega-Lite) to SVG, offline, in our own font. Knows no figure.

The engine is built into the wheel; it is denied every address, so that a spec cannot fetch anything.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import vl_convert

LANGUAGE_VERSION = "6.4"
"""Of Vega-Lite. The wheel brings several; naming one keeps a chart's bytes through an update."""


def draw(spec: Mapping[str, Any], fonts: Path) -> str:
    """The chart as SVG; the same spec gives the same text.

    Args:
        spec: a Vega-Lite spec that carries its data.
        fonts: folder of the font files; text is measured by them.
    """
    _register(fonts)
    svg: str = vl_convert.vegalite_to_svg(
        dict(spec), vl_version=LANGUAGE_VERSION, allowed_base_urls=[]
    )
    return svg


@cache
def _register(fonts: Path) -> None:
    vl_convert.register_font_directory(str(fonts))
