import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePort } from "../../dev/ports.ts";
import { browserPath, launch } from "../../dev/browser.ts";
import { expectAccessible, isWithin, needsBrowser, openPage } from "../support/node/browser.ts";
import { copyRepository, type Running, start, untilAnswered } from "../support/node/commands.ts";

/** The pages, as a person uses them in a browser. */

const looks = [
  ["light", 1280],
  ["dark", 400],
] as const;

test.skipIf(browserPath !== undefined)("a browser is here: install Debian's chromium, or set CHROMIUM_PATH", () => {
  console.warn("There is no Chromium on this machine: the tests of the pages do not run.");
  expect(needsBrowser, "CI needs a browser").toBe(false);
});

describe.skipIf(browserPath === undefined)("npm run dev", () => {
  let folder: string;
  let remove: () => Promise<void>;
  let browser: Browser;
  let dev: Running;
  let url: string;
  let page: Page;
  let wrongs: string[];
  /** From a fresh checkout to a page that can be used. */
  let seconds: number;
  beforeAll(async () => {
    ({ folder, remove } = await copyRepository());
    browser = await launch();
    const port = await freePort();
    const consolePort = await freePort();
    url = `http://127.0.0.1:${consolePort}`;
    const began = performance.now();
    dev = start(
      process.execPath,
      ["dev/dev.ts", "--port", String(port), "--console-port", String(consolePort), "--users", "40"],
      { cwd: folder },
    );
    await untilAnswered(dev, url);
    ({ page, wrongs } = await openPage(browser, url));
    await page.getByText("ready", { exact: true }).waitFor();
    seconds = (performance.now() - began) / 1000;
  });
  afterAll(async () => {
    dev.child.kill("SIGINT");
    await dev.ended;
    await browser.close();
    await remove();
    expect(wrongs).toEqual([]);
  });

  const verdict = (isEqual: boolean): Promise<void> =>
    page.locator(`[data-equal="${isEqual}"]`).waitFor({ timeout: 120_000 });
  const reconcile = async (): Promise<void> => {
    await page.getByRole("button", { name: "Reconcile" }).click();
    await verdict(true);
  };
  const signUp = async (firstName: string, lastName: string, email = ""): Promise<void> => {
    const form = page.getByRole("form", { name: "Sign up" });
    await form.getByLabel("First name").fill(firstName);
    await form.getByLabel("Last name").fill(lastName);
    await form.getByLabel("Email").fill(email);
    await form.getByRole("button", { name: "Sign up" }).click();
  };
  const person = async (name: string): Promise<Locator> => {
    await page.getByRole("searchbox", { name: "Search people" }).fill(name);
    const item = page.getByRole("list", { name: "People" }).getByRole("listitem").filter({ hasText: name });
    await item.waitFor();
    return item;
  };
  const opened = async (name: string): Promise<Locator> => {
    const item = await person(name);
    const row = item.locator("button.row");
    if ((await row.getAttribute("aria-expanded")) === "false") await row.click();
    return item;
  };
  const rowOf = (id: string): Locator => page.locator(`table.copy tr[data-id="${id}"]`);
  const idOf = async (name: string): Promise<string> => (await (await person(name)).getAttribute("data-id")) ?? "";

  test("is a page that can be used within 25 seconds, from a fresh checkout", () => {
    console.log(`npm run dev: a page that can be used after ${seconds.toFixed(1)} s`);
    expect(seconds).toBeLessThan(25);
  });

  test("begins with a Clerk whose people the copy does not have, and Reconcile makes it equal", async () => {
    await verdict(false);
    await reconcile();
    await expect.poll(() => page.getByLabel("Verdict").textContent()).toMatch(/^Equal to Clerk: \d+ rows$/);
  });

  test("a sign-up becomes a row, and a renaming lights up its cell", async () => {
    await signUp("Grace", "Hopper", "grace@example.com");
    const id = await idOf("Grace Hopper");
    await rowOf(id).waitFor();
    await expect.poll(() => rowOf(id).locator('[data-column="email"]').textContent()).toBe("grace@example.com");
    await verdict(true);

    const before = await Promise.all(
      ["name", "email"].map((column) => rowOf(id).locator(`[data-column="${column}"]`).elementHandle()),
    );
    const item = await opened("Grace Hopper");
    await item.getByRole("button", { name: "Rename" }).click();
    await item.getByLabel("First name").fill("Amazing Grace");
    await item.getByRole("button", { name: "Rename" }).click();
    const cell = rowOf(id).locator('[data-column="name"]');
    await expect.poll(() => cell.textContent()).toBe("Amazing Grace Hopper");
    await expect.poll(() => cell.getAttribute("class")).toContain("lit");
    // What lights up is made anew.
    expect(await Promise.all(before.map((one) => one?.evaluate((node) => node.isConnected)))).toEqual([false, true]);
    await verdict(true);
  });

  test("a delivery says what it was answered, on a click", async () => {
    const first = page.getByRole("list", { name: "Deliveries" }).getByRole("listitem").first();
    await first.getByRole("button").first().click();
    await first.getByText('{"outcome":"applied","attempts":1}').waitFor();
  });

  test("a name is text, whatever it is", async () => {
    const names = [
      "<img src=x onerror=alert(1)>",
      "<script>alert(2)</script>",
      `"><svg onload=alert(3)>`,
      "${alert(4)}",
      "</title></script>",
    ];
    for (const name of names) {
      await signUp(name, "Xss");
      const id = await idOf(name);
      await expect.poll(() => rowOf(id).locator('[data-column="first_name"]').textContent()).toBe(name);
    }
    expect(await page.locator("main img, main script, main svg[onload]").count()).toBe(0);
    await page.getByRole("searchbox", { name: "Search people" }).fill("");
    await verdict(true);
  });

  test("what is lost makes the copy differ, and Reconcile mends it", async () => {
    const dropped = page.getByRole("slider", { name: /dropped/i });
    await dropped.fill("100");
    await page.getByRole("button", { name: /100 changes/ }).click();
    await verdict(false);
    await page.getByRole("button", { name: "Which" }).click();
    await page.getByRole("region", { name: "Rows that differ" }).locator("tbody tr").first().waitFor();
    await page.getByRole("button", { name: "Which" }).click();
    await page.getByRole("button", { name: "Reset chaos" }).click();
    await reconcile();
  });

  test("the database may be away and come back: what was sent meanwhile arrives", async () => {
    const away = page.getByRole("switch", { name: "Database away" });
    await away.check();
    await signUp("Margaret", "Hamilton");
    const id = await idOf("Margaret Hamilton");
    await page.getByRole("list", { name: "Deliveries" }).getByText("503").first().waitFor();
    await verdict(false);
    await away.uncheck();
    await rowOf(id).waitFor({ timeout: 120_000 });
    await page.getByRole("searchbox", { name: "Search people" }).fill("");
    await verdict(true);
  });

  test("of somebody who is deleted nothing is left but the tombstone", async () => {
    await signUp("Katherine", "Johnson", "katherine@example.com");
    const id = await idOf("Katherine Johnson");
    await rowOf(id).waitFor();
    const item = await opened("Katherine Johnson");
    await item.getByRole("button", { name: "Delete" }).click();
    await page.locator(`table.copy tr[data-id="${id}"][data-deleted="true"]`).waitFor();
    expect(await rowOf(id).textContent()).not.toMatch(/Katherine|Johnson|katherine@/);
    await page.getByRole("searchbox", { name: "Search people" }).fill("");
    await verdict(true);
  });

  test("what happened is told to the app of the page", async () => {
    const outbox = page.getByRole("region", { name: /outbox/i });
    await outbox.getByText("created").first().waitFor();
  });

  test("can be used by everybody, in light and dark, on a phone, and by keyboard", async () => {
    for (const [colorScheme, width] of looks) {
      const { page: other, wrongs: found } = await openPage(browser, url, {
        colorScheme,
        viewport: { width, height: 900 },
      });
      await other.locator("[data-equal]").waitFor();
      await other.getByRole("list", { name: "People" }).getByRole("listitem").first().waitFor();
      await expectAccessible(other);
      expect(await isWithin(other), `${width}`).toBe(true);
      expect(found).toEqual([]);
      await other.context().close();
    }
    await page.getByRole("form", { name: "Sign up" }).getByLabel("First name").focus();
    await page.keyboard.type("Joan");
    await page.keyboard.press("Tab");
    await page.keyboard.type("Clarke");
    await page.keyboard.press("Enter");
    await page.getByRole("list", { name: "People" }).getByText("Joan Clarke").waitFor();
  });

  test("the page that only reads shows the same database, and can be used by everybody", async () => {
    const port = await freePort();
    const served = start(process.execPath, ["cli/console.ts", "--local", "--port", String(port)], { cwd: folder });
    try {
      await untilAnswered(served, `http://127.0.0.1:${port}/`);
      for (const [colorScheme, width] of looks) {
        const { page: other, wrongs: found } = await openPage(browser, `http://127.0.0.1:${port}`, {
          colorScheme,
          viewport: { width, height: 900 },
        });
        await other.getByText("user.created").first().waitFor();
        await other.getByText("organization_memberships").first().waitFor();
        expect(await other.getByRole("button", { name: /reconcile|delete|retry|drop/i }).count()).toBe(0);
        await expectAccessible(other);
        expect(await isWithin(other), `${width}`).toBe(true);
        expect(found).toEqual([]);
        await other.context().close();
      }
    } finally {
      served.child.kill("SIGINT");
      await served.ended;
    }
  });
});
