import { directUrlOf } from "../../cli/direct-url.ts";
import { readFile } from "node:fs/promises";
import pg from "pg";
import { parse } from "smol-toml";
import { describe, expect, test, vi } from "vitest";
import { diffOf } from "../../cli/setup/diff.ts";
import { asRole, isSameDatabase } from "../../cli/own-database.ts";
import { placementOf } from "../../cli/setup/region.ts";
import { literal, newPassword, rolesSql } from "../../cli/setup/roles-sql.ts";
import { eventLines } from "../../cli/setup/webhook-step.ts";
import { withoutSecrets } from "../../cli/setup/wrangler.ts";
import { settingIn, withSetting } from "../../cli/setup/wrangler-toml.ts";
import { withoutSettings } from "../../dev/own-config.ts";
import { migrate } from "../../cli/migrate.ts";
import { entityOfEvent } from "../../src/entities/index.ts";
import { execute, startPostgres } from "../support/postgres.ts";

const read = (path: string): Promise<string> => readFile(new URL(`../../${path}`, import.meta.url), "utf8");

describe("the region of a database", () => {
  test.for([
    ["ep-cool-1.us-east-2.aws.neon.tech", "aws:us-east-2"],
    ["ep-cool-1-pooler.c-2.eu-central-1.aws.neon.tech", "aws:eu-central-1"],
    ["EP-COOL-1.EASTUS2.AZURE.NEON.TECH", "azure:eastus2"],
    ["ep-cool-1.gwc.azure.neon.tech", "azure:germanywestcentral"],
    ["ep-cool-1.mars-1.aws.neon.tech", undefined],
    ["ep-cool-1.us-east-2.aws.neon.tech.example.com", undefined],
    ["127.0.0.1", undefined],
    ["constructor.neon.tech", undefined],
  ])("of %s is %s", ([host, expected]) => {
    expect(placementOf(host ?? "")).toBe(expected);
  });
});

describe("a connection string", () => {
  const pooled = "postgresql://owner:p%40ss@ep-cool-1-pooler.us-east-2.aws.neon.tech/neondb?sslmode=require";

  test("is made direct for Postgres's client, and names another role, whatever its password", () => {
    expect(directUrlOf(pooled)).toBe(
      "postgresql://owner:p%40ss@ep-cool-1.us-east-2.aws.neon.tech/neondb?sslmode=verify-full",
    );
    expect(directUrlOf("postgresql://a:b@my-pooler.example.com/db")).toBe("postgresql://a:b@my-pooler.example.com/db");
    expect(asRole(pooled, "clerk_app", "a/b@c%")).toBe(
      "postgresql://clerk_app:a%2Fb%40c%25@ep-cool-1-pooler.us-east-2.aws.neon.tech/neondb?sslmode=require",
    );
    expect(isSameDatabase(pooled, directUrlOf(asRole(pooled, "clerk_app", "x")))).toBe(true);
    expect(isSameDatabase(pooled, pooled.replace("neondb", "other"))).toBe(false);
    expect(isSameDatabase(pooled, "nothing")).toBe(false);
  });
});

