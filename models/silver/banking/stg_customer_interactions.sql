-- grain: one row per interaction: its latest usable version

select
    interaction_id,
    customer_id,
    interaction_at,
    interaction_type,
    reason,
    campaign_id,
    campaign_group,
    duration_minutes,
    sentiment_score,
    satisfaction_rating,
    is_resolved,
    is_escalated,
    agent_id,
    notes,
    created_at,
    updated_at,
    _batch_id,
    _batch_date,
    _build_id
from {{ kept(ref('base_customer_interactions')) }}
