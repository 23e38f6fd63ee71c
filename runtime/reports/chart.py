"""What a report's chart draws, as data for the script of the page."""

from __future__ import annotations

from typing import Any

from runtime.reports.table import Definition, ReportTable

MAX_POINTS = 60
MAX_SERIES = 12


def chart_data(definition: Definition, table: ReportTable) -> dict[str, Any] | None:
    """Labels and series; None when there is nothing that a chart could show.

    The first figure is drawn: others may be of another size. A second key makes the series.
    """
    lines = table.plain()
    if definition.chart == "none" or not definition.group_by or not lines:
        return None
    if len(definition.group_by) == 1:
        return _one_key(definition, table)
    return _two_keys(definition, table)


def _one_key(definition: Definition, table: ReportTable) -> dict[str, Any]:
    lines = table.plain()[:MAX_POINTS]
    return {
        "type": definition.chart,
        "labels": [line.groups[0] for line in lines],
        "series": [
            {
                "label": table.measures[0],
                "values": [line.figures[0].number for line in lines],
                "texts": [line.figures[0].text for line in lines],
            }
        ],
    }


def _two_keys(definition: Definition, table: ReportTable) -> dict[str, Any]:
    lines = table.plain()
    labels = list(dict.fromkeys(line.groups[0] for line in lines))[:MAX_POINTS]
    names = list(dict.fromkeys(line.groups[1] for line in lines))[:MAX_SERIES]
    found = {line.groups: line.figures[0] for line in lines}
    series = []
    for name in names:
        figures = [found.get((label, name)) for label in labels]
        series.append(
            {
                "label": name,
                "values": [figure.number if figure else None for figure in figures],
                "texts": [figure.text if figure else "" for figure in figures],
            }
        )
    kind = "bar" if definition.chart == "pie" else definition.chart
    return {"type": kind, "labels": labels, "series": series, "stacked": kind == "bar"}
