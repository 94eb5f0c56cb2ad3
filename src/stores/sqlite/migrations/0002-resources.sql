-- What clients created and named. A name belongs to its key, so that no key can learn which names another one took.
-- No foreign key to keys: what a deleted key leaves behind expires like everything else.
CREATE TABLE resources (
  key_id     TEXT NOT NULL,
  name       TEXT NOT NULL,
  collection TEXT NOT NULL,
  parent     TEXT,
  upstream   TEXT,
  created_at INTEGER NOT NULL CHECK (created_at >= 0),
  updated_at INTEGER NOT NULL CHECK (updated_at >= 0),
  expires_at INTEGER CHECK (expires_at >= 0),
  blob       TEXT UNIQUE,
  size_bytes INTEGER NOT NULL CHECK (size_bytes >= 0),
  document   TEXT NOT NULL CHECK (json_valid(document)),
  PRIMARY KEY (name, key_id)
) STRICT;

-- Pages of a list, and with the size the totals of a key, without a look at the rows themselves.
CREATE INDEX resources_by_age ON resources (key_id, collection, created_at, name, size_bytes);
CREATE INDEX resources_by_parent ON resources (key_id, parent, created_at, name) WHERE parent IS NOT NULL;
CREATE INDEX resources_by_expiry ON resources (expires_at) WHERE expires_at IS NOT NULL;
