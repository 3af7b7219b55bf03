"""Pages that the configuration of a generator leaves out of the site, whatever they say themselves."""
