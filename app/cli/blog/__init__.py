"""The sample blog of the demo: posts as Markdown with front matter, and the finished pages made of them."""
