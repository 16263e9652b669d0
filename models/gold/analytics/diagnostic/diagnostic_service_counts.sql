-- grain: one row per analysis, dimension, member and period of 90 days
-- Contacts that customers began; offers of campaigns are not among them.

with as_of as (
    select
        as_of_date,
        cast({{ dbt.dateadd('day', -90, 'as_of_date') }} as date) as previous_end_date,
        cast({{ dbt.dateadd('day', -180, 'as_of_date') }} as date) as day_before,
        {{ dbt.dateadd('day', 1, 'as_of_date') }} as end_of_current,
        {{ dbt.dateadd('day', -89, 'as_of_date') }} as end_of_previous,
        {{ dbt.dateadd('day', -179, 'as_of_date') }} as start_of_previous
    from {{ ref('as_of_date') }}
),

contacts as (
    select
        facts.is_resolved,
        facts.satisfaction_rating,
        coalesce(facts.reason, 'unknown') as reason,
        coalesce(facts.interaction_type, 'unknown') as contact_type,
        facts.interaction_at >= as_of.end_of_previous as is_current_period
    from {{ ref('fact_customer_interactions') }} as facts
    cross join as_of
    where
        facts.campaign_id is null
        and facts.interaction_at >= as_of.start_of_previous
        and facts.interaction_at < as_of.end_of_current
),

-- customers at the end of a period
customers as (
    {%- for period_over, is_current in [('end_of_current', 'true'), ('end_of_previous', 'false')] %}
    select
        {{ is_current }} as is_current_period,
        count(*) as customer_count
    from {{ ref('dim_customer_private') }} as versions
    cross join as_of
    where
        versions.is_active
        and versions.signup_date < as_of.{{ period_over }}
        and versions.valid_from < as_of.{{ period_over }}
        and versions.valid_to >= as_of.{{ period_over }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

counts as (
    -- every customer could have called for every reason
    {%- for dimension in ['reason', 'contact_type'] %}
    select
        'service_contacts' as analysis,
        'frequency' as measure,
        '{{ dimension }}' as dimension,
        contacts.{{ dimension }} as member,
        contacts.is_current_period,
        customers.customer_count as unit_count,
        count(*) as event_total,
        customers.customer_count as all_unit_count,
        true as has_shared_units
    from contacts
    inner join customers
        on contacts.is_current_period = customers.is_current_period
    group by contacts.{{ dimension }}, contacts.is_current_period, customers.customer_count
    union all
    select
        'unresolved_contacts' as analysis,
        'share' as measure,
        '{{ dimension }}' as dimension,
        {{ dimension }} as member,
        is_current_period,
        count(*) as unit_count,
        count(*) filter (where not is_resolved) as event_total,
        sum(count(*)) over (partition by is_current_period) as all_unit_count,
        false as has_shared_units
    from contacts
    group by {{ dimension }}, is_current_period
    union all
    select
        'dissatisfied_customers' as analysis,
        'share' as measure,
        '{{ dimension }}' as dimension,
        {{ dimension }} as member,
        is_current_period,
        count(*) as unit_count,
        count(*) filter (where satisfaction_rating <= 2) as event_total,
        sum(count(*)) over (partition by is_current_period) as all_unit_count,
        false as has_shared_units
    from contacts
    where satisfaction_rating is not null
    group by {{ dimension }}, is_current_period
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
)

select
    counts.analysis,
    counts.measure,
    counts.dimension,
    counts.member,
    counts.is_current_period,
    cast({{ dbt.dateadd('day', 1,
        'case when counts.is_current_period then as_of.previous_end_date else as_of.day_before end') }} as date)
        as period_start_date,
    case when counts.is_current_period then as_of.as_of_date else as_of.previous_end_date end as period_end_date,
    counts.unit_count,
    cast(counts.event_total as numeric) as event_total,
    cast(counts.all_unit_count as bigint) as all_unit_count,
    counts.has_shared_units
from counts
cross join as_of
