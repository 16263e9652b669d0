-- grain: one row per delivered row of bronze.institutions

{% set columns = [
    'institution_id', 'institution_name', 'bic', 'country',
    'created_at', 'updated_at'
] %}

with delivered as (
    {{ new_deliveries('institutions') }}
),

typed as (
    select
        {{ delivery_columns() }},
        {{ clean_integer('institution_id') }} as institution_id,
        {{ clean_text('institution_name') }} as institution_name,
        {{ clean_text('bic') }} as bic,
        {{ clean_text('country') }} as country,
        {{ clean_timestamp('created_at') }} as created_at,
        coalesce({{ clean_timestamp('updated_at') }}, {{ clean_timestamp('created_at') }}) as updated_at,
        {{ evaluate_once() }} as is_typed
    from delivered
),

checked as (
    select
        *,
        case
            when institution_id is null then 'missing_id'
        end as row_defect,
        {{ evaluate_once() }} as is_checked
    from typed
),

candidates as (
    {{ with_known_deliveries('checked', columns, 'institution_id') }}
),

resolved as (
    select
        *,
        row_defect as quarantine_reason
    from candidates
),

{{ verdicts('resolved', columns, 'institution_id') }}

select * from final
