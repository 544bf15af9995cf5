import { expect, test } from "vitest";
import type { Database } from "../../src/database/connect.ts";
import { type LedgerLine, mergeInto, type Merged } from "../../src/database/merge.ts";
import { ok } from "../../src/result.ts";

/** What a proxy in between may make of the database's answer. */

const line = (id: string): LedgerLine => ({
  id,
  type: "user.created",
  subject_id: undefined,
  instance_id: undefined,
  occurred_at: undefined,
  subject: undefined,
  otherwise: "ignored",
});
const merged = (id: string): Merged => ({ id, outcome: "applied", attempts: 1 });

const answered = (rows: readonly Merged[]) => {
  const answer = async () => ok([...rows] as never[]);
  const database: Database = { query: answer, prepare: () => answer };
  return mergeInto(database)([], [line("msg_1"), line("msg_2")]);
};

test("an answer that names the deliveries of the call, in any order, is one", async () => {
  const rows = [merged("msg_2"), merged("msg_1")];
  expect(await answered(rows)).toEqual(ok(rows));
});

test.each<[string, Merged[]]>([
  ["none of them", []],
  ["one of two", [merged("msg_1")]],
  ["another delivery", [merged("msg_1"), merged("msg_3")]],
  ["one of them twice", [merged("msg_1"), merged("msg_1")]],
  ["one too many", [merged("msg_1"), merged("msg_2"), merged("msg_3")]],
])("an answer that names %s is none: nothing may be acknowledged", async (_, rows) => {
  expect(await answered(rows)).toEqual({ ok: false, failure: { kind: "unavailable", cause: "answer" } });
});
