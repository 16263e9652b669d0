{#- What the linter sees in place of the project's macros: something of the same shape. The linter reads the
    SQL people wrote; what macros make of it is compiled and run by the tests. (With dbt's own templater one
    pass over the project takes many minutes.) -#}

{% macro clean_text(column) %}{{ column }}{% endmacro %}
{% macro clean_numeric(column) %}{{ column }}{% endmacro %}
{% macro clean_integer(column) %}{{ column }}{% endmacro %}
{% macro clean_boolean(column) %}{{ column }}{% endmacro %}
{% macro clean_timestamp(column) %}{{ column }}{% endmacro %}
{% macro clean_date(column) %}{{ column }}{% endmacro %}
{% macro clean_amount(column) %}{{ column }}{% endmacro %}
{% macro amount_currency(column) %}{{ column }}{% endmacro %}
{% macro evaluate_once() %}true{% endmacro %}
{% macro sees_personal_data() %}true{% endmacro %}
{% macro quality_score(amount, date, person, description, location, category) %}100{% endmacro %}
{% macro money_leaves(type) %}{{ type }} = 'x'{% endmacro %}
{% macro is_known_type(type) %}{{ type }} = 'x'{% endmacro %}
{% macro money_arrives(type) %}{{ type }} = 'x'{% endmacro %}
{% macro is_spending(type) %}{{ type }} = 'x'{% endmacro %}
{% macro masked_name(name) %}{{ name }}{% endmacro %}
{% macro surrogate_key(columns) %}{{ columns[0] }}{% endmacro %}
{% macro series_key(columns) %}{{ columns[0] }}{% endmacro %}
{% macro iso_day_of_week(value) %}{{ value }}{% endmacro %}
{% macro seconds_between(first, second) %}{{ second }} - {{ first }}{% endmacro %}
{% macro date_key(value) %}{{ value }}{% endmacro %}
{% macro time_of_day(value) %}{{ value }}{% endmacro %}
{% macro size_bucket(value) %}{{ value }}{% endmacro %}
{% macro income_bracket(value) %}{{ value }}{% endmacro %}
{% macro credit_score_band(value) %}{{ value }}{% endmacro %}
{% macro churn_risk_category(value) %}{{ value }}{% endmacro %}
{% macro age_group(value) %}{{ value }}{% endmacro %}
{% macro delinquency_bucket(value) %}{{ value }}{% endmacro %}
{% macro processing_delay_bucket(value) %}{{ value }}{% endmacro %}
{% macro trend_direction(value) %}{{ value }}{% endmacro %}
{% macro full_years(born, on_date) %}{{ born }}{% endmacro %}
{% macro percent_of(part, whole) %}{{ part }}{% endmacro %}
{% macro percent_change(value, base) %}{{ value }}{% endmacro %}
{% macro valid_at(history, moment) %}{{ history }}.valid_from <= {{ moment }}{% endmacro %}
{% macro watermark(column='') %}0{% endmacro %}
{% macro build_number() %}0{% endmacro %}
{% macro business_day() %}max(batch_date){% endmacro %}
{% macro previous_business_day() %}2024-01-01{% endmacro %}
{% macro batches_tested_before() %}0{% endmacro %}
{% macro batch_ceiling() %}0{% endmacro %}
{% macro delivery_columns() %}delivery_key{% endmacro %}
{% macro validity_columns() %}valid_from{% endmacro %}
{% macro month_columns(month, with_end=true) %}{{ month }}{% endmacro %}
{% macro change_columns(value, month_name='', year_name='', trend=false) %}{{ value }} as change{% endmacro %}
{% macro where_balances_start(openings) %}select * from {{ openings }}{% endmacro %}
{% macro touched_accounts() %}select account_id, from_date from changes{% endmacro %}
{% macro new_deliveries(table) %}select * from {{ table }}{% endmacro %}
{% macro with_known_deliveries(relation, columns, key) %}select * from {{ relation }}{% endmacro %}
{% macro kept(relation) %}{{ relation }}{% endmacro %}
{% macro verdicts(relation, columns, key) %}final as (select * from {{ relation }}){% endmacro %}
{% macro with_changed_history(events, key, moment, histories) %}select {{ key }} from {{ events }}{% endmacro %}
{% macro versions_to_record(table, key) %}select * from {{ table }}{% endmacro %}
{% macro latest_spending(series, shifts, each_alone=false) %}select * from spending{% endmacro %}
{% macro standing_months(relation, columns) %}select {{ columns | join(', ') }} from {{ relation }}{% endmacro %}
{% macro months_before(relation, series, measures, shift) %}select * from {{ relation }}{% endmacro %}
{% macro compared(relation, series, amount='', year=true) %}select * from {{ relation }}{% endmacro %}
{% macro function(name) %}{{ name }}{% endmacro %}
{% macro delivery_columns_of(relation, columns, without=[]) %}{{ relation }}.delivery_key{% endmacro %}
{% macro months_begun(relation) %}1{% endmacro %}
{% macro database_health() %}select metric from health{% endmacro %}
{% macro as_of_day() %}cast('2024-12-31' as date){% endmacro %}
{% macro days_before(day, number) %}{{ day }}{% endmacro %}
{% macro customer_features(day) %}select 1 as customer_id{% endmacro %}
{% macro model_weights(model) %}select * from coefficients{% endmacro %}
{% macro model_logit(model, weights) %}{{ weights }}.intercept{% endmacro %}
{% macro model_terms(kind) %}{% endmacro %}
{% macro model_kind(model) %}{% endmacro %}
{% macro probability(logit) %}{{ logit }}{% endmacro %}
{% macro relative_risk_score(logit, base_rate) %}{{ logit }} - {{ base_rate }}{% endmacro %}
{% macro value_assumptions() %}select * from known{% endmacro %}
{% macro annuity(factor, years) %}power({{ factor }}, {{ years }}){% endmacro %}
{% macro is_scored_transaction() %}transaction_type = 'x'{% endmacro %}
{% macro wilson_bound(events, trials, side) %}{{ events }}{% endmacro %}
{% macro touched_transaction_months() %}select month_start_date from touched{% endmacro %}
{% macro as_float(value) %}{{ value }}{% endmacro %}
{% macro logarithm(value) %}{{ value }}{% endmacro %}
{% macro significant(value, digits=9) %}round({{ value }}, {{ digits }}){% endmacro %}
{% macro touched_transaction_days() %}'2024-01-01'{% endmacro %}
{% macro batches_with_new_verdicts() %}{{ return({}) }}{% endmacro %}
{% macro is_in_touched_transaction_month(date) %}{{ date }} = '2024-01-01'{% endmacro %}
{% macro is_newly_written_month(month) %}{{ month }} = '2024-01-01'{% endmacro %}
{% macro city_key(city, state, country) %}{{ city }}{% endmacro %}
{% macro region(state, country) %}{{ state }}{% endmacro %}
{% macro touched_customers(relations) %}select customer_id from touched{% endmacro %}
{% macro touched_months() %}select customer_month_key from touched{% endmacro %}
{% macro is_unscheduled(transactions) %}{{ transactions }}.transaction_type = 'x'{% endmacro %}
{% macro is_declined_for_money(transactions) %}{{ transactions }}.decline_reason = 'x'{% endmacro %}
{% macro months_that_differ(curated_value, dst_columns) %}select 'table' as dst_table{% endmacro %}
{% macro household(dependents, marital_status) %}{{ dependents }}{% endmacro %}
{% macro health_components() %}{{ return({'balance': ['discretionary_percent', 10, 60, 30]}) }}{% endmacro %}
{% macro linear_score(value, at_0, at_100) %}{{ value }}{% endmacro %}
{% macro health_grade(score) %}{{ score }}{% endmacro %}
{% macro ratio_reading(ratio) %}{{ ratio }}{% endmacro %}
{% macro month_of(day) %}{{ day }}{% endmacro %}
{% macro months_from(month, number) %}{{ month }}{% endmacro %}
{% macro replace_all_rows() %}{% endmacro %}
{% macro touched_users() %}select user_id from users{% endmacro %}
{% macro touched_external_transactions() %}select transaction_id from touched{% endmacro %}
{% macro differing_rows(relation, key) %}select * from {{ relation }}{% endmacro %}
{% macro touched_spenders() %}select customer_id from touched{% endmacro %}
{% macro first_touched_account_month() %}cast('2024-01-01' as date){% endmacro %}
{% macro touched_customer_months() %}null{% endmacro %}
{% macro touched_measure_months() %}null{% endmacro %}
{% macro versions_of_new_bookings() %}select customer_id, account_id, moved_at from bookings{% endmacro %}
