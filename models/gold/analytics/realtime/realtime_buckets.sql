-- grain: one row per length of bucket, bucket of time and what it is compared with
-- Days are cut into slots of five minutes, numbered from midnight of the latest day; a bucket is a run of
-- slots. Small, and written anew in every build, in place: who reads it never finds it missing.
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    pre_hook="{{ replace_all_rows() }}"
) }}
{% set slots_a_day = 288 %}
{% set weeks = 12 %}

with as_of as (
    select as_of_date from {{ ref('as_of_date') }}
),

-- a day more than the oldest comparison, so that no bucket begins before its data
recent as (
    select
        transaction_timestamp,
        transaction_date,
        hour_of_day,
        is_declined,
        is_fraud,
        case when is_recurring then 0 else spending_amount end as spending_amount
    from {{ ref('fact_transactions') }}
    where
        transaction_date <= (select as_of.as_of_date from as_of)
        and transaction_date >= (
            select {{ dbt.dateadd('day', -(28 + 7 * weeks + 1), 'as_of.as_of_date') }} from as_of
        )
),

latest as (
    select
        max(transaction_timestamp) as observed_at,
        max(transaction_date) as latest_date,
        {{ dbt.date_trunc('day', 'max(transaction_timestamp)') }} as midnight_at
    from recent
),

placed as (
    select
        recent.*,
        {{ slots_a_day }} * {{ dbt.datediff('latest.latest_date', 'recent.transaction_date', 'day') }}
        + 12 * recent.hour_of_day
        + cast(floor(extract(minute from recent.transaction_timestamp) / 5) as integer) as slot
    from recent
    cross join latest
),

slots as (
    select
        slot,
        count(*) as transaction_count,
        count(*) filter (where is_declined) as declined_count,
        count(*) filter (where is_fraud) as fraud_count,
        sum(spending_amount) as spending_amount,
        sum(spending_amount * spending_amount) as spending_square_sum
    from placed
    group by slot
),

bounds as (
    select
        min(slot) as first_slot,
        max(slot) as last_slot
    from slots
),

-- length of a bucket in slots, and how many buckets are shown
grains as (
    {% for grain, slots, buckets in [('5 minutes', 1, 24), ('hour', 12, 48), ('day', slots_a_day, 28)] -%}
    select
        '{{ grain }}' as time_grain,
        {{ slots }} as slot_count,
        {{ buckets }} as bucket_count
    {{ 'union all' if not loop.last }}
    {% endfor -%}
),

shifts as (
    select
        'none' as compared_with,
        0 as shifted_slots
    union all
    select
        'previous day' as compared_with,
        {{ slots_a_day }} as shifted_slots
    {%- for week in range(1, weeks + 1) %}
    union all
    select
        '{{ week }} weeks before' as compared_with,
        {{ 7 * week * slots_a_day }} as shifted_slots
    {%- endfor %}
),

numbers as (
    select row_number() over (order by date_key) - 1 as number
    from {{ ref('dim_date') }}
),

-- buckets without a transaction are there too, as far back as the data reach
buckets as (
    select
        grains.time_grain,
        grains.slot_count,
        cast(floor(1.0 * bounds.last_slot / grains.slot_count) - numbers.number as integer) as bucket,
        shifts.compared_with,
        shifts.shifted_slots,
        bounds.last_slot
    from grains
    inner join numbers
        on grains.bucket_count > numbers.number
    cross join shifts
    cross join bounds
    where
        (floor(1.0 * bounds.last_slot / grains.slot_count) - numbers.number) * grains.slot_count
        - shifts.shifted_slots >= bounds.first_slot
),

-- nothing later than the latest slot: the bucket that is still running is compared with as much of the
-- earlier ones as has passed of it
moved as (
    select
        grains.time_grain,
        shifts.compared_with,
        cast(floor(1.0 * (slots.slot + shifts.shifted_slots) / grains.slot_count) as integer) as bucket,
        slots.transaction_count,
        slots.declined_count,
        slots.fraud_count,
        slots.spending_amount,
        slots.spending_square_sum
    from slots
    cross join bounds
    cross join grains
    cross join shifts
    where
        slots.slot + shifts.shifted_slots <= bounds.last_slot
        and slots.slot + shifts.shifted_slots > bounds.last_slot - grains.slot_count * (grains.bucket_count + 1)
),

sums as (
    select
        time_grain,
        compared_with,
        bucket,
        sum(transaction_count) as transaction_count,
        sum(declined_count) as declined_count,
        sum(fraud_count) as fraud_count,
        sum(spending_amount) as spending_amount,
        sum(spending_square_sum) as spending_square_sum
    from moved
    group by time_grain, compared_with, bucket
),

dated as (
    select
        buckets.*,
        latest.observed_at,
        {{ dbt.dateadd('minute', '5 * buckets.bucket * buckets.slot_count', 'latest.midnight_at') }} as bucket_start_at
    from buckets
    cross join latest
),

final as (
    select
        ---------- what
        dated.time_grain,
        cast(cast(dated.bucket_start_at as date) as {{ dbt.type_string() }})
        {%- for part in ['hour', 'minute'] %}
        || '{{ ' ' if part == 'hour' else ':' }}'
        || lpad(cast(extract({{ part }} from dated.bucket_start_at) as {{ dbt.type_string() }}), 2, '0')
        {%- endfor %} as bucket,
        dated.compared_with,
        ---------- when
        dated.bucket_start_at,
        dated.observed_at,
        ---------- measures
        cast(coalesce(sums.transaction_count, 0) as bigint) as transaction_count,
        cast(coalesce(sums.declined_count, 0) as bigint) as declined_count,
        cast(coalesce(sums.fraud_count, 0) as bigint) as fraud_count,
        coalesce(sums.spending_amount, 0) as spending_amount,
        coalesce(sums.spending_square_sum, 0) as spending_square_sum,
        ---------- flags
        (dated.bucket + 1) * dated.slot_count <= dated.last_slot + 1 as is_complete,
        ---------- load
        {{ build_number() }} as _build_id
    from dated
    left join sums
        on
            dated.time_grain = sums.time_grain
            and dated.compared_with = sums.compared_with
            and dated.bucket = sums.bucket
)

select * from final
order by time_grain, bucket_start_at, compared_with
