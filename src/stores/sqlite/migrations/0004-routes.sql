-- Where names of models lead for one key or project; NULL for none.
ALTER TABLE keys ADD COLUMN routes TEXT CHECK (json_valid(routes));
ALTER TABLE projects ADD COLUMN routes TEXT CHECK (json_valid(routes));
