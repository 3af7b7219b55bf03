"""Pages for people: the start page, the documentation, the state of the service, the newest comments."""
