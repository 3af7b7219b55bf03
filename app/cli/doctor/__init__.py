"""`afterword doctor`: examine settings, GitHub, store, webhook, public address and posts, and say what to do.

`command` reads the command line, `examination` runs the checks in order, `formats` writes the report. A check asks and
judges; it changes nothing. `fixes` changes what is safe, after `--fix`.
"""
