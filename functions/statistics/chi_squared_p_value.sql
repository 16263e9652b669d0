select {{ function('regularized_gamma') }}(df / 2, x / 2)
