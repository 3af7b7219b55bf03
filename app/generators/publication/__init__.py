"""Which files a generator publishes: their kinds and places, and the fields that keep a page back."""
