-- grain: one row per delivered row of bronze.marketing_campaigns

{% set columns = [
    'campaign_id', 'campaign_name', 'campaign_type', 'start_date',
    'end_date', 'target_segment', 'budget', 'impressions',
    'clicks', 'conversions', 'cost_per_acquisition', 'roi',
    'product_promoted', 'created_at', 'updated_at'
] %}

with delivered as (
    {{ new_deliveries('marketing_campaigns') }}
),

typed as (
    select
        {{ delivery_columns() }},
        {{ clean_integer('campaign_id') }} as campaign_id,
        {{ clean_text('campaign_name') }} as campaign_name,
        {{ clean_text('campaign_type') }} as campaign_type,
        {{ clean_date('start_date') }} as start_date,
        {{ clean_date('end_date') }} as end_date,
        {{ clean_text('target_segment') }} as target_segment,
        {{ clean_numeric('budget') }} as budget,
        {{ clean_integer('impressions') }} as impressions,
        {{ clean_integer('clicks') }} as clicks,
        {{ clean_integer('conversions') }} as conversions,
        {{ clean_numeric('cost_per_acquisition') }} as cost_per_acquisition,
        {{ clean_numeric('roi') }} as roi,
        {{ clean_text('product_promoted') }} as product_promoted,
        {{ clean_timestamp('created_at') }} as created_at,
        coalesce({{ clean_timestamp('updated_at') }}, {{ clean_timestamp('created_at') }}) as updated_at,
        {{ evaluate_once() }} as is_typed
    from delivered
),

checked as (
    select
        *,
        case
            when campaign_id is null then 'missing_id'
            when start_date is null then 'unreadable_date'
            when end_date < start_date or budget < 0 then 'impossible_value'
        end as row_defect,
        {{ evaluate_once() }} as is_checked
    from typed
),

candidates as (
    {{ with_known_deliveries('checked', columns, 'campaign_id') }}
),

resolved as (
    select
        *,
        row_defect as quarantine_reason
    from candidates
),

{{ verdicts('resolved', columns, 'campaign_id') }}

select * from final
