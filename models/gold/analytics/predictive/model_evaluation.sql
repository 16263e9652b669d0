-- grain: one row per trained model, curve and point

select
    {{ surrogate_key(['model', 'curve', 'point']) }} as model_evaluation_key,
    model,
    curve,
    point,
    label,
    x_value,
    y_value,
    y_low,
    y_high,
    row_count,
    {{ dbt.current_timestamp() }} as dw_updated_at,
    {{ build_number() }} as _build_id
from {{ ref('trained_evaluation') }}
