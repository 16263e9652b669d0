-- Every term of a model has a coefficient, and every coefficient a term: a missing one would make all scores
-- NULL, a superfluous one would shift the intercept.
with terms as (
    {%- for model in ['churn_90d', 'churn_365d', 'late_payment_90d', 'fraud'] %}
    {%- set outer = loop %}
    select '{{ model }}' as model_name, '(intercept)' as term
    {%- for term in model_terms(model_kind(model)) %}
    union all
    select '{{ model }}' as model_name, '{{ term }}' as term
    {%- endfor %}
    {{ 'union all' if not outer.last }}
    {%- endfor %}
)

select
    coalesce(terms.model_name, stored.model) as model_name,
    coalesce(terms.term, stored.term) as term
from terms
full outer join {{ ref('trained_coefficients') }} as stored
    on terms.model_name = stored.model and terms.term = stored.term
where terms.term is null or stored.term is null
