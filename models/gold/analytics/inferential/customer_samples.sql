-- grain: one row per question, group and customer
-- What the tests compare: sums per customer, because what one customer does twice is not two customers.
{{ config(materialized='view') }}

with profiles as (
    select * from {{ ref('purchase_profiles') }}
),

patterns as (
    select
        customer_id,
        sum(fraud_count) as fraud_count,
        sum(case when channel in ('Online', 'Mobile') then fraud_count else 0 end) as online_fraud_count,
        sum(case when is_night then fraud_count else 0 end) as night_fraud_count,
        sum(risky_merchant_fraud_count) as risky_fraud_count,
        sum(purchase_count) as genuine_count,
        sum(case when channel in ('Online', 'Mobile') then purchase_count else 0 end) as online_genuine_count,
        sum(case when is_night then purchase_count else 0 end) as night_genuine_count,
        sum(risky_merchant_count) as risky_genuine_count
    from profiles
    where channel <> 'ATM'
    group by customer_id
),

outcomes as (
    select * from {{ ref('campaign_outcomes') }}
),

subjects as (
    select 'all' as subject
    union all
    select 'one' as subject
),

as_of as (
    select
        as_of_date,
        {{ dbt.dateadd('day', 1, 'as_of_date') }} as day_after
    from {{ ref('as_of_date') }}
),

contacts as (
    select interactions.*
    from {{ ref('fact_customer_interactions') }} as interactions
    inner join as_of
        on interactions.interaction_at < as_of.day_after
    where interactions.campaign_id is null
),

payments as (
    select
        payments.customer_id,
        customers.credit_score_band,
        payments.is_late
    from {{ ref('fact_loan_payments') }} as payments
    inner join {{ ref('dim_customer_private') }} as customers
        on payments.customer_key = customers.customer_key
    inner join as_of
        on payments.scheduled_date <= as_of.as_of_date
),

-- what has decimals is summed before it becomes a floating-point number, so that no order of rows shows
samples as (
    select
        'purchase_amount_by_segment' as question,
        customer_segment as group_name,
        customer_id,
        {{ as_float('sum(purchase_count)') }} as observations,
        {{ as_float('sum(purchase_amount)') }} as total,
        {{ as_float('sum(purchase_amount_squares)') }} as squares
    from profiles
    where channel <> 'ATM' and customer_segment <> 'Unknown'
    group by customer_segment, customer_id
    union all
    select
        'purchase_amount_at_weekends' as question,
        case when is_weekend then 'Weekend' else 'Weekday' end as group_name,
        customer_id,
        sum(purchase_count) as observations,
        {{ as_float('sum(log_amount)') }} as total,
        {{ as_float('sum(log_amount_squares)') }} as squares
    from profiles
    where channel <> 'ATM'
    group by is_weekend, customer_id
    union all
    select
        'decline_share_by_channel' as question,
        channel as group_name,
        customer_id,
        purchase_count as observations,
        stopped_count as total,
        stopped_count as squares
    from profiles
    union all
    select
        'decline_share_at_night' as question,
        case when is_night then 'Night' else 'Day' end as group_name,
        customer_id,
        purchase_count as observations,
        stopped_count as total,
        stopped_count as squares
    from profiles
    union all
    select
        'fraud_share_by_channel' as question,
        channel as group_name,
        customer_id,
        purchase_count + fraud_count as observations,
        fraud_count as total,
        fraud_count as squares
    from profiles
    where channel <> 'ATM'
    union all
    select
        'fraud_online' as question,
        'Fraud' as group_name,
        customer_id,
        fraud_count as observations,
        online_fraud_count as total,
        online_fraud_count as squares
    from patterns
    union all
    select
        'fraud_online' as question,
        'Genuine' as group_name,
        customer_id,
        genuine_count as observations,
        online_genuine_count as total,
        online_genuine_count as squares
    from patterns
    union all
    select
        'fraud_at_night' as question,
        'Fraud' as group_name,
        customer_id,
        fraud_count as observations,
        night_fraud_count as total,
        night_fraud_count as squares
    from patterns
    union all
    select
        'fraud_at_night' as question,
        'Genuine' as group_name,
        customer_id,
        genuine_count as observations,
        night_genuine_count as total,
        night_genuine_count as squares
    from patterns
    union all
    select
        'fraud_at_risky_merchants' as question,
        'Fraud' as group_name,
        customer_id,
        fraud_count as observations,
        risky_fraud_count as total,
        risky_fraud_count as squares
    from patterns
    union all
    select
        'fraud_at_risky_merchants' as question,
        'Genuine' as group_name,
        customer_id,
        genuine_count as observations,
        risky_genuine_count as total,
        risky_genuine_count as squares
    from patterns
    union all
    select
        'satisfaction_by_resolution' as question,
        case when is_resolved then 'Resolved' else 'Not resolved' end as group_name,
        customer_id,
        1 as observations,
        satisfaction_rating as total,
        satisfaction_rating * satisfaction_rating as squares
    from contacts
    where satisfaction_rating is not null
    union all
    select
        'sentiment_of_rated_contacts' as question,
        case when satisfaction_rating is null then 'Not rated' else 'Rated' end as group_name,
        customer_id,
        count(*) as observations,
        {{ as_float('sum(sentiment_score)') }} as total,
        {{ as_float('sum(sentiment_score * sentiment_score)') }} as squares
    from contacts
    where sentiment_score is not null
    group by case when satisfaction_rating is null then 'Not rated' else 'Rated' end, customer_id
    union all
    select
        'late_payment_by_credit_band' as question,
        credit_score_band as group_name,
        customer_id,
        1 as observations,
        cast(is_late as integer) as total,
        cast(is_late as integer) as squares
    from payments
    where credit_score_band <> 'Unknown'
    union all
    select
        'churn_after_bad_service' as question,
        case when has_bad_service then 'Bad service' else 'Other' end as group_name,
        customer_id,
        {{ as_float('sum(exposure_months)') }} as observations,
        sum(cast(has_left as integer)) as total,
        sum(cast(has_left as integer)) as squares
    from {{ ref('churn_exposure') }}
    group by has_bad_service, customer_id
    union all
    select
        'purchases_before_campaign' as question,
        campaign_group as group_name,
        customer_id,
        1 as observations,
        before_count as total,
        before_count * before_count as squares
    from outcomes
    where campaign_group in ('treated', 'control')
    union all
    select
        case
            when subjects.subject = 'all' then 'purchases_after_campaign'
            else concat('purchases_after_campaign_', outcomes.campaign_id)
        end as question,
        outcomes.campaign_group as group_name,
        outcomes.customer_id,
        1 as observations,
        outcomes.after_count as total,
        outcomes.after_count * outcomes.after_count as squares
    from outcomes
    cross join subjects
    where outcomes.campaign_group in ('treated', 'control')
)

select
    question,
    group_name,
    customer_id,
    sum(observations) as observations,
    sum(total) as total,
    sum(squares) as squares
from samples
where observations > 0
group by question, group_name, customer_id
