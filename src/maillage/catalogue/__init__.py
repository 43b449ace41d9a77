"""What the body sells, at which price, to whom: offerings, their versions, price plans and estimators."""
