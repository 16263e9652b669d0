-- grain: one row per campaign: its latest usable version

select
    campaign_id,
    campaign_name,
    campaign_type,
    start_date,
    end_date,
    target_segment,
    budget,
    impressions,
    clicks,
    conversions,
    cost_per_acquisition,
    roi,
    product_promoted,
    created_at,
    updated_at,
    _batch_id,
    _batch_date,
    _build_id
from {{ kept(ref('base_marketing_campaigns')) }}
