import { AxeBuilder } from "@axe-core/playwright";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { expect } from "vitest";

/** Whether it has to have one. */
export const needsBrowser = Boolean(process.env.CI);

/** A page, and what went wrong on it: errors, and what its own policy refused. */
export const openPage = async (
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<{ page: Page; wrongs: string[] }> => {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const wrongs: string[] = [];
  page.on("pageerror", (error) => wrongs.push(String(error)));
  page.on("console", (message) => {
    // What an action answers is on the page; that the server has ended is meant.
    if (message.type() === "error" && !/status of 422|ERR_CONNECTION|ERR_INCOMPLETE/.test(message.text()))
      wrongs.push(message.text());
  });
  page.on("dialog", (dialog) => {
    wrongs.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  await page.goto(url);
  return { page, wrongs };
};

/** What axe finds that keeps somebody from using the page. */
export const expectAccessible = async (page: Page): Promise<void> => {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  expect(serious.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`)).toEqual([]);
};

/** Whether the page is as wide as its window, and no wider. */
export const isWithin = (page: Page): Promise<boolean> =>
  page.evaluate("document.documentElement.scrollWidth <= window.innerWidth");
