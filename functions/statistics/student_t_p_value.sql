-- Both tails beyond |t| are an incomplete beta function; near 0 the middle is the smaller part, and
-- subtracting that loses no digits.
select
    case
        when t * t < 1 then 1 - {{ function('regularized_beta') }}(t * t / (df + t * t), 0.5, df / 2)
        else {{ function('regularized_beta') }}(df / (df + t * t), df / 2, 0.5)
    end
where df > 0
