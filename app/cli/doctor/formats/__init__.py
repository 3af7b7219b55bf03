"""The forms of the doctor's report: for people, as JSON, as SARIF, and as annotations of GitHub Actions."""
