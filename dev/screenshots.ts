/** Takes the pictures of the pages for the docs: `npm run screenshots`. */
import { execFile, spawn } from "node:child_process";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Browser, Page } from "playwright-core";
import { CommandError } from "../cli/command-error.ts";
import { type Lifetime, run } from "../cli/lifetime.ts";
import { migrate } from "../cli/migrate.ts";
import { readOptions } from "../cli/options.ts";
import { browserPath, launch } from "./browser.ts";
import { inventHistory } from "./invented-history.ts";
import { startLocalDatabase } from "./local-database.ts";
import { freePort, isFree } from "./ports.ts";

const help = `Takes the pictures of the pages in docs/screenshots, with people who are invented.

  npm run screenshots

It needs Chromium, of Debian or of CHROMIUM_PATH, a font with Chinese and Japanese signs, as of Debian's fonts-noto-cjk, and a
.dev.vars without DATABASE_URL and CLERK_SECRET_KEY.
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

/** Some of the invented people have names of China and Japan: without a font for them, boxes stand in their place. */
const warnWithoutFont = async (): Promise<void> => {
  // Only Linux needs a look, and has this program.
  const fonts = await promisify(execFile)("fc-list", [":lang=ja", "family"]).catch(() => undefined);
  if (fonts?.stdout.trim() === "") {
    console.warn(
      "No font here has Japanese signs, so some names will be boxes. On Debian: apt-get install fonts-noto-cjk",
    );
  }
};

type Look = { width: number; height: number; colorScheme: "light" | "dark" };

const wide = { width: 1280, height: 1000 };
const phone = { width: 400, height: 860 };

const open = async (browser: Browser, url: string, { colorScheme, ...viewport }: Look): Promise<Page> => {
  // Sharp enough for a page that shows them at half their size, and a third of the bytes of twice as many dots.
  const context = await browser.newContext({ viewport, colorScheme, deviceScaleFactor: 1.2 });
  const page = await context.newPage();
  await page.goto(url);
  return page;
};

const take = async (page: Page, name: string): Promise<void> => {
  await page.screenshot({ path: join(target, `${name}.png`), animations: "disabled" });
  await page.context().close();
  console.log(`docs/screenshots/${name}.png`);
};

/** A little life, so that there is something to see. */
const live = async (page: Page): Promise<void> => {
  await page.getByText("ready", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Reconcile" }).click();
  await page.locator('[data-equal="true"]').waitFor();
  for (let time = 0; time < 12; time += 1) {
    await page.getByRole("button", { name: /100 changes/ }).click();
    await setTimeout(5000);
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

const takeLocal = async (browser: Browser, url: string): Promise<void> => {
  const living = await open(browser, url, { ...wide, colorScheme: "light" });
  await live(living);
  await living.context().close();
  for (const [name, look] of [
    ["local", { ...wide, colorScheme: "light" }],
    ["local-dark", { ...wide, colorScheme: "dark" }],
    ["local-phone", { ...phone, colorScheme: "light" }],
  ] as const) {
    const page = await open(browser, url, look);
    await page.locator('[data-equal="true"]').waitFor();
    await page.locator("table.copy tbody tr").first().waitFor();
    await page.getByRole("button", { name: "Hide the reconciliation" }).click();
    await take(page, name);
  }
};

const takeProduction = async (browser: Browser, url: string): Promise<void> => {
  for (const [name, look] of [
    ["production", { ...wide, colorScheme: "light" }],
    ["production-dark", { ...wide, colorScheme: "dark" }],
    ["production-phone", { ...phone, colorScheme: "dark" }],
  ] as const) {
    const page = await open(browser, url, look);
    await page.locator('[data-healthy="true"]').waitFor();
    for (const region of ["Deliveries by type", "Sizes of the tables", "Changes that wait"])
      await page.getByRole("region", { name: region }).waitFor();
    await page.locator(".run").first().waitFor();
    await take(page, name);
  }
};

/** @returns the connection string of a copy that has been at work for months */
const startHistory = async (life: Lifetime): Promise<string> => {
  // The page shows it.
  const port = (await isFree(5432)) ? 5432 : await freePort();
  await life.start(startLocalDatabase(undefined, port));
  const databaseUrl = `postgresql://postgres:postgres@localhost:${port}/shop`;
  await migrate(databaseUrl);
  await inventHistory(databaseUrl);
  return databaseUrl;
};

await run(async (life) => {
  if (browserPath === undefined) throw new CommandError("There is no Chromium: install it, or set CHROMIUM_PATH.");
  await warnWithoutFont();
  const folder = await mkdtemp(join(tmpdir(), "clerk-mirror-screenshots-"));
  await life.start(Promise.resolve({ close: () => rm(folder, { recursive: true, force: true }) }));
  await mkdir(target, { recursive: true });
  const [worker, local, production] = [await freePort(), await freePort(), await freePort()];
  const browser = await launch();
  await life.start(Promise.resolve(browser));

  const parameters = ["--folder", folder, "--users", "120", "--port", String(worker), "--console-port", String(local)];
  await takeLocal(browser, await startPage(life, ["dev/dev.ts", ...parameters], local));

  const databaseUrl = await startHistory(life);
  const served = ["cli/console.ts", "--database-url", databaseUrl, "--port", String(production)];
  await takeProduction(browser, await startPage(life, served, production));
  return 0;
});
