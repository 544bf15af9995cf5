/** Takes the pictures of the pages for the docs: `npm run screenshots`. */
import { spawn } from "node:child_process";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Browser, Page } from "playwright-core";
import { CommandError } from "../cli/command-error.ts";
import { type Lifetime, run } from "../cli/lifetime.ts";
import { readOptions } from "../cli/options.ts";
import { browserPath, launch } from "./browser.ts";
import { freePort } from "./ports.ts";

const help = `Takes the pictures of the pages in docs/screenshots, with people who are invented.

  npm run screenshots

It needs Chromium, of Debian or of CHROMIUM_PATH, and a .dev.vars without DATABASE_URL and CLERK_SECRET_KEY.
`;

readOptions(help, {});

const root = fileURLToPath(new URL("..", import.meta.url));
const target = join(root, "docs/screenshots");

/** Starts one of the commands, and waits until its page answers. */
const startPage = async (life: Lifetime, parameters: string[], port: number): Promise<string> => {
  const child = spawn(process.execPath, parameters, { cwd: root, stdio: ["ignore", "ignore", "inherit"] });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  await life.start(
    Promise.resolve({
      close: () => {
        child.kill("SIGINT");
        return ended;
      },
    }),
  );
  const url = `http://127.0.0.1:${port}`;
  for (;;) {
    if (child.exitCode !== null) throw new CommandError(`${parameters[0] ?? ""} has ended before its page was there.`);
    const isThere = await fetch(url).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isThere) return url;
    await setTimeout(200);
  }
};

const open = async (
  browser: Browser,
  url: string,
  width: number,
  height: number,
  colorScheme: "light" | "dark",
): Promise<Page> => {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme, deviceScaleFactor: 1.5 });
  const page = await context.newPage();
  await page.goto(url);
  return page;
};

const take = async (page: Page, name: string): Promise<void> => {
  await page.screenshot({ path: join(target, `${name}.png`), animations: "disabled" });
  console.log(`docs/screenshots/${name}.png`);
};

/** A little life, so that there is something to see. */
const live = async (page: Page): Promise<void> => {
  await page.getByText("ready", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Reconcile" }).click();
  await page.locator('[data-equal="true"]').waitFor();
  await page.getByRole("button", { name: "Hide the reconciliation" }).click();
  for (let time = 0; time < 4; time += 1) {
    await page.getByRole("button", { name: /100 changes/ }).click();
    await setTimeout(6000);
  }
  const form = page.getByRole("form", { name: "Sign up" });
  for (const [first, last] of [
    ["Katherine", "Johnson"],
    ["Margaret", "Hamilton"],
    ["Grace", "Hopper"],
  ] as const) {
    await form.getByLabel("First name").fill(first);
    await form.getByLabel("Last name").fill(last);
    await form.getByLabel("Email").fill(`${first.toLowerCase()}@example.com`);
    await form.getByRole("button", { name: "Sign up" }).click();
    await page.locator("table.copy").getByText(`${first} ${last}`).waitFor();
  }
  await page.locator('[data-equal="true"]').waitFor();
};

await run(async (life) => {
  if (browserPath === undefined) throw new CommandError("There is no Chromium: install it, or set CHROMIUM_PATH.");
  const folder = await mkdtemp(join(tmpdir(), "clerk-mirror-screenshots-"));
  await life.start(Promise.resolve({ close: () => rm(folder, { recursive: true, force: true }) }));
  await mkdir(target, { recursive: true });
  const [worker, local, production] = [await freePort(), await freePort(), await freePort()];
  const devUrl = await startPage(
    life,
    ["dev/dev.ts", "--folder", folder, "--users", "120", "--port", String(worker), "--console-port", String(local)],
    local,
  );
  const browser = await launch();
  await life.start(Promise.resolve(browser));

  const page = await open(browser, devUrl, 1440, 1000, "light");
  await live(page);
  await take(page, "local");
  await take(await lookAt(browser, devUrl, 1440, 1000, "dark"), "local-dark");
  await take(await lookAt(browser, devUrl, 400, 860, "light"), "local-phone");

  const url = await startPage(
    life,
    ["cli/console.ts", "--local", "--folder", folder, "--port", String(production)],
    production,
  );
  const overview = await open(browser, url, 1280, 1000, "light");
  await overview.getByText("user.created").first().waitFor();
  await overview.getByText("organization_memberships").first().waitFor();
  await take(overview, "production");
  return 0;
});

async function lookAt(...of: Parameters<typeof open>): Promise<Page> {
  const page = await open(...of);
  await page.locator('[data-equal="true"]').waitFor();
  await page.locator("table.copy tbody tr").first().waitFor();
  return page;
}
