"""Pure functions from a data frame to a plotly figure, one module per report."""
