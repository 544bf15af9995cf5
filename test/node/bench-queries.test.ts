import { expect, test } from "vitest";
import { limitsOf } from "../../bench/limits.ts";
import { measureQueries, queries } from "../../bench/queries.ts";
import { pageWith, report } from "../../bench/report.ts";

/** The benchmark of queries, with a small copy: `npm run bench` has a million users. */

test("every query finds rows, and goes by the index that it should", async () => {
  const sizes = { users: 20_000, deliveries: 24_000, runs: 3, costUsers: 500, costRounds: 1 };
  const result = await measureQueries(sizes, new AbortController().signal, () => {});
  expect(result.queries.map(({ what }) => what)).toEqual(queries.map(({ what }) => what));
  for (const { milliseconds, by, isLimited } of result.queries) {
    expect(milliseconds).toBeGreaterThan(0);
    expect(by.length > 0).toBe(isLimited);
  }
  expect(result.sizes.map(({ name }) => name)).toContain("users_email_lower_index");
  for (const { byKind } of result.costs.ratios)
    for (const ratio of Object.values(byKind)) expect(ratio).toBeGreaterThan(0);

  const results = { machine: "a machine", queries: result };
  const part = report(results);
  for (const { what } of queries) expect(part).toContain(what);

  const page =
    "# Benchmarks\n\nIntroduced.\n\n## The outbox\n\nAs it was.\n\n## Limits\n\n| what | found | limit | kept |\n|---|---:|---|---|\n| another | 1.00 | at most 2 | yes |\n\nAn older machine\n";
  const once = pageWith(page, results);
  const [{ what } = { what: "" }] = limitsOf(results);
  for (const text of ["Introduced.", "As it was.", "## Queries", "| another | 1.00 |", what, "An older machine"])
    expect(once.split(text).length, text).toBe(2);
  // Again, it replaces what it wrote.
  expect(pageWith(once, results)).toBe(once);
});
