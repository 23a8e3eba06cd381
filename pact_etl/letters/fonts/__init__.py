"""The fonts that letters are set in, shipped with the package. README.md says where each comes from."""

from pathlib import Path

FONTS = Path(__file__).parent

FAMILIES = (
    "Noto Sans",
    "Noto Naskh Arabic",
    "Noto Sans Gurmukhi",
    "Noto Sans CJK SC",
    "Noto Sans CJK TC",
)
"""In the order in which a character is looked for; a language's own family comes before the others."""
