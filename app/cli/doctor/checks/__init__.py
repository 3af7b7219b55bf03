"""The checks, one module each: they ask, judge and change nothing."""
