import type { Locator, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freePort } from "../../dev/ports.ts";
import { describePage, expectAccessible, expectOnlyText, isWithin, looks, openPage } from "../support/node/browser.ts";
import { start, untilAnswered } from "../support/node/commands.ts";
import { execute } from "../support/postgres.ts";
import { type LocalConsole, reconcile, startLocalConsole, verdict } from "../support/node/local-console.ts";

/** The pages, as a person uses them in a browser. */

describePage("the page of npm run dev", () => {
  let local: LocalConsole;
  let page: Page;
  beforeAll(async () => {
    local = await startLocalConsole(40);
    ({ page } = local);
  });
  afterAll(async () => {
    await local.close();
    expect(local.wrongs).toEqual([]);
  });

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

  test("begins with a Clerk whose people the copy does not have, and Reconcile makes it equal", async () => {
    await verdict(page, false);
    await reconcile(page);
    await expect.poll(() => page.getByLabel("Verdict").textContent()).toMatch(/^Equal to Clerk: \d+ rows$/);
  });

  test("a sign-up becomes a row, and a renaming lights up its cell", async () => {
    await signUp("Grace", "Hopper", "grace@example.com");
    const id = await idOf("Grace Hopper");
    await rowOf(id).waitFor();
    await expect.poll(() => rowOf(id).locator('[data-column="email"]').textContent()).toBe("grace@example.com");
    await verdict(page, true);

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
    await verdict(page, true);
  });

  test("a delivery says what it was answered, on a click", async () => {
    const first = page.getByRole("list", { name: "Deliveries" }).getByRole("listitem").first();
    await first.getByRole("button").first().click();
    await first.getByText('{"outcome":"applied","attempts":1}').waitFor();
  });

  test("names, addresses and metadata are text, whatever they are, in attributes too", async () => {
    const payloads = [
      "<img src=x onerror=alert(1)>",
      "<script>alert(2)</script>",
      `"><svg onload=alert(3)>`,
      `' onfocus='alert(4)' autofocus='`,
      "${alert(5)}",
      "</title></script>",
    ];
    for (const payload of payloads) {
      await signUp(payload, "Xss");
      const id = await idOf(payload);
      await expect.poll(() => rowOf(id).locator('[data-column="first_name"]').textContent()).toBe(payload);
    }
    const [name = "", , attribute = ""] = payloads;
    const address = `"><img/src=x/onerror=alert(6)>@example.com`;
    await signUp(attribute, "Mallory", address);
    const item = await opened(`${attribute} Mallory`);
    const id = await idOf(`${attribute} Mallory`);
    for (const called of [name, attribute]) {
      await item.getByRole("button", { name: "New organization" }).click();
      await item.getByLabel("Name").fill(called);
      await item.getByRole("button", { name: "Create" }).click();
      await item.getByRole("button", { name: `Leave ${called}`, exact: true }).waitFor();
    }
    await item.getByRole("checkbox", { name: `Select ${attribute} Mallory to merge`, exact: true }).check();
    await page.getByRole("group", { name: "Merge two people" }).getByText(`${attribute} Mallory`).waitFor();
    await item.getByRole("button", { name: "Join" }).click();
    await item.locator("option", { hasText: attribute }).first().waitFor({ state: "attached" });
    await page.getByRole("tab", { name: /Organizations/ }).click();
    const organization = page.getByRole("list", { name: "Organizations" }).getByRole("listitem");
    await organization.getByRole("button", { name: `Delete ${attribute}`, exact: true }).waitFor();
    await organization.getByRole("button", { name: `Rename ${name}`, exact: true }).click();
    await page.getByRole("form", { name: `Rename ${name}`, exact: true }).waitFor();
    await page.keyboard.press("Escape");

    // What an app has written about somebody: here nobody but the database's owner can.
    const metadata = { [attribute]: name };
    const connectionString = /^Postgres {2}(\S+)$/m.exec(local.dev.output())?.[1] ?? "";
    await execute(
      connectionString,
      `update clerk.users set public_metadata = $$${JSON.stringify(metadata)}$$ where id = '${id}'`,
    );
    const cell = rowOf(id).locator('[data-column="public_metadata"]');
    await expect.poll(() => cell.getAttribute("title")).toBe(JSON.stringify(metadata));
    expect((await cell.textContent())?.trim()).toBe(JSON.stringify(metadata));
    await verdict(page, false);
    await page.getByRole("button", { name: "Which" }).click();
    await expectOnlyText(page);

    await page.getByRole("button", { name: "Which" }).click();
    await page.getByRole("tab", { name: /People/ }).click();
    await page.getByRole("searchbox", { name: "Search people" }).fill("");
    await reconcile(page);
    await expectOnlyText(page);
  });

  test("what is lost makes the copy differ, and Reconcile mends it", async () => {
    const dropped = page.getByRole("slider", { name: /dropped/i });
    await dropped.fill("100");
    await page.getByRole("button", { name: /100 changes/ }).click();
    await verdict(page, false);
    await page.getByRole("button", { name: "Which" }).click();
    await page.getByRole("region", { name: "Rows that differ" }).locator("tbody tr").first().waitFor();
    await page.getByRole("button", { name: "Which" }).click();
    await page.getByRole("button", { name: "Reset chaos" }).click();
    await reconcile(page);
  });

  test("the database may be away and come back: what was sent meanwhile arrives", async () => {
    const away = page.getByRole("switch", { name: "Database away" });
    await away.check();
    await signUp("Margaret", "Hamilton");
    const id = await idOf("Margaret Hamilton");
    await page.getByRole("list", { name: "Deliveries" }).getByText("503").first().waitFor();
    await verdict(page, false);
    await away.uncheck();
    await rowOf(id).waitFor({ timeout: 120_000 });
    await page.getByRole("searchbox", { name: "Search people" }).fill("");
    await verdict(page, true);
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
    await verdict(page, true);
  });

  test("what happened is told to the app of the page", async () => {
    const outbox = page.getByRole("region", { name: /outbox/i });
    await outbox.getByText("created").first().waitFor();
  });

  test("can be used by everybody, in light and dark, on a desk and on a phone", async () => {
    // The others, and what is opened by a click: accessible.test.ts.
    for (const look of looks.filter((_, index) => index % 3 === 0)) {
      const { page: other, wrongs: found } = await openPage(local.browser, local.url, look);
      await other.locator("[data-equal]").waitFor();
      await other.getByRole("list", { name: "People" }).getByRole("listitem").first().waitFor();
      await expectAccessible(other);
      expect(await isWithin(other), JSON.stringify(look)).toBe(true);
      expect(found).toEqual([]);
      await other.context().close();
    }
  });

  test("the page that only reads shows the same database", async () => {
    const port = await freePort();
    const served = start(process.execPath, ["cli/console.ts", "--local", "--port", String(port)], {
      cwd: local.folder,
    });
    try {
      await untilAnswered(served, `http://127.0.0.1:${port}/`);
      const { page: other, wrongs: found } = await openPage(local.browser, `http://127.0.0.1:${port}`);
      await other.getByText("the Postgres in .local").waitFor();
      await other.getByText("user.created").first().waitFor();
      await other.getByText("organization_memberships").first().waitFor();
      expect(await other.getByRole("button", { name: /reconcile|delete|retry|drop/i }).count()).toBe(0);
      expect(found).toEqual([]);
      await other.context().close();
    } finally {
      served.child.kill("SIGINT");
      await served.ended;
    }
  });
});
