import { isDeepStrictEqual } from "node:util";
import pg from "pg";
import { migrate } from "../cli/migrate.ts";
import { execute } from "../test/support/postgres.ts";
import type { Expected } from "./deliveries.ts";

export type Contestant = {
  name: "mirror" | "tutorial" | "guide" | "guide extended" | "guide extended, tuned" | "floor";
  /** The Worker's source, relative to this folder; undefined for this Worker. */
  entry?: string;
  /** Makes its tables in an empty database. */
  prepare(url: string): Promise<void>;
  /** Throws if the database does not hold what the deliveries say, after `deleted` was deleted at the end. */
  assert: (url: string, expected: ReadonlyMap<string, Expected>, deleted: string, deliveries: number) => Promise<void>;
};

const guideTable = `create table users (
  id text primary key, email text, first_name text, last_name text, image_url text
)`;

const assertGuide: Contestant["assert"] = async (url, expected, deleted) => {
  const rows = await query(url, "select id, email, first_name, last_name, image_url from users");
  const wanted = [...expected.values()]
    .filter(({ id }) => id !== deleted)
    .map(({ id, email, first_name, last_name, image_url }) => ({ id, email, first_name, last_name, image_url }));
  assertRows(rows, wanted);
};

/** It only inserts: it never changes or removes a row. */
const assertTutorial: Contestant["assert"] = async (url, expected) => {
  const rows = await query(url, "select id from users order by id");
  const wanted = [...expected.keys()].toSorted();
  if (
    !isDeepStrictEqual(
      rows.map(({ id }) => id),
      wanted,
    )
  )
    throw new Error(`found ${rows.length} rows, expected ${wanted.length}`);
};

const assertCopy: Contestant["assert"] = async (url, expected, deleted, deliveries) => {
  const rows = await query(
    url,
    `select id, email, first_name, last_name, image_url, public_metadata
    from clerk.users where deleted_at is null`,
  );
  assertRows(
    rows,
    [...expected.values()].filter(({ id }) => id !== deleted),
  );

  const tombstones = await query(url, "select id, email, first_name from clerk.users where deleted_at is not null");
  const tombstone = { id: deleted, email: null, first_name: null };
  assertRows(tombstones, [tombstone]);

  const ledger = await query(
    url,
    "select outcome, attempts, count(*)::int as count from clerk.deliveries group by 1, 2",
  );
  if (!isDeepStrictEqual(ledger, [{ outcome: "applied", attempts: 1, count: deliveries }])) {
    throw new Error(`the ledger should have ${deliveries} deliveries, all applied once: ${JSON.stringify(ledger)}`);
  }
};

export const contestants: readonly Contestant[] = [
  { name: "mirror", prepare: migrate, assert: assertCopy },
  {
    name: "tutorial",
    entry: "contestants/tutorial.ts",
    prepare: (url) => execute(url, guideTable),
    assert: assertTutorial,
  },
  {
    name: "guide",
    entry: "contestants/guide.ts",
    prepare: (url) => execute(url, guideTable),
    assert: assertGuide,
  },
  { name: "guide extended", entry: "contestants/guide-extended.ts", prepare: migrate, assert: assertCopy },
  { name: "guide extended, tuned", entry: "contestants/guide-extended-tuned.ts", prepare: migrate, assert: assertCopy },
  { name: "floor", entry: "contestants/floor.ts", prepare: migrate, assert: assertCopy },
];

export const query = async (url: string, text: string): Promise<Record<string, unknown>[]> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
};

const assertRows = (rows: readonly Record<string, unknown>[], wanted: readonly { id: string }[]): void => {
  if (rows.length !== wanted.length) throw new Error(`found ${rows.length} rows, expected ${wanted.length}`);
  const rowOf = new Map(rows.map((row) => [row.id, row]));
  for (const user of wanted) {
    const row = rowOf.get(user.id);
    if (!isDeepStrictEqual(row, user)) {
      throw new Error(`found the row ${JSON.stringify(row)}, expected ${JSON.stringify(user)}, which was sent last`);
    }
  }
};
