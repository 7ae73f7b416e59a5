"""How Sphinx builds the site from the pages that ``tools.site`` lays out.

The site asks no other address for anything: fonts, icons, search and formulas are its
own files.
"""

import warnings
from pathlib import Path

from sphinx.application import Sphinx

from skelseg_core import __version__

project = "skelseg"
author = "the authors of skelseg"
release = version = __version__
extensions = ["myst_parser", "numpydoc", "sphinx.ext.autodoc"]
nitpicky = True
# Types of Python and numpy have no page here.
nitpick_ignore_regex = [("py:.*", ".*")]

myst_heading_anchors = 3
autodoc_typehints_format = "short"
numpydoc_show_class_members = False

html_theme = "pydata_sphinx_theme"
html_title = f"skelseg {release}"
html_show_copyright = False
html_show_sourcelink = False
html_copy_source = False
exclude_patterns = ["readme.md"]
html_theme_options = {
    "navbar_end": ["theme-switcher"],
    "navbar_align": "left",
    "header_links_before_dropdown": 7,
    "show_nav_level": 1,
    "show_prev_next": True,
    "footer_start": [],
    "footer_end": [],
}
html_search_scorer = str(Path(__file__).with_name("search.js"))
html_use_index = False
html_context = {"default_mode": "auto"}
# Pages of the help have the sizes of headings that suit the window.
suppress_warnings = ["myst.header"]


# Numpydoc looks at a signature before they are turned into parameters.
warnings.filterwarnings("ignore", "Unknown section Choices")


def _choices_are_parameters(
    app: Sphinx, what: str, name: str, thing: object, options: object, lines: list[str]
) -> None:
    """Turn the choices of a task into parameters, which numpydoc knows."""
    if "Choices" not in lines:
        return
    at = lines.index("Choices")
    said = [line.partition(" : ") for line in lines[at + 2 :]]
    lines[at:] = ["Other Parameters", "----------------"]
    for word, _, text in said:
        lines += [word, f"    {text}".replace("*", r"\*").rstrip()]


def setup(app: Sphinx) -> None:
    """Listen before numpydoc does."""
    app.connect("autodoc-process-docstring", _choices_are_parameters, priority=400)
