// The tables, version by version. Invariant: what was released is never edited; a change is a new entry.
import { OTHER } from "../core/other.ts";

/** What paired answers and second looks say, and the endpoint templates that were learnt. */
const NOISE_TABLES = `
  ALTER TABLE endpoints ADD COLUMN noise INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE endpoints ADD COLUMN paired INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE signatures ADD COLUMN rechecked INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE signatures ADD COLUMN transient INTEGER NOT NULL DEFAULT 0;

  CREATE TABLE paths (
    id INTEGER PRIMARY KEY,
    endpoint TEXT NOT NULL,
    part TEXT NOT NULL,
    path TEXT NOT NULL,
    candidate_only INTEGER NOT NULL,
    baseline_only INTEGER NOT NULL,
    both_sides INTEGER NOT NULL,
    shape_pairs INTEGER NOT NULL,
    shape_broken INTEGER NOT NULL,
    time_apart_ms REAL, -- NULL where the legacy's two values never were times
    number_apart REAL,
    last_seen_ms INTEGER NOT NULL,
    UNIQUE (endpoint, part, path)
  ) STRICT;

  CREATE TABLE path_shapes (
    path_id INTEGER NOT NULL REFERENCES paths (id) ON DELETE CASCADE,
    shape TEXT NOT NULL,
    pairs INTEGER NOT NULL,
    PRIMARY KEY (path_id, shape)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE learned_templates (template TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;

  -- What a signature was called before its endpoint was absorbed by a template.
  CREATE TABLE signature_aliases (id TEXT PRIMARY KEY, signature_id TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE INDEX signature_aliases_by_target ON signature_aliases (signature_id);
`;

/**
 * How many of a signature's differences are breaking. What was counted before is not known of each: `added` members
 * and headers were additive, array elements were not, and of a violation or a root nothing is taken for granted.
 */
const BREAKING_COUNTS = `
  ALTER TABLE signatures ADD COLUMN breaking INTEGER NOT NULL DEFAULT 0;
  UPDATE signatures SET breaking = count WHERE kind <> 'added' OR path LIKE '%/*' OR path IN ('', '${OTHER}');
`;

/**
 * What people decide, who changed what, rules added while running, and sums over time. `state` of a signature is what
 * was decided last; whether it is in force still follows from the clock (core/triage).
 */
const REVIEW_TABLES = `
  ALTER TABLE signatures ADD COLUMN expires_ms INTEGER; -- of an acceptance
  ALTER TABLE signatures ADD COLUMN link TEXT; -- of a bug
  ALTER TABLE signatures ADD COLUMN decided_by TEXT; -- NULL where nobody decided yet
  ALTER TABLE signatures ADD COLUMN decided_ms INTEGER;
  ALTER TABLE signatures ADD COLUMN owner TEXT;
  -- What the paired counts and second looks say, as its place in TIER_ORDER: kept by the writer, checked at the start.
  ALTER TABLE signatures ADD COLUMN tier INTEGER NOT NULL DEFAULT 1;
  DROP INDEX signatures_by_endpoint;
  CREATE INDEX signatures_by_place ON signatures (endpoint, part, path);
  -- Both hold all that tells the state in force; the second but for last_seen_ms, so that a flush leaves it alone.
  CREATE INDEX signatures_by_tier ON signatures (tier, count DESC, id, state, last_seen_ms, expires_ms, decided_ms);
  CREATE INDEX signatures_by_state ON signatures (endpoint, tier, state, expires_ms);

  ALTER TABLE samples ADD COLUMN endpoint TEXT NOT NULL DEFAULT '';
  ALTER TABLE samples ADD COLUMN route TEXT NOT NULL DEFAULT '';
  UPDATE samples SET endpoint = coalesce(document ->> '$.endpoint', ''), route = coalesce(document ->> '$.route', '');
  CREATE INDEX samples_by_endpoint ON samples (endpoint, at_ms);

  CREATE TABLE audit (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at_ms INTEGER NOT NULL,
    who TEXT NOT NULL,
    role TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL -- a JSON object
  ) STRICT;
  CREATE INDEX audit_by_subject ON audit (subject, id, action);
  CREATE INDEX audit_by_action ON audit (action, id);
  -- In the order in which entries go at the limit: comments last.
  CREATE INDEX audit_by_worth ON audit (action = 'comment', id);

  CREATE TABLE added_rules (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL,
    route TEXT NOT NULL, -- empty for all
    rule TEXT NOT NULL, -- JSON
    who TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    UNIQUE (id, route)
  ) STRICT;

  CREATE TABLE trend_scopes (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    UNIQUE (kind, key)
  ) STRICT;

  -- By time first: what one flush writes lies together, and so does what is rolled up or dropped.
  CREATE TABLE trends (
    resolution INTEGER NOT NULL, -- its place in TREND_RESOLUTIONS
    at_ms INTEGER NOT NULL,
    scope_id INTEGER NOT NULL,
    exchanges INTEGER NOT NULL,
    matches INTEGER NOT NULL,
    mismatches INTEGER NOT NULL,
    noise INTEGER NOT NULL,
    incomparable INTEGER NOT NULL,
    skipped INTEGER NOT NULL,
    legacy_latency TEXT, -- a JSON object, bucket to count; NULL for endpoints and signatures
    candidate_latency TEXT,
    PRIMARY KEY (resolution, at_ms, scope_id)
  ) STRICT, WITHOUT ROWID;
`;

