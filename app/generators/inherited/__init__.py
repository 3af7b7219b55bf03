"""Values that a page is given from elsewhere: by a section above it, the configuration, or data files. Pure."""
