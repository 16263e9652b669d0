-- grain: one row per indicator date: its latest usable version

select
    indicator_date,
    gdp_growth_rate,
    unemployment_rate,
    inflation_rate,
    federal_funds_rate,
    sp500_index,
    vix_index,
    consumer_confidence_index,
    housing_price_index,
    treasury_yield_10yr,
    mortgage_rate_30yr,
    created_at,
    updated_at,
    _batch_id,
    _batch_date,
    _build_id
from {{ kept(ref('base_economic_indicators')) }}
