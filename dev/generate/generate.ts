/**
 * Writes everything that is made from the schema and the entities: `npm run db:generate`. With `--check` it only exits with 1
 * if a file is not up to date.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { appTypes } from "./app-types.ts";
import { baseline } from "./baseline.ts";
import { schemaDocs } from "./schema-docs.ts";

const root = new URL("../../", import.meta.url);
const files = { ...(await baseline()), "docs/schema.md": schemaDocs, ...appTypes };

for (const [path, content] of Object.entries(files)) {
  const file = new URL(path, root);
  if (existsSync(file) && readFileSync(file, "utf8") === content) continue;
  if (process.argv.includes("--check")) {
    console.error(`${path} is not up to date with src/schema.ts and src/entities. Run: npm run db:generate`);
    process.exitCode = 1;
  } else {
    mkdirSync(new URL(".", file), { recursive: true });
    writeFileSync(file, content);
    console.log(`Wrote ${path}`);
  }
}
