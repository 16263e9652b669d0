"""The analytics API: data sets of the warehouse, each user their own rows."""
