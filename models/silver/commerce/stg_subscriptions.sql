-- grain: one row per membership of the marketplace: its latest usable version

select
    subscription_id,
    customer_id,
    plan_name,
    billing_period,
    price_amount,
    round(case billing_period when 'annual' then price_amount / 12.0 else price_amount end, 2) as monthly_amount,
    start_date,
    end_date,
    subscription_status,
    cancellation_reason,
    is_auto_renewed,
    created_at,
    updated_at,
    _batch_id,
    _batch_date,
    _build_id
from {{ kept(ref('base_subscription_data')) }}
