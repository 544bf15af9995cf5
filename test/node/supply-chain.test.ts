import { readdir, readFile } from "node:fs/promises";
import { expect, test } from "vitest";

/** What runs code of others: it is named, and nothing joins it unseen. */

const read = (path: string): Promise<string> => readFile(new URL(`../../${path}`, import.meta.url), "utf8");

test("package.json says of each package that has install scripts whether they run", async () => {
  const { packages } = JSON.parse(await read("package-lock.json")) as {
    packages: Record<string, { hasInstallScript?: boolean; resolved?: string; integrity?: string }>;
  };
  const { allowScripts } = JSON.parse(await read("package.json")) as { allowScripts: Record<string, boolean> };
  const names = Object.entries(packages).flatMap(([path, { hasInstallScript }]) =>
    hasInstallScript === true ? [path.replace(/^.*node_modules\//, "")] : [],
  );
  expect(Object.keys(allowScripts).toSorted()).toEqual([...new Set(names)].toSorted());
  for (const [path, { integrity }] of Object.entries(packages))
    if (path !== "") expect(integrity, path).toMatch(/^sha512-/);
});

test("actions are pinned by their commit", async () => {
  const folder = ".github/workflows";
  const files = await readdir(new URL(`../../${folder}`, import.meta.url));
  const used = await Promise.all(files.map((file) => read(`${folder}/${file}`)));
  const actions = used.join("\n").match(/uses:.*/g) ?? [];
  expect(actions.length).toBeGreaterThan(0);
  for (const action of actions) expect(action).toMatch(/^uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
});
