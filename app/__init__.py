"""Afterword: a self-hosted comment service for static blogs whose comments live in GitHub issues."""

VERSION = "0.4.0"