/** Who still calls the legacy: the units and user agents that were seen, redacted. */
const CALLERS_TABLE = `
  CREATE TABLE callers (
    route TEXT NOT NULL,
    unit_kind TEXT NOT NULL, -- empty, as is unit, where the request had none
    unit TEXT NOT NULL,
    user_agent TEXT NOT NULL,
    first_seen_ms INTEGER NOT NULL,
    last_seen_ms INTEGER NOT NULL,
    requests INTEGER NOT NULL,
    PRIMARY KEY (route, unit_kind, unit, user_agent)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX callers_by_time ON callers (last_seen_ms);
  CREATE INDEX callers_by_route ON callers (route, last_seen_ms);
`;

/** Index i brings version i to i + 1. Never edited once released: a change is a new entry. */
export const MIGRATIONS = [
  `
  CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;

  CREATE TABLE endpoints (
    id INTEGER PRIMARY KEY,
    endpoint TEXT NOT NULL,
    route TEXT NOT NULL,
    exchanges INTEGER NOT NULL,
    matches INTEGER NOT NULL,
    mismatches INTEGER NOT NULL,
    last_seen_ms INTEGER NOT NULL,
    UNIQUE (endpoint, route)
  ) STRICT;

  CREATE TABLE endpoint_counts (
    endpoint_id INTEGER NOT NULL REFERENCES endpoints (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (endpoint_id, kind, key)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE signatures (
    id TEXT PRIMARY KEY,
    endpoint TEXT NOT NULL,
    part TEXT NOT NULL,
    path TEXT NOT NULL,
    kind TEXT NOT NULL,
    count INTEGER NOT NULL,
    exchanges INTEGER NOT NULL,
    first_seen_ms INTEGER NOT NULL,
    last_seen_ms INTEGER NOT NULL,
    state TEXT NOT NULL DEFAULT 'new'
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX signatures_by_endpoint ON signatures (endpoint, count);
  CREATE INDEX signatures_by_count ON signatures (count);

  CREATE TABLE samples (
    id TEXT PRIMARY KEY,
    at_ms INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    document TEXT NOT NULL
  ) STRICT;
  CREATE INDEX samples_by_time ON samples (at_ms, bytes);

  CREATE TABLE sample_signatures (
    signature_id TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    sample_id TEXT NOT NULL REFERENCES samples (id) ON DELETE CASCADE,
    path TEXT, -- NULL where the sample's cut list does not hold a difference of this signature
    legacy TEXT,
    candidate TEXT,
    PRIMARY KEY (signature_id, at_ms, sample_id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX sample_signatures_by_sample ON sample_signatures (sample_id);

  CREATE TABLE rule_hits (
    route TEXT NOT NULL,
    rule_index INTEGER NOT NULL,
    hits INTEGER NOT NULL,
    last_hit_ms INTEGER NOT NULL,
    PRIMARY KEY (route, rule_index)
  ) STRICT, WITHOUT ROWID;
  `,
  // A place in a list told nothing of the rule that had stood there: those hits cannot be carried over.
  `
  DROP TABLE rule_hits;
  CREATE TABLE rule_hits (
    rule_id TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    route TEXT NOT NULL,
    hits INTEGER NOT NULL,
    last_hit_ms INTEGER NOT NULL,
    examples TEXT NOT NULL, -- a JSON list, newest first
    PRIMARY KEY (rule_id, endpoint, route)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX rule_hits_by_time ON rule_hits (last_hit_ms);
  `,
  NOISE_TABLES,
  BREAKING_COUNTS,
  REVIEW_TABLES,
  CALLERS_TABLE,
] as const;
