-- grain: one row per batch and source table
-- An incremental build counts again the batches in which a verdict is new or has changed.
{%- set counted = batches_with_new_verdicts() %}

with deliveries as (
    select * from {{ ref('batch_deliveries') }}
),

verdicts as (
    {% for table in source_keys() -%}
    select
        '{{ table }}' as source_table,
        _batch_id as batch_id,
        count(*) as seen_rows,
        count(*) filter (where disposition = 'kept') as kept_rows,
        count(*) filter (where disposition = 'kept' and not is_latest) as superseded_rows,
        count(*) filter (where disposition = 'duplicate') as duplicate_rows,
        count(*) filter (where disposition = 'quarantined') as quarantined_rows
    from {{ ref('base_' ~ table) }}
    {%- if is_incremental() %}
    where _batch_id in ({{ counted.get(table, ['null']) | join(', ') }})
    {%- endif %}
    group by _batch_id
    {%- if not loop.last %}
    union all
    {% endif -%}
    {% endfor %}
),

final as (
    select
        {{ surrogate_key(['deliveries.batch_date', 'deliveries.source_table', 'deliveries.source_file']) }}
            as row_accounting_key,
        deliveries.batch_date,
        deliveries.source_table,
        deliveries.source_file,
        deliveries.delivered_rows,
        coalesce(verdicts.kept_rows, 0) as kept_rows,
        coalesce(verdicts.duplicate_rows, 0) as duplicate_rows,
        coalesce(verdicts.quarantined_rows, 0) as quarantined_rows,
        coalesce(verdicts.superseded_rows, 0) as superseded_rows,
        deliveries.delivered_rows = coalesce(
            verdicts.kept_rows + verdicts.duplicate_rows + verdicts.quarantined_rows, 0
        ) as is_balanced,
        deliveries.batch_id,
        deliveries.loaded_at,
        {{ build_number() }} as _build_id
    from deliveries
    left join verdicts
        on
            deliveries.batch_id = verdicts.batch_id
            and deliveries.source_table = verdicts.source_table
    {%- if is_incremental() %}
    where
        verdicts.batch_id is not null
        or deliveries.batch_id > {{ watermark('batch_id') }}
    {%- endif %}
)

select * from final
