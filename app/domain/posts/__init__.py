"""The blog's posts: what its pages say of themselves, and the issues that they name."""
