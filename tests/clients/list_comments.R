# List the comments of an issue with gh for R, in the way of its own README: `Rscript list_comments.R URL`.

library(gh)

comments <- gh(
  "GET /repos/{owner}/{repo}/issues/{number}/comments",
  owner = "ada", repo = "blog", number = 41,
  .api_url = commandArgs(trailingOnly = TRUE)[1], .limit = Inf
)
ids <- vapply(comments, function(comment) format(comment$id, scientific = FALSE), "")
cat(sprintf("[\"gh\", [%s]]\n", paste(ids, collapse = ",")))
