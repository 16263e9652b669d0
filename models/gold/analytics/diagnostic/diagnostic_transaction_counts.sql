-- grain: one row per analysis, dimension, member and period of 90 days

with as_of as (
    select
        as_of_date,
        cast({{ dbt.dateadd('day', -90, 'as_of_date') }} as date) as previous_end_date,
        cast({{ dbt.dateadd('day', -180, 'as_of_date') }} as date) as day_before
    from {{ ref('as_of_date') }}
),

transactions as (
    select
        facts.*,
        facts.transaction_date > as_of.previous_end_date as is_current_period
    from {{ ref('fact_transactions') }} as facts
    cross join as_of
    where
        -- known before the join, so that an index can be asked
        facts.transaction_date > (select bounds.day_before from as_of as bounds)
        and facts.transaction_date <= (select bounds.as_of_date from as_of as bounds)
),

sums as (
    select
        is_current_period,
        case
            when grouping(channel) = 0 then 'channel'
            when grouping(hour_of_day) = 0 then 'hour_of_day'
            when grouping(time_of_day) = 0 then 'time_of_day'
            when grouping(category_name) = 0 then 'category'
            else 'decline_reason'
        end as dimension,
        case
            when grouping(channel) = 0 then channel
            when grouping(hour_of_day) = 0 then lpad(cast(hour_of_day as {{ dbt.type_string() }}), 2, '0')
            when grouping(time_of_day) = 0 then time_of_day
            when grouping(category_name) = 0 then category_name
            else decline_reason
        end as member,
        count(*) as transaction_count,
        count(*) filter (where is_fraud) as fraud_count,
        count(*) filter (where is_declined) as declined_count,
        count(*) filter (where is_spending) as spending_count,
        sum(spending_amount) as spending_amount
    from transactions
    group by
        grouping sets (
            (is_current_period, channel),
            (is_current_period, hour_of_day),
            (is_current_period, time_of_day),
            (is_current_period, category_name),
            (is_current_period, decline_reason)
        )
),

totals as (
    select
        is_current_period,
        sum(transaction_count) as transaction_count,
        sum(spending_count) as spending_count
    from sums
    where dimension = 'channel'
    group by is_current_period
),

counts as (
    {%- for analysis, events, dimensions in [
        ('fraud', 'fraud_count', "'channel', 'hour_of_day', 'time_of_day'"),
        ('declines', 'declined_count', "'channel', 'time_of_day'")
    ] %}
    select
        '{{ analysis }}' as analysis,
        'share' as measure,
        sums.dimension,
        sums.member,
        sums.is_current_period,
        sums.transaction_count as unit_count,
        sums.{{ events }} as event_total,
        totals.transaction_count as all_unit_count,
        false as has_shared_units
    from sums
    inner join totals
        on sums.is_current_period = totals.is_current_period
    where sums.dimension in ({{ dimensions }})
    union all
    {%- endfor %}
    -- every transaction could have been declined for every reason
    select
        'declines' as analysis,
        'share' as measure,
        sums.dimension,
        sums.member,
        sums.is_current_period,
        totals.transaction_count as unit_count,
        sums.declined_count as event_total,
        totals.transaction_count as all_unit_count,
        true as has_shared_units
    from sums
    inner join totals
        on sums.is_current_period = totals.is_current_period
    where sums.dimension = 'decline_reason' and sums.declined_count > 0
    union all
    select
        'spending' as analysis,
        'sum' as measure,
        sums.dimension,
        sums.member,
        sums.is_current_period,
        sums.spending_count as unit_count,
        sums.spending_amount as event_total,
        totals.spending_count as all_unit_count,
        false as has_shared_units
    from sums
    inner join totals
        on sums.is_current_period = totals.is_current_period
    where sums.dimension in ('category', 'channel') and sums.spending_count > 0
),

final as (
    select
        counts.analysis,
        counts.measure,
        counts.dimension,
        coalesce(counts.member, 'unknown') as member,
        counts.is_current_period,
        cast({{ dbt.dateadd('day', 1,
            'case when counts.is_current_period then as_of.previous_end_date else as_of.day_before end') }} as date)
            as period_start_date,
        case when counts.is_current_period then as_of.as_of_date else as_of.previous_end_date end as period_end_date,
        cast(counts.unit_count as bigint) as unit_count,
        cast(counts.event_total as numeric) as event_total,
        cast(counts.all_unit_count as bigint) as all_unit_count,
        counts.has_shared_units
    from counts
    cross join as_of
)

select * from final
