"""The languages of front matter: YAML, TOML, JSON, and lines; read as leniently as any generator reads them."""
