/** Fails if `drizzle/` does not lead to the tables of src/schema.ts: somebody forgot `npm run db:generate`. */
import { readdirSync, readFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { generateDrizzleJson } from "drizzle-kit/api";
import * as schema from "../../src/schema.ts";

const folder = new URL("../../drizzle/meta/", import.meta.url);
const newest = readdirSync(folder)
  .filter((file) => file.endsWith("_snapshot.json"))
  .toSorted()
  .at(-1);
if (newest === undefined) throw new Error("There is no snapshot in drizzle/meta.");

type Snapshot = ReturnType<typeof generateDrizzleJson>;
const committed = JSON.parse(readFileSync(new URL(newest, folder), "utf8")) as Snapshot;
// Through JSON, like the committed one.
const current = JSON.parse(JSON.stringify(generateDrizzleJson(schema, committed.prevId))) as Snapshot;
if (!isDeepStrictEqual({ ...current, id: committed.id }, committed)) {
  console.error("The migrations in drizzle/ do not lead to the tables of src/schema.ts. Run: npm run db:generate");
  process.exit(1);
}
