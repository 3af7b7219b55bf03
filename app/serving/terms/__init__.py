"""Which thread a term, labels or a marker means now, and which terms the owner should look at."""
