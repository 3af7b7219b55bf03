"""The sample blog of the demo: posts in Markdown with front matter, and the pages built from them."""
