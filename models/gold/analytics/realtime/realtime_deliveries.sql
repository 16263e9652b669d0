-- grain: one row per batch and source table, of the latest batches
-- Asking every row for its verdict takes long, so the answer is stored; written anew in every build, in place.
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    pre_hook="{{ 'delete from ' ~ this if is_incremental() else 'select 1' }}"
) }}

-- a stream has several batches a day
with accounting as (
    select
        batch_date,
        source_table,
        cast(sum(delivered_rows) as bigint) as delivered_rows,
        cast(sum(kept_rows) as bigint) as kept_rows,
        cast(sum(duplicate_rows) as bigint) as duplicate_rows,
        cast(sum(quarantined_rows) as bigint) as quarantined_rows,
        min(case when is_balanced then 1 else 0 end) = 1 as is_balanced
    from {{ ref('row_accounting') }}
    group by batch_date, source_table
),

as_of as (
    select as_of_date from {{ ref('as_of_date') }}
),

ranked as (
    select
        accounting.*,
        dense_rank() over (order by accounting.batch_date desc) as batch_rank,
        row_number() over (
            partition by accounting.source_table
            order by accounting.batch_date desc
        ) as delivery_rank
    from accounting
    inner join as_of
        on accounting.batch_date <= as_of.as_of_date
),

final as (
    select
        ---------- what
        batch_date,
        source_table,
        ---------- measures
        delivered_rows,
        kept_rows,
        duplicate_rows,
        quarantined_rows,
        ---------- flags
        is_balanced,
        batch_rank <= 14 as is_recent,
        delivery_rank = 1 as is_latest,
        ---------- load
        {{ build_number() }} as _build_id
    from ranked
    where batch_rank <= 14 or delivery_rank = 1
)

select * from final
order by batch_date, source_table
