import type { Migration } from '../migrations.ts';

/** The storage of `Alarms`. Times are milliseconds since 1970. Released steps are never edited. */
export const ALARM_STEPS: readonly Migration[] = [
  {
    name: 'alarms, endpoint that is gone',
    sql: `
    CREATE TABLE alarms (
      seq INTEGER PRIMARY KEY, -- the order of raising
      id TEXT NOT NULL,
      kind TEXT NOT NULL,
      subject TEXT NOT NULL, -- what two conditions of one kind have in common that are one alarm
      at INTEGER NOT NULL, -- the first time
      tenant TEXT,
      count INTEGER NOT NULL,
      message TEXT NOT NULL,
      details TEXT NOT NULL CHECK (json_valid(details)),
      state TEXT NOT NULL CHECK (state IN ('pending', 'delivered', 'given_up', 'endpoint_gone', 'not_configured')),
      attempts INTEGER NOT NULL DEFAULT 0,
      sent_count INTEGER, -- what the message says of the count, each time it is sent; null before the first
      last_status INTEGER,
      due_at INTEGER -- of the next attempt; null where there is none
    ) STRICT;
    CREATE INDEX alarms_by_subject ON alarms (kind, subject);
    CREATE INDEX alarms_due ON alarms (due_at) WHERE due_at IS NOT NULL;

    -- The endpoint that answered 410, as a digest of its address and secrets.
    CREATE TABLE gone_endpoint (
      one INTEGER PRIMARY KEY CHECK (one = 1),
      digest TEXT NOT NULL
    ) STRICT;`,
  },
];
