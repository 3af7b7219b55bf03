"""The queries for lists of comments, and the conditions that queries of the mirror share."""

# ruff: noqa: S608 - the inserted texts are these constants; values are parameters
OF_SITE = "site = (SELECT id FROM site WHERE key = :key)"
IN_KEYS = "IN (SELECT value FROM json_each(:keys))"
_NOT_EXCLUDED = "(:excluded IS NULL OR comment.id NOT IN (SELECT value FROM json_each(:excluded)))"
COMMENT_BY_AUTHOR = f"""
SELECT source, image_sizes, approval FROM comment
WHERE {OF_SITE} AND author = :author AND (:keys IS NULL OR number {IN_KEYS}) AND {_NOT_EXCLUDED} LIMIT 1
"""
NEWEST_COMMENTS = f"""
SELECT comment.source, image_sizes, approval FROM comment
CROSS JOIN issue USING (site, number)  -- CROSS: from the newest comment downwards, until there are enough
WHERE comment.site = (SELECT id FROM site WHERE key = :key) AND comment.id <= :last AND issue.complete
    AND (:keys IS NULL OR comment.number IN (SELECT value FROM json_each(:keys))) AND {_NOT_EXCLUDED}
ORDER BY comment.id DESC
"""
_SELECTION = f"""
FROM comment CROSS JOIN issue USING (site, number)
WHERE comment.{OF_SITE} AND issue.complete AND (:since IS NULL OR comment.updated_at >= :since)
    AND (:keys IS NULL OR comment.number {IN_KEYS}) AND {_NOT_EXCLUDED}
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
