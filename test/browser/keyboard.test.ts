import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describePage } from "../support/node/browser.ts";
import { ask, type LocalConsole, startLocalConsole, verdict } from "../support/node/local-console.ts";

/** The page of `npm run dev` without a mouse. */

/** What has the focus, in words; the empty text if nothing has. */
const focused = (page: Page): Promise<string> =>
  page.evaluate(`(() => {
    const { activeElement: element } = document;
    if (element === null || element === document.body) return "";
    const label = element.getAttribute("aria-label") ?? element.closest("label")?.querySelector("span")?.textContent;
    return (element.localName + " " + (label ?? element.textContent)).replaceAll(/\\s+/g, " ").trim();
  })()`);

/**
 * Walks once through the page with the Tab key, and says of each stop what a person would see of it. The page keeps the stops in
 * `walked`.
 */
const walk = async (page: Page): Promise<{ isOutlined: boolean; isCovered: boolean; what: string }[]> => {
  const stops = [];
  await page.evaluate("void (globalThis.walked = new Set())");
  for (;;) {
    await page.keyboard.press("Tab");
    const stop: { isOutlined: boolean; isCovered: boolean } | null = await page.evaluate(`(() => {
      const { activeElement: element } = document;
      if (element === null || element === document.body) return null;
      walked.add(element);
      const { outlineStyle, outlineWidth } = getComputedStyle(element);
      const { left, top, width, height } = element.getBoundingClientRect();
      const above = document.elementFromPoint(
        Math.min(left + width / 2, innerWidth - 1), Math.min(Math.max(top + Math.min(height, 30) / 2, 0), innerHeight - 1)
      );
      return {
        isOutlined: outlineStyle !== "none" && parseFloat(outlineWidth) >= 1,
        isCovered: above === null || !(element.contains(above) || above.contains(element)),
      };
    })()`);
    if (stop === null) return stops;
    stops.push({ ...stop, what: await focused(page) });
    if (stops.length > 600) throw new Error("the Tab key finds no end");
  }
};

