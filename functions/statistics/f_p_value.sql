select {{ function('regularized_beta') }}(df2 / (df2 + df1 * f), df2 / 2, df1 / 2)
