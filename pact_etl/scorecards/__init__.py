"""A district's monthly scorecard: figures from counts, advice by rule, charts from one declarative spec, one PDF.

`figures` and `advice` are pure; `charts` makes Vega-Lite specs that the page, the report and the PDF share; `drawing`
and `typesetting` turn them into bytes. Reads no database and decides about no child.
"""
