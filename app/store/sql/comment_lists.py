"""The queries for lists of comments, and the conditions that queries of the mirror share."""

# ruff: noqa: S608 - the inserted texts are these constants; values are parameters
OF_SITE = "site = (SELECT id FROM site WHERE key = :key)"
IN_KEYS = "= ANY (:keys[])"
_NOT_EXCLUDED = "(:excluded[] IS NULL OR comment.id <> ALL (:excluded[]))"
_ALL_OR_KEYS = f"(:keys[] IS NULL OR comment.number {IN_KEYS})"
COMMENT_BY_AUTHOR = f"""
SELECT source, image_sizes, approval FROM comment
WHERE {OF_SITE} AND author = :author AND {_ALL_OR_KEYS} AND {_NOT_EXCLUDED} LIMIT 1
"""
NEWEST_COMMENTS = f"""
SELECT comment.source, image_sizes, approval FROM comment JOIN issue USING (site, number)
WHERE comment.{OF_SITE} AND comment.id <= :last AND issue.complete AND {_ALL_OR_KEYS} AND {_NOT_EXCLUDED}
ORDER BY comment.id DESC LIMIT :limit
"""
_SELECTION = f"""
FROM comment JOIN issue USING (site, number)
WHERE comment.{OF_SITE} AND issue.complete
    AND (CAST(:since AS text) IS NULL OR comment.updated_at >= :since) AND {_ALL_OR_KEYS} AND {_NOT_EXCLUDED}
"""
SELECTED_COUNT = f"SELECT count(*) {_SELECTION}"
SELECTED_IDS = {
    (by_update, direction == "DESC"): f"SELECT comment.id {_SELECTION} ORDER BY {order} LIMIT :limit OFFSET :offset"
    for direction in ("ASC", "DESC")
    for by_update, order in (
        (False, f"comment.id {direction}"),
        (True, f"comment.updated_at {direction}, comment.id {direction}"),
    )
}
"""By whether the last change decides the order, and whether it descends. Texts are read only for the page."""
