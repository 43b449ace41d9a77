"""MAC commands, one a file, both directions. ``Req`` and ``Ans`` are named as the standard names them."""
