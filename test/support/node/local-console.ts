import type { Browser, Page } from "playwright-core";
import { launch } from "../../../dev/browser.ts";
import { freePort } from "../../../dev/ports.ts";
import { openPage } from "./browser.ts";
import { copyRepository, type Running, start, untilAnswered } from "./commands.ts";

/** The page of `npm run dev` in a browser, with a simulated Clerk whose people the copy does not have yet. */
export type LocalConsole = {
  /** A copy of the repository, whose `npm run dev` it is. */
  folder: string;
  url: string;
  /** Of the Worker. */
  port: number;
  browser: Browser;
  dev: Running;
  page: Page;
  /** What went wrong on the page so far. */
  wrongs: string[];
  close(): Promise<void>;
};

export const startLocalConsole = async (users: number): Promise<LocalConsole> => {
  const { folder, remove } = await copyRepository();
  const browser = await launch();
  const [port, consolePort] = [await freePort(), await freePort()];
  const url = `http://127.0.0.1:${consolePort}`;
  const parameters = ["--port", String(port), "--console-port", String(consolePort), "--users", String(users)];
  const dev = start(process.execPath, ["dev/dev.ts", ...parameters], { cwd: folder });
  await untilAnswered(dev, url);
  const { page, wrongs } = await openPage(browser, url);
  await page.getByText("ready", { exact: true }).waitFor();
  return {
    folder,
    url,
    port,
    browser,
    dev,
    page,
    wrongs,
    close: async () => {
      dev.child.kill("SIGINT");
      await dev.ended;
      await browser.close();
      await remove();
    },
  };
};

/** Whether the page says that the copy is equal to Clerk. */
export const verdict = (page: Page, isEqual: boolean): Promise<void> =>
  page.locator(`[data-equal="${isEqual}"]`).waitFor({ timeout: 600_000 });

export const reconcile = async (page: Page): Promise<void> => {
  await page.getByRole("button", { name: "Reconcile", exact: true }).click();
  await verdict(page, true);
};

/** What a page asks for, asked by nobody at the page. */
export const ask = async (url: string, name: string, body: unknown = {}): Promise<void> => {
  const response = await fetch(`${url}/do/${name}`, {
    method: "POST",
    headers: { "Content-Type": "application/json", Origin: url },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${name} was not done: ${await response.text()}`);
};
