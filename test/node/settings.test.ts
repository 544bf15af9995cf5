import { describe as group, expect, test } from "vitest";
import { readConnectionString } from "../../src/connection-string.ts";
import { describe } from "../../cli/describe.ts";
import { type Bindings, readSettings } from "../../src/settings.ts";

/** What a person may paste or write, and what is said to that. */

const good = "postgresql://owner:hunter2@ep-cool-rain-123.us-east-2.aws.neon.tech/neondb?sslmode=require";

const bindings = (own: Record<string, unknown>): Bindings => ({
  DATABASE_URL: good,
  CLERK_WEBHOOK_SIGNING_SECRET: `whsec_${Buffer.alloc(24, 7).toString("base64")}`,
  ...own,
});

const saidOf = (own: Record<string, unknown>): string => {
  const read = readSettings(bindings(own));
  return read.ok ? "" : describe(read.failure);
};

group("a connection string", () => {
  test.for([
    good,
    ` ${good}\n`,
    `'${good}'`,
    `"${good}"`,
    `psql '${good}'`,
    `psql ${good}`,
    good.replace("postgresql", "postgres"),
    good.replace("hunter2", "hunter%232"),
  ])("is taken as it was pasted: %s", (pasted) => {
    const read = readSettings(bindings({ DATABASE_URL: pasted }));
    expect(read).toMatchObject({
      ok: true,
      value: { databaseUrl: expect.stringMatching(/^postgres(ql)?:\/\/owner:/) },
    });
    expect(read.ok && read.value.databaseUrl).not.toMatch(/['"\s]|psql/);
  });

  const wrong: [string, string, RegExp][] = [
    ["a line break inside", good.replace("hunter2", "hun\nter2"), /has a line break, a space or a letter/],
    ["a space inside", good.replace("hunter2", "hun ter2"), /has a line break, a space or a letter/],
    ["a letter that is not ASCII", good.replace("hunter2", "huntér2"), /percent-encode what belongs to it/],
    ["a zero-width space", `${good}\u200b`, /has a line break, a space or a letter/],
    ["a quote at its end", `${good}'`, /has a quote in it/],
    ["two addresses", `${good}${good}`, /holds two addresses/],
    ["an address behind another's name", `DATABASE_URL=${good}`, /is not of the form postgresql:/],
    ["a %", good.replace("hunter2", "hunter%2"), /percent-encode what .*%25/],
    ["a #", good.replace("hunter2", "hunter#2"), /percent-encode what .*%23/],
    ["a / in the password", good.replace("hunter2", "hun/ter2"), /percent-encode what/],
    ["a control character", good.replace("hunter2", "hunter%0A2"), /percent-encode what/],
    ["no password", good.replace(":hunter2", ""), /is not of the form postgresql:/],
    ["no database", good.replace("/neondb", ""), /is not of the form postgresql:/],
    ["another protocol", good.replace("postgresql", "mysql"), /is not of the form postgresql:/],
    ["Supabase's host", good.replace(/@[^/]+/, "@db.abc.supabase.co"), /has a host that is not Neon's/],
    ["Hyperdrive's host", good.replace(/@[^/]+/, "@abc.hyperdrive.local"), /has a host that is not Neon's/],
    ["this machine", good.replace(/@[^/]+/, "@localhost:5432"), /has a host that is not Neon's/],
    ["a host behind its question mark", `${good}&host=127.0.0.1`, /behind its `\?`/],
    ["a password behind its question mark", `${good}&password=hunter2`, /behind its `\?`/],
    ["a backslash in its password", good.replace("hunter2", "\\hunter2"), /percent-encode/],
    ["a backslash that hides its host", good.replace("@ep", "@example.com\\@ep"), /percent-encode/],
    ["a host in code", good.replace("ep-cool", "ep%2Dcool"), /percent-encode/],
    ["a host that only looks like Neon's", good.replace(".neon.tech", ".neon.tech.example.com"), /not Neon's/],
  ];
  test.for(wrong)("with %s is refused by its name, without a word of it", ([, pasted, message]) => {
    const said = saidOf({ DATABASE_URL: pasted });
    expect(said).toMatch(/^DATABASE_URL /);
    expect(said).toMatch(message);
    expect(said).not.toMatch(/hunter|hun|owner|ep-cool/);
  });

  test("goes to another host than Neon's only where a gateway is set for it", () => {
    const own = good.replace(/@[^/]+/, "@127.0.0.1:5432");
    expect(saidOf({ DATABASE_URL: own, NEON_FETCH_ENDPOINT: "http://127.0.0.1:4444/sql" })).toBe("");
    expect(saidOf({ DATABASE_URL: own, NEON_FETCH_ENDPOINT: "ftp://127.0.0.1/sql" })).toMatch(/^NEON_FETCH_ENDPOINT /);
  });

  test("is read again as it was returned", () => {
    const once = readConnectionString(`psql "${good}"`);
    expect(once).toEqual({ ok: true, value: good });
    expect(readConnectionString(good)).toEqual(once);
  });
});

group("a setting of wrangler.toml", () => {
  test("may be a number or true without quotes", () => {
    const own = { MIRROR_SESSIONS: true, MIRROR_BILLING: false, MIRROR_PAGE_SIZE: 50, MIRROR_LEDGER_DAYS: 7 };
    expect(readSettings(bindings(own))).toMatchObject({
      ok: true,
      value: { hasSessions: true, hasBilling: false, pageSize: 50, ledgerDays: 7 },
    });
    expect(saidOf({ MIRROR_SESSIONS: 1 })).toBe("MIRROR_SESSIONS must be true or false");
    expect(saidOf({ MIRROR_OMIT: ["users.email"] })).toBe("MIRROR_OMIT is not a text");
  });

  test.for([
    ["private_metadata", /users\.private_metadata or organizations\.private_metadata/],
    ["user.email", /as table\.column/],
    ["users.id", /"users\.id", which cannot be omitted/],
  ] as const)("MIRROR_OMIT=%s is answered with what it may have meant", ([text, message]) => {
    expect(saidOf({ MIRROR_OMIT: text })).toMatch(message);
  });
});

test.for(["DATABASE_URL", "CLERK_WEBHOOK_SIGNING_SECRET"])("%s that is missing says where to set it", (name) => {
  expect(saidOf({ [name]: undefined })).toBe(
    `${name} is not set; set it with \`npx wrangler secret put ${name}\`, for local work in .dev.vars`,
  );
});
