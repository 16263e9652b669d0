"""Fits the models behind `gold.predictive_analytics` and `gold.transaction_fraud_scores`.

``python -m training`` reads the warehouse as it was on past days, through the very SQL that scores
it today, fits on the earlier days, judges on later ones and writes `seeds/models/trained_*.csv`.
`dbt build` needs only those files. See docs/decisions/0013.
"""
