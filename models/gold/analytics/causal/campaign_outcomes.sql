-- grain: one row per campaign and customer of the bank when it began, contacted or not
-- Thirty days are compared, from the contact on (from the start of the campaign for those not contacted),
-- so a campaign appears once these days are over for everybody.
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    pre_hook="{{ delete_touched_customers([
        ref('fact_transactions'), ref('fact_customer_interactions'), ref('dim_customer_private')
    ]) }}"
) }}

with transactions as (
    select * from {{ ref('fact_transactions') }}
),

versions as (
    select * from {{ ref('dim_customer_private') }}
),

as_of as (
    select as_of_date from {{ ref('as_of_date') }}
),

{% if is_incremental() -%}
touched as (
    {{ touched_customers([
        ref('fact_transactions'), ref('fact_customer_interactions'), ref('dim_customer_private')
    ]) }}
),

built as (
    select distinct known.campaign_id from {{ this }} as known
),
{%- endif %}

contacts as (
    select
        campaign_id,
        customer_id,
        max(campaign_group) as campaign_group,
        min(interaction_at) as contacted_at
    from {{ ref('fact_customer_interactions') }}
    where campaign_id is not null
    group by campaign_id, customer_id
),

last_contacts as (
    select
        campaign_id,
        max(contacted_at) as last_contacted_at
    from contacts
    group by campaign_id
),

campaigns as (
    select
        campaigns.campaign_id,
        campaigns.campaign_name,
        cast(campaigns.start_date as {{ dbt.type_timestamp() }}) as started_at
    from {{ ref('stg_marketing_campaigns') }} as campaigns
    inner join last_contacts
        on campaigns.campaign_id = last_contacts.campaign_id
    inner join as_of
        on {{ dbt.dateadd('day', 30, 'last_contacts.last_contacted_at') }} <= as_of.as_of_date
),

lives as (
    select
        customer_id,
        min(signup_date) as signup_date
    from versions
    group by customer_id
),

people as (
    select
        campaigns.campaign_id,
        campaigns.campaign_name,
        lives.customer_id,
        coalesce(contacts.campaign_group, 'not contacted') as campaign_group,
        coalesce(contacts.contacted_at, campaigns.started_at) as compared_at
    from campaigns
    inner join lives
        on campaigns.started_at > lives.signup_date
    left join contacts
        on campaigns.campaign_id = contacts.campaign_id and lives.customer_id = contacts.customer_id
    {%- if is_incremental() %}
    where
        lives.customer_id in (select touched.customer_id from touched)
        or campaigns.campaign_id not in (select built.campaign_id from built)
    {%- endif %}
),

compared as (
    select
        *,
        {{ dbt.dateadd('day', -90, 'compared_at') }} as quarter_before,
        {{ dbt.dateadd('day', -30, 'compared_at') }} as month_before,
        {{ dbt.dateadd('day', 30, 'compared_at') }} as month_after
    from people
),

activity as (
    select
        compared.campaign_id,
        compared.customer_id,
        count(*) filter (where transactions.transaction_timestamp < compared.compared_at) as quarter_before_count,
        count(*) filter (
            where
            transactions.transaction_timestamp >= compared.month_before
            and transactions.transaction_timestamp < compared.compared_at
        ) as before_count,
        count(*) filter (where transactions.transaction_timestamp >= compared.compared_at) as after_count,
        count(*) filter (
            where transactions.transaction_timestamp >= compared.compared_at and not transactions.is_cash
        ) as purchase_after_count,
        sum({{ logarithm('transactions.transaction_amount_abs') }}) filter (
            where transactions.transaction_timestamp >= compared.compared_at and not transactions.is_cash
        ) as log_amount_after,
        sum(transactions.spending_amount) filter (
            where transactions.transaction_timestamp >= compared.compared_at
        ) as spending_after_amount,
        sum(transactions.revenue_amount) filter (
            where transactions.transaction_timestamp >= compared.compared_at
        ) as revenue_after_amount
    from compared
    inner join transactions
        on
            compared.customer_id = transactions.customer_id
            and compared.quarter_before <= transactions.transaction_timestamp
            and compared.month_after > transactions.transaction_timestamp
    where {{ is_unscheduled('transactions') }} and not transactions.is_fraud
    group by compared.campaign_id, compared.customer_id
)

select
    {{ surrogate_key(['compared.campaign_id', 'compared.customer_id']) }} as campaign_outcome_key,
    compared.campaign_id,
    compared.campaign_name,
    compared.customer_id,
    compared.campaign_group,
    coalesce(versions.customer_segment, 'Unknown') as customer_segment,
    coalesce(activity.quarter_before_count, 0) as quarter_before_count,
    coalesce(activity.before_count, 0) as before_count,
    coalesce(activity.after_count, 0) as after_count,
    coalesce(activity.purchase_after_count, 0) as purchase_after_count,
    coalesce(activity.log_amount_after, 0) as log_amount_after,
    coalesce(activity.spending_after_amount, 0) as spending_after_amount,
    coalesce(activity.revenue_after_amount, 0) as revenue_after_amount,
    {{ build_number() }} as _build_id
from compared
inner join versions
    on
        compared.customer_id = versions.customer_id
        and {{ valid_at('versions', 'compared.compared_at') }}
left join activity
    on
        compared.campaign_id = activity.campaign_id
        and compared.customer_id = activity.customer_id
