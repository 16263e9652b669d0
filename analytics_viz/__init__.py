"""Reports: what the gold layer says, as self-contained HTML pages.

`queries/` holds the SQL, `charts/` pure functions from a data frame to a figure (a dashboard can
use them too), `theme` and `formats` the looks, `kpi` the key figures, `page` the HTML, `report`
what a numbered script needs to be a report.

A new report is a module in `queries/`, one in `charts/` and a script `NN_name.py` with a `REPORT`;
`run_all_viz.py` finds it.
"""