describe("an edit of wrangler.toml", () => {
  const id = { table: "vars", key: "CLERK_INSTANCE_ID", value: "ins_2abc" };
  const region = { table: "placement", key: "region", value: "aws:us-east-2" };
  const both = (toml: string): string => withSetting(withSetting(toml, id) ?? "", region) ?? "";

  const files: [string, string][] = [
    [
      "commented examples",
      '# Optional.\n# [vars]\n# CLERK_INSTANCE_ID = "ins_…"\n# MIRROR_OMIT = "users.name"\n\n# [placement]\n# region = "aws:us-east-1"\n',
    ],
    ["other variables", "[vars]\nMIRROR_SESSIONS = true # all of them\n\n[placement]\n"],
    [
      "another value and a comment",
      "[vars] # mine\nCLERK_INSTANCE_ID   =   'ins_1'  # dev\n[placement]\nregion = \"aws:us-east-1\" # Virginia\n",
    ],
    ["nothing", 'name = "clerk-mirror"'],
    ["a table of the same name deeper down", '[env.x.vars]\nCLERK_INSTANCE_ID = "ins_x"\n'],
  ];
  test.for(files)("sets one value, keeps all else with its comments, and does nothing twice: %s", ([, file]) => {
    const edited = both(file);
    expect(settingIn(edited, id)).toBe(id.value);
    expect(settingIn(edited, region)).toBe(region.value);
    const { vars: _vars, placement: _placement, ...others } = parse(edited);
    const { vars: _earlierVars, placement: _earlier, ...earlier } = parse(file);
    expect(others).toEqual(earlier);
    for (const comment of file.match(/#[^[=\n]*$/gm) ?? []) expect(edited).toContain(comment);
    expect(both(edited)).toBe(edited);
  });

  test("takes the place of the commented example, and the diff shows that and no more", () => {
    const [, file] = files[0] ?? ["", ""];
    expect(diffOf(file, both(file), 0).map(({ sign, text }) => `${sign}${text}`)).toEqual([
      "-# [vars]",
      '-# CLERK_INSTANCE_ID = "ins_…"',
      "+[vars]",
      '+CLERK_INSTANCE_ID = "ins_2abc"',
      "-# [placement]",
      '-# region = "aws:us-east-1"',
      "+[placement]",
      '+region = "aws:us-east-2"',
    ]);
    expect(diffOf(file, file)).toEqual([]);
  });

  test.for(['vars = { A = "1" }\n', 'vars.A = "1"\n', '["vars"]\nA = "1"\n', 'vars = "text"\n'])(
    "gives up on a form that it does not edit: %s",
    (file) => {
      expect(withSetting(file, id)).toBeUndefined();
    },
  );

  test("of the shipped file goes into its last section, which releases leave alone", async () => {
    const shipped = withoutSettings(await read("wrangler.toml"));
    const edited = both(shipped);
    const at = edited.indexOf("# Yours: releases never change what follows.");
    expect(at).toBeGreaterThan(0);
    expect(edited.slice(0, at)).toBe(shipped.slice(0, at));
    expect(withoutSettings(edited)).not.toContain("CLERK_INSTANCE_ID");
  });
});

describe("drizzle/roles.sql without psql", () => {
  test("takes any password, a quote too, keeps those that are left out, and runs again", async () => {
    const template = await read("drizzle/roles.sql");
    const postgres = await startPostgres();
    try {
      const url = postgres.url("roles");
      await execute(postgres.url("postgres"), "create database roles");
      await migrate(url);
      const passwords = { worker: `it's a \\'"; drop schema clerk; --`, app: "$1 :app_password $$", appOwner: "' '" };
      await execute(url, rolesSql(template, passwords));
      for (const [role, password] of [
        ["clerk_mirror", passwords.worker],
        ["clerk_app", passwords.app],
        ["clerk_app_owner", passwords.appOwner],
      ] as const) {
        await execute(url, rolesSql(template, { worker: undefined, app: undefined, appOwner: undefined }));
        const client = new pg.Client({ connectionString: asRole(url, role, password) });
        await client.connect();
        expect((await client.query("select current_user as name")).rows).toEqual([{ name: role }]);
        await client.end();
      }
    } finally {
      await postgres.close();
    }
  });

  test("leaves no variable of psql behind, and writes no password that needs encoding", async () => {
    const statements = rolesSql(await read("drizzle/roles.sql"), { worker: "a", app: undefined, appOwner: "b" });
    expect(statements.replaceAll(/^--.*$/gm, "")).not.toMatch(/(?<!:):[a-z]/);
    expect(statements).toContain("alter role clerk_mirror login password 'a';");
    expect(statements).toContain("alter role clerk_app login;");
    expect(statements).toContain("alter role clerk_app_owner login password 'b';");
    expect(literal("it's")).toBe("'it''s'");
    expect(newPassword()).toMatch(/^[\w-]{32}$/);
    expect(newPassword()).not.toBe(newPassword());
  });
});

test("what wrangler says of an error is shown without colors, and without a secret", () => {
  vi.stubEnv("CLOUDFLARE_API_TOKEN", "hunter2-of-cloudflare");
  vi.stubEnv("CLERK_SECRET_KEY", "key-of-no-form");
  try {
    const said = withoutSecrets(
      "\u001B[31m✘ [ERROR]\u001B[39m /accounts/0123 failed [code: 10013]: hunter2-of-cloudflare, Bearer abc.def, sk_live_x, whsec_eHh4, postgresql://a:b@host/db, key-of-no-form, https://example.com/\n",
    );
    expect(said).toBe("✘ [ERROR] /accounts/0123 failed [code: 10013]: …, … … … … …, https://example.com/");
  } finally {
    vi.unstubAllEnvs();
  }
});

test("the events to tick are all that are mirrored, but for older spellings", () => {
  const listed = eventLines().flatMap((line) => {
    const [group = "", events = ""] = line.split(": ");
    return events.split(", ").map((event) => `${group}.${event}`);
  });
  expect(listed.toSorted()).toEqual([...entityOfEvent.keys()].filter((type) => !type.includes("_")).toSorted());
});
