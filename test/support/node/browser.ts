import { AxeBuilder } from "@axe-core/playwright";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { browserPath } from "../../../dev/browser.ts";

/** Tests of a page. On a machine without a browser they are skipped, and in CI that is a failure. */
export const describePage = (name: string, tests: () => void): void => {
  test.skipIf(browserPath !== undefined)(
    `${name}: a browser is here, Debian's chromium or that of CHROMIUM_PATH`,
    () => {
      console.warn("There is no Chromium on this machine: the tests of the pages do not run.");
      expect(process.env.CI ?? "", "CI needs a browser").toBe("");
    },
  );
  describe.skipIf(browserPath === undefined)(name, tests);
};

/** How a page may be looked at. */
export const looks = [
  { colorScheme: "light", viewport: { width: 1280, height: 900 } },
  { colorScheme: "dark", viewport: { width: 1280, height: 900 } },
  { colorScheme: "light", viewport: { width: 400, height: 900 } },
  { colorScheme: "dark", viewport: { width: 400, height: 900 } },
] as const satisfies readonly BrowserContextOptions[];

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

/**
 * That axe finds nothing that keeps somebody from using the page.
 *
 * @param what is to be seen of the page
 */
export const expectAccessible = async (page: Page, what = "the page"): Promise<void> => {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  expect(
    serious.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`),
    what,
  ).toEqual([]);
};

/** Whether the page is as wide as its window, and no wider. */
export const isWithin = (page: Page): Promise<boolean> =>
  page.evaluate("document.documentElement.scrollWidth <= window.innerWidth");

/** That nothing on the page came of what it shows: no element that its own code does not make, and no handler in an attribute. */
export const expectOnlyText = async (page: Page): Promise<void> => {
  expect(await page.locator("body img, body svg, body iframe, body script, body [autofocus]").count()).toBe(0);
  expect(
    await page.evaluate(
      "[...document.querySelectorAll('body *')].flatMap((element) => element.getAttributeNames().filter((name) => name.startsWith('on')))",
    ),
  ).toEqual([]);
};
