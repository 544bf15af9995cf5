import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = new URL("../../", import.meta.url);
const isCheck = process.argv.includes("--check");

const differs = (path: string, content: string): boolean =>
  !existsSync(new URL(path, root)) || readFileSync(new URL(path, root), "utf8") !== content;

const complain = (path: string): void => {
  console.error(`${path} is not up to date with src/schema.ts. Run: npm run db:generate`);
  process.exitCode = 1;
};

/** Writes a file that is generated from the schema. With `--check`, only sets the exit code 1 if the file differs. */
export const emitFile = (path: string, content: string): void => {
  if (!differs(path, content)) return;
  if (isCheck) complain(path);
  else writeFileSync(new URL(path, root), content);
};

/**
 * The same for SQL, as a migration of its own. An applied migration never runs again, so changes come in a new one.
 * With `--amend` the newest one is overwritten instead: use that only before it is released.
 *
 * @param name of the migration, for example `merge`; the newest one with this name must be up to date
 */
export const emitMigration = (name: string, content: string): void => {
  const newest = newestMigration(name);
  if (newest !== undefined && !differs(newest, content)) return;
  if (isCheck) return complain(newest ?? `drizzle/*_${name}.sql`);
  if (newest === undefined || !process.argv.includes("--amend")) {
    execFileSync(process.execPath, ["node_modules/drizzle-kit/bin.cjs", "generate", "--custom", "--name", name], {
      cwd: fileURLToPath(root),
      stdio: "inherit",
    });
  }
  writeFileSync(new URL(newestMigration(name) ?? "", root), content);
};

const newestMigration = (name: string): string | undefined => {
  const journal = new URL("drizzle/meta/_journal.json", root);
  const { entries } = JSON.parse(readFileSync(journal, "utf8")) as { entries: { tag: string }[] };
  const newest = entries.findLast(({ tag }) => tag.endsWith(`_${name}`));
  return newest === undefined ? undefined : `drizzle/${newest.tag}.sql`;
};
