"""Pages for people: the documentation, the state of the service, the newest comments."""
