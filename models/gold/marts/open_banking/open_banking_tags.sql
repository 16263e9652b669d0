-- grain: one row per tag a person has made

select
    tag_id,
    customer_id as user_id,
    tag_name,
    tag_colour,
    created_at,
    is_deleted,
    {{ build_number() }} as _build_id
from {{ ref('stg_tags') }}
{%- if is_incremental() %}
where _build_id > {{ watermark() }}
{%- endif %}
