import { directUrlOf } from "../direct-url.ts";
import { readFileSync } from "node:fs";
import { asRole, isSameDatabase, rowsOf, withClient } from "../own-database.ts";
import { keptPath, readKeptFile, replaceKeptFile, writeKeptFile } from "./kept.ts";
import { tell } from "./ask.ts";
import { newPassword, rolesSql } from "./roles-sql.ts";
import type { OwnDatabase, Session } from "./session.ts";
import { done, failed, skipped, type Step } from "./step.ts";

/** 3. The roles that limit the Worker, the app and the app's migrations to what each needs. */
export const rolesStep: Step = {
  name: "roles",
  title: "Roles (recommended)",
  plan: "Makes three roles with random passwords (drizzle/roles.sql): clerk_mirror for the Worker,\nclerk_app for your app, clerk_app_owner for its migrations, which then cannot harm the copy.\nWithout them the Worker connects as the owner.",
  run: async (session) => {
    const { database, ask } = session;
    if (database === undefined) return skipped("Skipped: there is no database.");
    if (!(await hasTables(database))) return skipped("Skipped: the tables are not there yet.");
    if (!database.mayCreateRoles) {
      return failed(
        "The role of DATABASE_URL may not create roles.",
        "Use the owner that Neon made, or skip this step.",
      );
    }
    const here = await rolesHere(database);
    if (!(await ask.agree(here.size === 0 ? "Make the three roles?" : "Bring the roles up to date?"))) {
      return skipped("Skipped. Later: docs/maintenance.md, Roles");
    }
    // Before another one is made: what an earlier run wrote beside a file may be the only place that has the present password.
    for (const { role, file } of roles) if (here.has(role)) await keptUrl(database, file);
    const isKept = here.size > 0 && !session.given.hasNewPasswords && (await isKeeping(session, here));

    const own = await Promise.all(roles.map((role) => passwordOf(database, role, here, isKept)));
    if (!isKept && !(await mayLockOut(session, database, here))) return skipped("Skipped: the roles stay as they are.");
    // Before Postgres learns of them: a password that is written down nowhere would lock everybody out.
    const written: string[] = [];
    for (const [index, { file, role }] of roles.entries()) {
      const { password, isNew } = own[index] ?? { password: undefined, isNew: false };
      if (password === undefined || !isNew) continue;
      writeKeptFile(newer(file), `${asRole(database.url, role, password)}\n`);
      written.push(file);
    }
    const [worker, app, appOwner] = own;
    const template = readFileSync(new URL("../../drizzle/roles.sql", import.meta.url), "utf8");
    const statements = rolesSql(template, {
      worker: worker?.password,
      app: app?.password,
      appOwner: appOwner?.password,
    });
    await withClient(database.directUrl, (client) => client.query(statements));
    for (const file of written) replaceKeptFile(file, newer(file));

    const url = readKeptFile(workerFile)?.trim();
    if (worker?.password !== undefined && url !== undefined) {
      await rowsOf(directUrlOf(url), "select 1");
      session.workerDatabaseUrl = url;
    }
    return done(
      [
        isKept ? "The roles are up to date, with the passwords that they had." : "The roles are there.",
        ...(app?.password === undefined ? [] : [`Your app's connection string is in ${keptPath(appFile)}.`]),
        ...(appOwner?.password === undefined ? [] : [`That of your app's migrations is in ${keptPath(appOwnerFile)}.`]),
        ...(worker?.isNew && here.has("clerk_mirror")
          ? ["The Worker has the old password until the step Secrets: its deliveries are sent again."]
          : []),
      ].join("\n"),
    );
  },
};

const workerFile = "worker-database-url";
const appFile = "app-database-url";
const appOwnerFile = "app-owner-database-url";
const roles = [
  { role: "clerk_mirror", file: workerFile },
  { role: "clerk_app", file: appFile },
  { role: "clerk_app_owner", file: appOwnerFile },
] as const;

