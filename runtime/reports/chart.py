"""What a report's chart draws, as data for the script of the page."""

from __future__ import annotations

from typing import Any

from runtime.reports.table import Definition, ReportTable

MAX_POINTS = 60
MAX_SERIES = 12


def chart_data(definition: Definition, table: ReportTable) -> dict[str, Any] | None:
    """Labels and series; None when there is nothing that a chart could show.

    With one key the first figure is drawn (all figures, for bars and lines). With two keys the
    second one makes the series.
    """
    lines = table.plain()
    if definition.chart == "none" or not definition.group_by or not lines:
        return None
    if len(definition.group_by) == 1:
        return _one_key(definition, table)
    return _two_keys(definition, table)


def _one_key(definition: Definition, table: ReportTable) -> dict[str, Any]:
    lines = table.plain()[:MAX_POINTS]
    shown = range(1) if definition.chart == "pie" else range(len(table.measures))
    return {
        "type": definition.chart,
        "labels": [line.groups[0] for line in lines],
        "series": [
            {
                "label": table.measures[n],
                "values": [line.figures[n].number for line in lines],
                "texts": [line.figures[n].text for line in lines],
            }
            for n in shown
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
