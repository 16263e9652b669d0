{#- What facts and dim_city agree on. -#}

{% macro city_key(city, state, country) -%}
    {#- Of a transaction, a customer or a merchant alike; what is missing is called Unknown. -#}
    {{ surrogate_key([
        "coalesce(" ~ city ~ ", 'Unknown')", "coalesce(" ~ state ~ ", 'Unknown')",
        "coalesce(" ~ country ~ ", 'Unknown')"
    ]) }}
{%- endmacro %}

{% macro region(state, country) -%}
    {#- The four census regions of the United States; everywhere else is Abroad. -#}
    case
        when {{ country }} not in ('US', 'Unknown') then 'Abroad'
        when {{ state }} in ('CT', 'MA', 'ME', 'NH', 'NJ', 'NY', 'PA', 'RI', 'VT') then 'Northeast'
        when {{ state }} in ('IA', 'IL', 'IN', 'KS', 'MI', 'MN', 'MO', 'ND', 'NE', 'OH', 'SD', 'WI') then 'Midwest'
        when
            {{ state }} in (
                'AL', 'AR', 'DC', 'DE', 'FL', 'GA', 'KY', 'LA', 'MD', 'MS', 'NC', 'OK', 'SC', 'TN', 'TX', 'VA', 'WV'
            ) then 'South'
        when
            {{ state }} in ('AK', 'AZ', 'CA', 'CO', 'HI', 'ID', 'MT', 'NM', 'NV', 'OR', 'UT', 'WA', 'WY')
            then 'West'
        else 'Unknown'
    end
{%- endmacro %}