describePage("the page of npm run dev, by keyboard", () => {
  let local: LocalConsole;
  let page: Page;
  beforeAll(async () => {
    local = await startLocalConsole(12);
    ({ page } = local);
  });
  afterAll(async () => {
    await local.close();
    expect(local.wrongs).toEqual([]);
  });

  test("Reconcile is pressed with the space bar, and keeps the focus", async () => {
    const button = page.getByRole("button", { name: "Reconcile", exact: true });
    await button.focus();
    await page.keyboard.press("Space");
    await verdict(page, true);
    await page.getByRole("button", { name: "Hide the reconciliation" }).waitFor();
    expect(await focused(page)).toBe("button Reconcile");
  });

  test("somebody signs up with Tab and Enter", async () => {
    await page.getByRole("form", { name: "Sign up" }).getByLabel("First name").focus();
    await page.keyboard.type("Joan");
    await page.keyboard.press("Tab");
    await page.keyboard.type("Clarke");
    await page.keyboard.press("Enter");
    await page.getByRole("list", { name: "People" }).getByText("Joan Clarke").waitFor();
    await page.locator("table.copy").getByText("Joan Clarke").waitFor();
  });

  test("every control is a stop of the Tab key, which is seen and not covered", async () => {
    const item = page.getByRole("list", { name: "People" }).getByRole("listitem").filter({ hasText: "Joan Clarke" });
    await item.locator("button.row").click();
    await page.getByRole("list", { name: "Deliveries" }).getByRole("button").first().click();
    await page.getByRole("button", { name: "Tell now" }).click();
    await page.getByRole("region", { name: "What the app was told" }).waitFor();
    await verdict(page, true);
    await page.evaluate("document.activeElement.blur(); scrollTo(0, 0); getSelection().removeAllRanges()");
    await page.locator("h1").click();
    const stops = await walk(page);
    expect(stops.filter(({ isOutlined }) => !isOutlined)).toEqual([]);
    expect(stops.filter(({ isCovered }) => isCovered)).toEqual([]);
    expect(stops.length).toBeGreaterThan(40);
    const missed = await page.evaluate(`
      [...document.querySelectorAll("a[href], button, input, select, summary, [tabindex]")]
        .filter((element) => element.tabIndex >= 0 && element.checkVisibility() && !walked.has(element))
        .map((element) => element.outerHTML.slice(0, 120))
    `);
    expect(missed).toEqual([]);
    await page.getByRole("list", { name: "Deliveries" }).getByRole("button").first().click();
    await item.locator("button.row").click();
  });

  test("a delivery opens and closes, and keeps the focus", async () => {
    const row = page.getByRole("list", { name: "Deliveries" }).getByRole("button").first();
    await row.focus();
    const before = await focused(page);
    for (const [key, isOpen] of [
      ["Enter", "true"],
      ["Space", "false"],
    ] as const) {
      await page.keyboard.press(key);
      await expect.poll(() => row.getAttribute("aria-expanded")).toBe(isOpen);
      expect(await focused(page)).toBe(before);
    }
  });

  test("the arrows go from tab to tab", async () => {
    const tab = (name: RegExp) => page.getByRole("tab", { name });
    await tab(/People/).focus();
    await page.keyboard.press("ArrowRight");
    await page.getByRole("list", { name: "Organizations" }).waitFor();
    expect(await tab(/Organizations/).getAttribute("aria-selected")).toBe("true");
    expect(await focused(page)).toContain("button Organizations");
    await page.keyboard.press("ArrowLeft");
    await page.getByRole("list", { name: "People" }).waitFor();
    expect(await focused(page)).toContain("button People");
  });

  test("chaos is made with arrows and the space bar, and undone with Enter", async () => {
    const dropped = page.getByRole("slider", { name: /dropped/i });
    await dropped.focus();
    await page.keyboard.press("End");
    await page.keyboard.press("ArrowLeft");
    await expect.poll(() => dropped.getAttribute("aria-valuetext")).toBe("99 %");
    const away = page.getByRole("switch", { name: "App away" });
    await away.focus();
    await page.keyboard.press("Space");
    await expect.poll(() => away.isChecked()).toBe(true);
    // What the server says, a while later.
    const other = await page.context().newPage();
    await other.goto(local.url);
    await expect.poll(() => other.getByRole("slider", { name: /dropped/i }).inputValue()).toBe("99");
    expect(await other.getByRole("switch", { name: "App away" }).isChecked()).toBe(true);
    await other.close();
    await page.getByRole("button", { name: "Reset chaos" }).focus();
    await page.keyboard.press("Enter");
    await expect.poll(() => dropped.inputValue()).toBe("0");
    await expect.poll(() => away.isChecked()).toBe(false);
    expect(await focused(page)).toBe("button Reset chaos");
  });

  test("another table is chosen with a key", async () => {
    const select = page.getByRole("combobox", { name: "Table" });
    await select.focus();
    await page.keyboard.type("organizations");
    await page.getByRole("region", { name: "Rows of organizations" }).waitFor();
    await page.keyboard.press("Home");
    await page.getByRole("region", { name: "Rows of users" }).waitFor();
  });

  test("the focus stays where it is while the page changes around it", async () => {
    const row = page.getByRole("list", { name: "People" }).getByRole("listitem").filter({ hasText: "Joan Clarke" });
    const id = await row.getAttribute("data-id");
    await row.getByRole("button").first().focus();
    const before = await focused(page);
    for (const firstName of ["Ada", "Betty", "Carol", "Dorothy"]) await ask(local.url, "signUp", { firstName });
    await ask(local.url, "rename", { user: id, firstName: "Joan", lastName: "Murray" });
    await page.locator(`table.copy tr[data-id="${id}"]`).getByText("Joan Murray").waitFor();
    await verdict(page, true);
    expect(before).toContain("Joan Clarke");
    expect(await focused(page)).toContain("Joan Murray");
    await page.keyboard.press("Enter");
    await page.getByRole("group", { name: "Actions for Joan Murray" }).waitFor();

    const delivery = page.getByRole("list", { name: "Deliveries" }).getByRole("button").nth(2);
    await delivery.focus();
    const own = await page.evaluate("document.activeElement.closest('li').dataset.id");
    await ask(local.url, "signUpHundred");
    await expect.poll(() => page.locator("[data-waiting]").first().textContent()).toBe("0 messages on the way");
    // Fifty newer ones have taken its place in the list: then the list has the focus.
    const now: { id: string; list: string } = await page.evaluate(
      "({ id: document.activeElement.closest('li')?.dataset.id, list: document.activeElement.closest('ul')?.ariaLabel })",
    );
    if (now.id !== own) expect(now.list).toBe("Deliveries");
  });

  test("a form that closes and a person who is deleted leave the focus near their place", async () => {
    await page.getByRole("searchbox", { name: "Search people" }).fill("Murray");
    const people = page.getByRole("list", { name: "People" });
    await expect.poll(() => people.getByRole("listitem").count()).toBe(1);
    const group = page.getByRole("group", { name: /^Actions for Joan/ });
    await group.getByRole("button", { name: "Rename" }).focus();
    await page.keyboard.press("Enter");
    expect(await focused(page)).toBe("input First name");
    await page.keyboard.press("Escape");
    expect(await focused(page)).toBe("button Rename");
    await page.keyboard.press("Enter");
    await page.keyboard.press("ControlOrMeta+a");
    await page.keyboard.type("Joan Elisabeth");
    await page.keyboard.press("Enter");
    await page.getByRole("group", { name: "Actions for Joan Elisabeth Murray" }).waitFor();
    await expect.poll(() => focused(page)).toBe("button Rename");

    await group.getByRole("button", { name: "Delete" }).focus();
    await page.keyboard.press("Enter");
    await people.getByText("Joan Elisabeth Murray").waitFor({ state: "detached" });
    await expect.poll(() => focused(page)).toBe("input Search people");
    await verdict(page, true);
  });
});
