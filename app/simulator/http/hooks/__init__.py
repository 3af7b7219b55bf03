"""The webhooks of a repository: resources that only its owner sees."""
