"""Who asks GitHub when: webhooks, jobs, the poll schedule and periodic work."""
