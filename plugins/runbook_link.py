"""A *Runbook* button on every task, and the page that it opens: `docs/runbook.md`. `pact_pages` serves it."""

from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar

from airflow.plugins_manager import AirflowPlugin
from airflow.sdk import BaseOperatorLink

RUNBOOK = Path(__file__).resolve().parent.parent / "docs" / "runbook.md"
PREFIX = "/pact"

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>PACT runbook</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem }}
h2 {{ border-bottom: 1px solid #bbb }} :target {{ background: #fff3bf }} code {{ background: #f1f1f1 }}
</style></head><body><main>{body}</main></body></html>"""


def anchor_of(heading: str) -> str:
    """The id of a heading, made as code hosts make it: `county_night: collect` is `county_night-collect`."""
    kept = (c for c in heading.strip().lower() if c.isalnum() or c in "-_ ")
    return "".join(kept).replace(" ", "-")


@lru_cache(maxsize=1)
def anchors() -> frozenset[str]:
    """Every heading there is."""
    lines = RUNBOOK.read_text(encoding="utf-8").splitlines()
    return frozenset(anchor_of(line.lstrip("#")) for line in lines if line.startswith("##"))


def anchor_for(dag_id: str, task_id: str) -> str:
    """The heading for a task, or its DAG's where the task has none of its own."""
    own = anchor_of(f"{dag_id}: {task_id.rsplit('.', 1)[-1]}")
    return own if own in anchors() else anchor_of(dag_id)


def render_runbook() -> str:
    """The runbook as a page whose headings can be linked to."""
    from markdown_it import MarkdownIt

    markdown = MarkdownIt("commonmark").enable("table")
    tokens = markdown.parse(RUNBOOK.read_text(encoding="utf-8"))
    for opening, text in pairwise(tokens):
        if opening.type == "heading_open":
            opening.attrSet("id", anchor_of(text.content))
    return PAGE.format(body=markdown.renderer.render(tokens, markdown.options, {}))


class RunbookLink(BaseOperatorLink):
    """The button."""

    name = "Runbook"

    def get_link(self, operator: Any, *, ti_key: Any) -> str:
        """Where the button leads."""
        return f"{PREFIX}/runbook#{anchor_for(ti_key.dag_id, ti_key.task_id)}"


class RunbookPlugin(AirflowPlugin):
    """What Airflow loads."""

    name = "pact_runbook"
    global_operator_extra_links: ClassVar = [RunbookLink()]