/** The Worker's connection string of this database, if an earlier run has made its role and it still is let in. */
export const knownWorkerUrl = (database: OwnDatabase): Promise<string | undefined> => keptUrl(database, workerFile);

/**
 * A connection string of this database that an earlier run wrote down, if it is let in. If that run ended after Postgres had learnt
 * of a new password, and before the new file took the place of the old one, it does now.
 *
 * @throws what Postgres says, other than that it does not let it in
 */
const keptUrl = async ({ url }: OwnDatabase, file: string): Promise<string | undefined> => {
  for (const name of [file, newer(file)]) {
    const kept = readKeptFile(name)?.trim();
    if (kept === undefined || !isSameDatabase(kept, url) || !(await isLetIn(kept))) continue;
    if (name !== file) replaceKeptFile(file, name);
    return kept;
  }
  return undefined;
};

/** Where a password is written down before Postgres learns of it. */
const newer = (file: string): string => `${file}.new`;

const isLetIn = async (url: string): Promise<boolean> => {
  try {
    await rowsOf(directUrlOf(url), "select 1");
    return true;
  } catch (error) {
    // Another password, no such role, or one that may not connect. That nothing answers says nothing of the password.
    if (error instanceof Error && "code" in error && /^(28...|42501)$/.test(String(error.code))) return false;
    throw error;
  }
};

/** Which of the roles there are. */
export const rolesHere = async ({ directUrl }: OwnDatabase): Promise<Set<string>> => {
  const rows = await rowsOf<{ rolname: string }>(
    directUrl,
    "select rolname from pg_roles where rolname in ('clerk_mirror', 'clerk_app', 'clerk_app_owner') order by length(rolname)",
  );
  return new Set(rows.map(({ rolname }) => rolname));
};

/** Roles are of the whole branch: new passwords lock out whoever uses them in another database of it. */
const mayLockOut = async (
  { ask, askAnyway }: Session,
  { directUrl }: OwnDatabase,
  here: ReadonlySet<string>,
): Promise<boolean> => {
  const others = await rowsOf<{ datname: string }>(
    directUrl,
    `select distinct d.datname from pg_shdepend as s join pg_database as d on d.oid = s.dbid
     where s.refclassid = 'pg_authid'::regclass and d.datname <> current_database()
       and s.refobjid in (select oid from pg_roles where rolname = any ($1)) order by 1`,
    [[...here]],
  );
  if (others.length === 0) return true;
  const names = others.map(({ datname }) => datname).join(", ");
  tell(`The roles are also used in ${names}: what runs there is locked out until it has the new passwords.`);
  if (!ask.isTerminal) return true;
  const answer = await askAnyway.choose("Make new passwords all the same?", [
    { value: "no", label: "No" },
    { value: "yes", label: "Yes, and I give them to what runs there" },
  ]);
  return answer === "yes";
};

const hasTables = async ({ directUrl }: OwnDatabase): Promise<boolean> => {
  const [found] = await rowsOf<{ is_there: boolean }>(
    directUrl,
    "select to_regclass('clerk.deliveries') is not null as is_there",
  );
  return found?.is_there ?? false;
};

const isKeeping = async ({ ask }: Session, here: ReadonlySet<string>): Promise<boolean> =>
  (await ask.choose(`Already there: ${[...here].join(", ")}. Which passwords?`, [
    { value: "keep", label: "Keep them: what runs now goes on running" },
    { value: "new", label: "Make new ones, and give them to the Worker and your app" },
  ])) === "keep";

/** `isNew`: it is not yet in its file. Without a password the role keeps one that is not known here. */
const passwordOf = async (
  database: OwnDatabase,
  { role, file }: (typeof roles)[number],
  here: ReadonlySet<string>,
  isKept: boolean,
): Promise<{ password: string | undefined; isNew: boolean }> => {
  if (!here.has(role) || !isKept) return { password: newPassword(), isNew: true };
  const kept = await keptUrl(database, file);
  return { password: kept === undefined ? undefined : decodeURIComponent(new URL(kept).password), isNew: false };
};
