-- A store as version 0.3.0 wrote it, dumped by SQLite; JSON is written as text.
PRAGMA application_id = 1095128900;
PRAGMA user_version = 4;
BEGIN TRANSACTION;
CREATE TABLE absence (
            site INTEGER NOT NULL REFERENCES site (id),
            number INTEGER NOT NULL,
            gone INTEGER NOT NULL,
            checked_at REAL NOT NULL,
            moved_to TEXT,
            PRIMARY KEY (site, number)
        ) STRICT, WITHOUT ROWID
        ;
INSERT INTO "absence" VALUES(1,6,0,104.0,NULL);
INSERT INTO "absence" VALUES(1,8,1,103.0,'https://api.github.com/repositories/9/issues/5');
CREATE TABLE comment (
            site INTEGER NOT NULL,
            id INTEGER NOT NULL,
            number INTEGER NOT NULL,
            updated_at TEXT NOT NULL,
            source BLOB NOT NULL, author INTEGER,
            PRIMARY KEY (site, id),
            FOREIGN KEY (site, number) REFERENCES issue (site, number) ON DELETE CASCADE
        ) STRICT
        ;
INSERT INTO "comment" VALUES(1,11,1,'2026-01-01T00:00:00Z',CAST('{"url":"https://api.github.com/repos/Jane/Blog/issues/comments/11","html_url":"https://github.com/Jane/Blog/issues/1#issuecomment-11","issue_url":"https://api.github.com/repos/Jane/Blog/issues/1","id":11,"user":{"login":"reader","id":583231,"avatar_url":"https://avatars.githubusercontent.com/u/583231?v=4","html_url":"https://github.com/reader","type":"User"},"created_at":"2026-01-01T00:00:00Z","updated_at":"2026-01-01T00:00:00Z","author_association":"NONE","body":"It''s ''quoted''","body_html":"<p>It''s ''quoted''</p>"}' AS BLOB),583231);
INSERT INTO "comment" VALUES(1,12,1,'2026-01-01T00:00:00Z',CAST('{"url":"https://api.github.com/repos/Jane/Blog/issues/comments/12","html_url":"https://github.com/Jane/Blog/issues/1#issuecomment-12","issue_url":"https://api.github.com/repos/Jane/Blog/issues/1","id":12,"user":{"login":"reader","id":583231,"avatar_url":"https://avatars.githubusercontent.com/u/583231?v=4","html_url":"https://github.com/reader","type":"User"},"created_at":"2026-01-01T00:00:00Z","updated_at":"2026-01-01T00:00:00Z","author_association":"NONE","body":"Pinned é","body_html":"<p>Pinned é</p>"}' AS BLOB),583231);
INSERT INTO "comment" VALUES(1,1099511627776,2,'2026-01-01T00:00:00Z',CAST('{"url":"https://api.github.com/repos/Jane/Blog/issues/comments/1099511627776","html_url":"https://github.com/Jane/Blog/issues/2#issuecomment-1099511627776","issue_url":"https://api.github.com/repos/Jane/Blog/issues/2","id":1099511627776,"user":{"login":"reader","id":583231,"avatar_url":"https://avatars.githubusercontent.com/u/583231?v=4","html_url":"https://github.com/reader","type":"User"},"created_at":"2026-01-01T00:00:00Z","updated_at":"2026-01-01T00:00:00Z","author_association":"NONE","body":"Large id","body_html":"<p>Large id</p>"}' AS BLOB),583231);
INSERT INTO "comment" VALUES(1,41,4,'2026-01-01T00:00:00Z',CAST('{"url":"https://api.github.com/repos/Jane/Blog/issues/comments/41","html_url":"https://github.com/Jane/Blog/issues/4#issuecomment-41","issue_url":"https://api.github.com/repos/Jane/Blog/issues/4","id":41,"user":null,"created_at":"2026-01-01T00:00:00Z","updated_at":"2026-01-01T00:00:00Z","author_association":"NONE","body":"One of three","body_html":"<p>One of three</p>"}' AS BLOB),10137);
INSERT INTO "comment" VALUES(2,51,5,'2026-01-01T00:00:00Z',CAST('{"url":"https://api.github.com/repos/john/diary/issues/comments/51","html_url":"https://github.com/john/diary/issues/5#issuecomment-51","issue_url":"https://api.github.com/repos/john/diary/issues/5","id":51,"user":{"login":"reader","id":583231,"avatar_url":"https://avatars.githubusercontent.com/u/583231?v=4","html_url":"https://github.com/reader","type":"User"},"created_at":"2026-01-01T00:00:00Z","updated_at":"2026-01-01T00:00:00Z","author_association":"NONE","body":"Moved here","body_html":"<p>Moved here</p>"}' AS BLOB),583231);
CREATE TABLE delivery (
            id TEXT PRIMARY KEY,
            site INTEGER NOT NULL REFERENCES site (id),
            number INTEGER,
            event TEXT NOT NULL,
            action TEXT NOT NULL,
            received_at REAL NOT NULL
        ) STRICT, WITHOUT ROWID
        ;
