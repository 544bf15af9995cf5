import { execFile } from "node:child_process";
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { withoutSettings } from "../../dev/own-config.ts";

/** What an owner sets in wrangler.toml is no concern of the checks and the tests. */

const root = fileURLToPath(new URL("../..", import.meta.url));
const shipped = await readFile(join(root, "wrangler.toml"), "utf8");

/** As an owner would, by hand: each variable and queue mode switched on, and written in a hand of one's own. */
const owned = shipped
  .replaceAll(/^# (?=\[\[?[a-z_.]+\]|[a-zA-Z_]+ = )/gm, "")
  .replace(/^CLERK_INSTANCE_ID = .*$/m, "CLERK_INSTANCE_ID   =   'ins_2abc'")
  .replace(/^MIRROR_SESSIONS = .*$/m, "MIRROR_SESSIONS = true");

test("the checks of format and types pass with all that an owner may set", async () => {
  for (const line of [
    /^\[vars\]\nCLERK_INSTANCE_ID {3}=/m,
    /^\[\[queues\.consumers\]\]\nqueue = /m,
    /^region = /m,
    /^binding = "APP"$/m,
  ])
    expect(owned).toMatch(line);
  const folder = await mkdtemp(join(tmpdir(), "clerk-mirror-owned-"));
  try {
    const { stdout } = await promisify(execFile)("git", ["ls-files"], { cwd: root });
    for (const name of new Set(
      stdout
        .trim()
        .split("\n")
        .map((path) => path.split("/")[0] ?? ""),
    ))
      await cp(join(root, name), join(folder, name), { recursive: true });
    await symlink(join(root, "node_modules"), join(folder, "node_modules"));
    await writeFile(join(folder, "wrangler.toml"), owned);
    for (const script of ["check:format", "check:types"])
      await promisify(execFile)("npm", ["run", script], { cwd: folder });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test("the tests' own configuration has none of it", () => {
  expect(withoutSettings(owned)).not.toMatch(/^(\[vars\]|\[\[queues|\[\[services|CLERK_|MIRROR_|queue = |service = )/m);
  const kept = (text: string) => text.replaceAll(/^#.*\n/gm, "").replaceAll(/\n+/g, "\n");
  expect(kept(withoutSettings(owned))).toContain('[[workflows]]\nname = "clerk-mirror-reconcile"');
  expect(kept(withoutSettings(owned))).toContain("[observability.logs]\ninvocation_logs = false");
});
