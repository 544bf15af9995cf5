import { describe, expect, test } from "vitest";
import { browserPath, launch } from "../../dev/browser.ts";
import { freePort } from "../../dev/ports.ts";
import { openPage } from "../support/node/browser.ts";
import { copyRepository, start, untilAnswered } from "../support/node/commands.ts";

describe.skipIf(browserPath === undefined)("npm run dev with ten thousand users", () => {
  test("shows them a page at a time, and goes on living", async () => {
    const { folder, remove } = await copyRepository();
    const browser = await launch();
    const [port, consolePort] = [await freePort(), await freePort()];
    const dev = start(
      process.execPath,
      ["dev/dev.ts", "--port", String(port), "--console-port", String(consolePort), "--users", "10000"],
      { cwd: folder },
    );
    try {
      const url = `http://127.0.0.1:${consolePort}`;
      await untilAnswered(dev, url);
      const { page, wrongs } = await openPage(browser, url);
      await page.getByText("ready", { exact: true }).waitFor();
      await page.getByRole("button", { name: "Reconcile" }).click();
      await page.locator('[data-equal="true"]').waitFor({ timeout: 600_000 });
      await expect.poll(() => page.getByRole("region", { name: "Copy" }).textContent()).toContain("10,000 rows");

      // However many there are, the page has as much to show.
      expect(await page.getByRole("list", { name: "People" }).getByRole("listitem").count()).toBeLessThanOrEqual(50);
      expect(await page.locator("table.copy tbody tr").count()).toBeLessThanOrEqual(50);
      expect(await page.locator("*").count()).toBeLessThan(6000);

      await page.getByRole("searchbox", { name: "Search people" }).fill("zzz-nobody");
      await page.getByText("nobody matches").waitFor();
      await page.getByRole("searchbox", { name: "Search people" }).fill("");
      const form = page.getByRole("form", { name: "Sign up" });
      await form.getByLabel("First name").fill("The ten thousand and first");
      await form.getByRole("button", { name: "Sign up" }).click();
      await page.locator("table.copy").getByText("The ten thousand and first").first().waitFor();
      await page.locator('[data-equal="true"]').waitFor({ timeout: 600_000 });
      expect(wrongs).toEqual([]);
    } finally {
      dev.child.kill("SIGINT");
      await dev.ended;
      await browser.close();
      await remove();
    }
  });
});
