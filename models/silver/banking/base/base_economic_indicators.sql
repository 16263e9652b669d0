-- grain: one row per delivered row of bronze.economic_indicators

{% set columns = [
    'indicator_date', 'gdp_growth_rate', 'unemployment_rate', 'inflation_rate',
    'federal_funds_rate', 'sp500_index', 'vix_index', 'consumer_confidence_index',
    'housing_price_index', 'treasury_yield_10yr', 'mortgage_rate_30yr', 'created_at',
    'updated_at'
] %}

with delivered as (
    {{ new_deliveries('economic_indicators') }}
),

typed as (
    select
        {{ delivery_columns() }},
        {{ clean_date('"date"') }} as indicator_date,
        {{ clean_numeric('gdp_growth_rate') }} as gdp_growth_rate,
        {{ clean_numeric('unemployment_rate') }} as unemployment_rate,
        {{ clean_numeric('inflation_rate') }} as inflation_rate,
        {{ clean_numeric('federal_funds_rate') }} as federal_funds_rate,
        {{ clean_numeric('sp500_index') }} as sp500_index,
        {{ clean_numeric('vix_index') }} as vix_index,
        {{ clean_numeric('consumer_confidence_index') }} as consumer_confidence_index,
        {{ clean_numeric('housing_price_index') }} as housing_price_index,
        {{ clean_numeric('"10yr_treasury_yield"') }} as treasury_yield_10yr,
        {{ clean_numeric('mortgage_rate_30yr') }} as mortgage_rate_30yr,
        {{ clean_timestamp('created_at') }} as created_at,
        coalesce({{ clean_timestamp('updated_at') }}, {{ clean_timestamp('created_at') }}) as updated_at,
        {{ evaluate_once() }} as is_typed
    from delivered
),

checked as (
    select
        *,
        case
            when indicator_date is null then 'unreadable_date'
        end as row_defect,
        {{ evaluate_once() }} as is_checked
    from typed
),

candidates as (
    {{ with_known_deliveries('checked', columns, 'indicator_date') }}
),

resolved as (
    select
        *,
        row_defect as quarantine_reason
    from candidates
),

{{ verdicts('resolved', columns, 'indicator_date') }}

select * from final
