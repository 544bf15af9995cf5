import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launch } from "../../dev/browser.ts";
import { lockDatabase } from "../../dev/local-database.ts";
import { freePort, isFree } from "../../dev/ports.ts";
import { describePage, openPage } from "../support/node/browser.ts";
import { copyRepository, type Ended, groupOf, type Running, start, untilAnswered } from "../support/node/commands.ts";

/** `npm run dev`, as somebody types it who has just cloned the repository. */

describePage("npm run dev", () => {
  let folder: string;
  let remove: () => Promise<void>;
  let browser: Browser;
  let dev: Running | undefined;
  let ports: [worker: number, page: number];
  beforeAll(async () => {
    ({ folder, remove } = await copyRepository());
    browser = await launch();
  });
  afterAll(async () => {
    if (dev?.child.exitCode === null) process.kill(-(dev.child.pid ?? 0), "SIGINT");
    await dev?.ended;
    await browser.close();
    await remove();
  });

  /** Without what makes commands start sooner in tests. */
  const npmRunDev = (...parameters: string[]): Running =>
    start("npm", ["run", "dev", ...(parameters.length === 0 ? [] : ["--", ...parameters])], {
      cwd: folder,
      env: { NODE_OPTIONS: "", npm_config_update_notifier: "false" },
    });
  const ended = (...parameters: string[]): Promise<Ended> => npmRunDev(...parameters).ended;

  test("is a page that can be used within 25 seconds, from a fresh checkout", async () => {
    // Somebody at this machine may have one running.
    const isUsual = (await isFree(8787)) && (await isFree(8788));
    ports = isUsual ? [8787, 8788] : [await freePort(), await freePort()];
    const url = `http://127.0.0.1:${ports[1]}`;
    const began = performance.now();
    dev = npmRunDev(...(isUsual ? [] : ["--port", String(ports[0]), "--console-port", String(ports[1])]));
    await untilAnswered(dev, url);
    const { page, wrongs } = await openPage(browser, url);
    await page.getByText("ready", { exact: true }).waitFor();
    await page.getByRole("list", { name: "People" }).getByRole("listitem").first().waitFor();
    await page.locator("[data-equal='false']").waitFor();
    const seconds = (performance.now() - began) / 1000;
    console.log(`npm run dev: a page that can be used after ${seconds.toFixed(1)} s`);
    expect(seconds).toBeLessThan(25);
    expect(wrongs).toEqual([]);
    await expect.poll(() => dev?.output()).toContain("Ctrl-C stops everything.");
    expect(dev.output()).toContain(`Console   ${url}`);
  });

  test("a second one says that one is running, and where", async () => {
    const second = await ended("--port", String(await freePort()), "--console-port", String(await freePort()));
    expect(second.code).toBe(1);
    expect(second.stderr).toContain(
      `\`npm run dev\` runs in .local already. Its page is http://127.0.0.1:${ports[1]}. Stop it, or use another --folder.`,
    );
  });

  test("a port that is taken is named, with the option for another", async () => {
    const elsewhere = ["--folder", ".local-elsewhere"];
    const free = String(await freePort());
    expect(await ended(...elsewhere, "--port", String(ports[0]), "--console-port", free)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(new RegExp(`Port ${ports[0]} is in use.*--port`)),
    });
    expect(await ended(...elsewhere, "--port", free, "--console-port", String(ports[1]))).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(new RegExp(`Port ${ports[1]} is in use.*--console-port`)),
    });
  });

  test("Ctrl-C ends it with the code of a shell, and leaves no process, no lock and no port", async () => {
    const { child, ended: end } = dev ?? expect.unreachable("it was not started");
    // What a terminal does: every process in the foreground gets the signal.
    process.kill(-(child.pid ?? 0), "SIGINT");
    const { code } = await end;
    // Npm ends itself by the signal that it got, which a shell calls 130.
    expect(child.signalCode === "SIGINT" ? 130 : code).toBe(130);
    await expect.poll(() => groupOf(child)).toEqual([]);
    expect(await readdir(join(folder, ".local"))).toEqual(["clerk.snapshot", "data", "lock.sqlite"]);
    const lock = await lockDatabase(join(folder, ".local"));
    await lock.close();
    expect(await Promise.all(ports.map(isFree))).toEqual([true, true]);
  });
});