INSERT INTO "delivery" VALUES('guid-1',1,5,'issue_comment','deleted',220.0);
INSERT INTO "delivery" VALUES('guid-2',2,NULL,'ping','',221.0);
CREATE TABLE etag (key TEXT PRIMARY KEY, value TEXT NOT NULL, at REAL NOT NULL DEFAULT 0) STRICT, WITHOUT ROWID;
INSERT INTO "etag" VALUES('key-1','"one"',100.0);
INSERT INTO "etag" VALUES('key-2','W/"two"',100.0);
CREATE TABLE fact (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO "fact" VALUES('posts 0123abcd','{"jane/blog":[1,2]}');
INSERT INTO "fact" VALUES('reconciled jane/blog','95.25');
INSERT INTO "fact" VALUES('unseen john/diary','{"since":98.0,"times":2}');
INSERT INTO "fact" VALUES('untold jane/blog','97.5');
CREATE TABLE issue (            -- pull requests too: they share the numbers
            site INTEGER NOT NULL REFERENCES site (id),
            number INTEGER NOT NULL,
            is_pull_request INTEGER NOT NULL,
            updated_at TEXT NOT NULL,
            comment_count INTEGER NOT NULL,         -- GitHub's
            mirrored INTEGER NOT NULL DEFAULT 0,    -- rows in comment, kept by each change
            complete INTEGER NOT NULL DEFAULT 0,
            surplus INTEGER NOT NULL DEFAULT 0,
            checked_at REAL,
            labels BLOB NOT NULL,                   -- a JSON list of names
            source BLOB NOT NULL,
            PRIMARY KEY (site, number)
        ) STRICT
        ;
INSERT INTO "issue" VALUES(1,1,0,'2026-01-01T00:00:00Z',2,2,1,0,100.0,CAST('["Jobs"]' AS BLOB),CAST('{"url":"https://api.github.com/repos/Jane/Blog/issues/1","repository_url":"https://api.github.com/repos/Jane/Blog","html_url":"https://github.com/Jane/Blog/issues/1","id":3000000001,"number":1,"title":"Post 1","user":{"login":"jane","id":1,"avatar_url":"https://avatars.githubusercontent.com/u/1?v=4","html_url":"https://github.com/jane","type":"User"},"labels":[{"name":"Jobs"}],"state":"open","locked":false,"comments":2,"created_at":"2026-01-01T00:00:00Z","updated_at":"2026-01-01T00:00:00Z","author_association":"OWNER","body":"About the post","pinned_comment":{"url":"https://api.github.com/repos/Jane/Blog/issues/comments/12","html_url":"https://github.com/Jane/Blog/issues/1#issuecomment-12","issue_url":"https://api.github.com/repos/Jane/Blog/issues/1","id":12,"user":{"login":"reader","id":583231,"avatar_url":"https://avatars.githubusercontent.com/u/583231?v=4","html_url":"https://github.com/reader","type":"User"},"created_at":"2026-01-01T00:00:00Z","updated_at":"2026-01-01T00:00:00Z","author_association":"NONE","body":"Pinned é","body_html":"<p>Pinned é</p>"}}' AS BLOB));
INSERT INTO "issue" VALUES(1,2,0,'2026-01-01T00:00:00Z',5,1,0,0,NULL,CAST('[]' AS BLOB),CAST('{"url":"https://api.github.com/repos/Jane/Blog/issues/2","repository_url":"https://api.github.com/repos/Jane/Blog","html_url":"https://github.com/Jane/Blog/issues/2","id":3000000002,"number":2,"title":"Post 2","user":{"login":"jane","id":1,"avatar_url":"https://avatars.githubusercontent.com/u/1?v=4","html_url":"https://github.com/jane","type":"User"},"labels":[],"state":"open","locked":false,"comments":5,"created_at":"2026-01-01T00:00:00Z","updated_at":"2026-01-01T00:00:00Z","author_association":"OWNER","body":"About the post"}' AS BLOB));
INSERT INTO "issue" VALUES(1,3,1,'2026-01-01T00:00:00Z',0,0,0,0,NULL,CAST('[]' AS BLOB),CAST('{"url":"https://api.github.com/repos/Jane/Blog/issues/3","repository_url":"https://api.github.com/repos/Jane/Blog","html_url":"https://github.com/Jane/Blog/issues/3","id":3000000003,"number":3,"title":"Post 3","user":{"login":"jane","id":1,"avatar_url":"https://avatars.githubusercontent.com/u/1?v=4","html_url":"https://github.com/jane","type":"User"},"labels":[],"state":"open","locked":false,"comments":0,"created_at":"2026-01-01T00:00:00Z","updated_at":"2026-01-01T00:00:00Z","author_association":"OWNER","body":"About the post","pull_request":{"url":"https://api.github.com/repos/jane/blog/pulls/3"}}' AS BLOB));
INSERT INTO "issue" VALUES(1,4,0,'2026-01-01T00:00:00Z',3,1,1,2,101.0,CAST('[]' AS BLOB),CAST('{"url":"https://api.github.com/repos/Jane/Blog/issues/4","repository_url":"https://api.github.com/repos/Jane/Blog","html_url":"https://github.com/Jane/Blog/issues/4","id":3000000004,"number":4,"title":"Post 4","user":{"login":"jane","id":1,"avatar_url":"https://avatars.githubusercontent.com/u/1?v=4","html_url":"https://github.com/jane","type":"User"},"labels":[],"state":"open","locked":false,"comments":3,"created_at":"2026-01-01T00:00:00Z","updated_at":"2026-01-01T00:00:00Z","author_association":"OWNER","body":"About the post"}' AS BLOB));
INSERT INTO "issue" VALUES(2,5,0,'2026-01-01T00:00:00Z',1,1,1,0,105.0,CAST('[]' AS BLOB),CAST('{"url":"https://api.github.com/repos/john/diary/issues/5","repository_url":"https://api.github.com/repos/john/diary","html_url":"https://github.com/john/diary/issues/5","id":3000000005,"number":5,"title":"Post 5","user":{"login":"jane","id":1,"avatar_url":"https://avatars.githubusercontent.com/u/1?v=4","html_url":"https://github.com/jane","type":"User"},"labels":[],"state":"open","locked":false,"comments":1,"created_at":"2026-01-01T00:00:00Z","updated_at":"2026-01-01T00:00:00Z","author_association":"OWNER","body":"About the post"}' AS BLOB));
CREATE TABLE lease (name TEXT PRIMARY KEY, holder TEXT NOT NULL, until REAL NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO "lease" VALUES('pulse','old-process',245.0);
CREATE TABLE mark (
            seq INTEGER PRIMARY KEY AUTOINCREMENT,
            site INTEGER NOT NULL REFERENCES site (id),
            number INTEGER NOT NULL,    -- 0: the repository itself
            purpose TEXT NOT NULL,
            thorough INTEGER NOT NULL,
            marked_at REAL NOT NULL,
            due_at REAL NOT NULL,
            tries INTEGER NOT NULL,
            holder TEXT,                -- who has claimed it
            claimed_until REAL,
            claimed_seq INTEGER,        -- its seq at that moment
            UNIQUE (site, number)
        ) STRICT
        ;
INSERT INTO "mark" VALUES(1,1,1,'read',0,201.0,201.0,0,NULL,NULL,NULL);
INSERT INTO "mark" VALUES(2,1,2,'pulse',1,202.0,202.0,0,'old-worker',225.0,2);
INSERT INTO "mark" VALUES(3,1,3,'check',0,203.0,300.0,1,NULL,NULL,NULL);
INSERT INTO "mark" VALUES(4,1,4,'import',0,204.0,204.0,0,'old-worker',226.0,4);
INSERT INTO "mark" VALUES(5,2,0,'pulse',0,205.0,205.0,0,NULL,NULL,NULL);
INSERT INTO "mark" VALUES(7,1,5,'delivery',1,220.0,220.0,0,NULL,NULL,NULL);
CREATE TABLE signal (           -- one row for each number: the latest
            seq INTEGER PRIMARY KEY AUTOINCREMENT,  -- is never given twice, though rows are replaced
            site INTEGER NOT NULL REFERENCES site (id),
            number INTEGER NOT NULL,    -- 0: the repository itself
            origin TEXT NOT NULL,
            UNIQUE (site, number)
        ) STRICT
        ;
INSERT INTO "signal" VALUES(1,1,1,'old-process');
INSERT INTO "signal" VALUES(2,1,2,'old-process');
INSERT INTO "signal" VALUES(3,1,3,'old-process');
INSERT INTO "signal" VALUES(4,1,0,'old-process');
INSERT INTO "signal" VALUES(5,1,4,'old-process');
INSERT INTO "signal" VALUES(7,1,8,'old-process');
INSERT INTO "signal" VALUES(8,2,5,'old-process');
INSERT INTO "signal" VALUES(9,2,0,'old-process');
CREATE TABLE site (
            id INTEGER PRIMARY KEY,
            key TEXT NOT NULL UNIQUE,   -- owner/name in lower case
            spelling TEXT NOT NULL,     -- as the owner of the blog wrote it
            github_id INTEGER,          -- null until GitHub was asked for the repository: then there is no record
            full_name TEXT,
            list_next TEXT,
            listed_at REAL,
            comments_next TEXT,
            since TEXT,
            checked_at REAL
        , private INTEGER NOT NULL DEFAULT 0) STRICT
        ;
INSERT INTO "site" VALUES(1,'jane/blog','Jane/Blog',7,'jane/blog',NULL,90.5,'https://api.github.com/repositories/7/issues/comments?page=3','2026-01-01T00:00:00Z',100.0,0);
INSERT INTO "site" VALUES(2,'john/diary','john/diary',9,'john/journal','https://api.github.com/repositories/9/issues?page=2',NULL,NULL,NULL,NULL,1);
CREATE TABLE spent (whose TEXT NOT NULL, purpose TEXT NOT NULL, at REAL NOT NULL) STRICT;
INSERT INTO "spent" VALUES('token-digest','read',240.0);
INSERT INTO "spent" VALUES('nobody','read',239.0);
INSERT INTO "spent" VALUES('token-digest','delivery',241.0);
INSERT INTO "spent" VALUES('token-digest','pulse',242.0);
INSERT INTO "spent" VALUES('token-digest','check',243.0);
INSERT INTO "spent" VALUES('token-digest','import',244.0);
CREATE TABLE standing (
            whose TEXT PRIMARY KEY,
            hourly INTEGER,             -- asks in an hour
            remaining INTEGER,
            reset REAL,
            waits_until REAL,
            waits_for TEXT
        ) STRICT, WITHOUT ROWID
        ;
INSERT INTO "standing" VALUES('nobody',60,59,3600.0,NULL,NULL);
INSERT INTO "standing" VALUES('token-digest',5000,4990,3600.5,250.0,'secondary');
CREATE INDEX comment_by_issue ON comment (site, number, id);
CREATE INDEX mark_by_due ON mark (due_at);
CREATE INDEX delivery_by_time ON delivery (site, received_at);
CREATE INDEX spent_by_time ON spent (at);
CREATE INDEX etag_by_time ON etag (at);
CREATE INDEX comment_by_author ON comment (author, site);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('signal',9);
INSERT INTO "sqlite_sequence" VALUES('mark',8);
COMMIT;
