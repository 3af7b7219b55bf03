"""Where the blog's posts are: a content folder, a published list, or a repository on GitHub.

All are read repeatedly, at little cost if nothing changed. A failure never looks like emptiness: a page, a folder or a
list that cannot be read keeps the posts of its last read. None means that nothing could be read yet.
"""
