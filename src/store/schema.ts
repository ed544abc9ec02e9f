/**
 * The steps from an empty file to the present schema; a file's user_version counts those that it has behind it. A step
 * that was released never changes: what is to be otherwise is a new step.
 *
 * Times are milliseconds since 1970. `tags` holds only those about which there is more to say than that the first scan
 * listed them, so that a repository of a hundred thousand tags is a few pages of JSON.
 */
export const MIGRATIONS: readonly string[] = [
  `CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
   CREATE TABLE repositories (
     id INTEGER PRIMARY KEY,
     name TEXT NOT NULL,
     viewer TEXT NOT NULL,
     used_ms INTEGER NOT NULL,
     first_scan_ms INTEGER,
     pending_believed TEXT,
     pending_answers INTEGER,
     pending_since_ms INTEGER,
     UNIQUE (name, viewer)
   ) STRICT;
   CREATE TABLE pages (
     repository INTEGER NOT NULL REFERENCES repositories ON DELETE CASCADE,
     position INTEGER NOT NULL,
     url TEXT NOT NULL,
     etag TEXT,
     next TEXT,
     tags TEXT NOT NULL,
     PRIMARY KEY (repository, position)
   ) STRICT;
   CREATE TABLE tags (
     repository INTEGER NOT NULL REFERENCES repositories ON DELETE CASCADE,
     tag TEXT NOT NULL,
     first_seen_ms INTEGER NOT NULL,
     left_ms INTEGER,
     digest TEXT,
     since_ms INTEGER,
     checked_ms INTEGER,
     PRIMARY KEY (repository, tag)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE digests (
     repository INTEGER NOT NULL REFERENCES repositories ON DELETE CASCADE,
     digest TEXT NOT NULL,
     first_seen_ms INTEGER NOT NULL,
     used_ms INTEGER NOT NULL,
     content TEXT,
     PRIMARY KEY (repository, digest)
   ) STRICT, WITHOUT ROWID;`,
  `CREATE TABLE credentials (
     name TEXT NOT NULL,
     host TEXT NOT NULL,
     success_ms INTEGER,
     failure_ms INTEGER,
     failure_code TEXT,
     PRIMARY KEY (name, host)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE open_registries (api_url TEXT PRIMARY KEY, since_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;`,
];
