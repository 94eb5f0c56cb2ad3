-- Where names of models lead for one key or project; NULL for none. It must stay nullable without a default: replicas of
-- the release before write whole rows, with NULL for what they do not know.
ALTER TABLE wasat.keys ADD COLUMN routes TEXT;
ALTER TABLE wasat.projects ADD COLUMN routes TEXT;
