"""GitHub's HTML to safe HTML: `structure` balances it, `allow_list` says what may stay, `sanitize` does both."""
