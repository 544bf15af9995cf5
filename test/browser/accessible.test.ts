import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { describePage, expectAccessible, isWithin, looks, openPage } from "../support/node/browser.ts";
import { ask, type LocalConsole, reconcile, startLocalConsole, verdict } from "../support/node/local-console.ts";

/** What axe says of the page of `npm run dev`, of what is opened by a click too. The other page: production.test.ts. */

describePage("the page of npm run dev can be used by everybody", () => {
  let local: LocalConsole;
  beforeAll(async () => {
    local = await startLocalConsole(12);
    await reconcile(local.page);
    const person = local.page.getByRole("list", { name: "People" }).getByRole("listitem").first();
    await ask(local.url, "createOrganization", {
      user: await person.getAttribute("data-id"),
      name: "Difference Engines",
    });
    await verdict(local.page, true);
  });
  afterAll(() => local.close());

  describe.for(looks.map((look) => [`${look.colorScheme}, ${look.viewport.width} pixels wide`, look] as const))(
    "%s",
    ([, look]) => {
      test("at first, with somebody and a delivery open, organizations, chaos, what differs, a complaint, and a run's end", async () => {
        const { page, wrongs } = await openPage(local.browser, local.url, look);
        await page.locator("[data-equal]").waitFor();
        const people = page.getByRole("list", { name: "People" });
        const first = people.getByRole("listitem").first();
        await first.waitFor();
        const check = async (what: string): Promise<void> => {
          await expectAccessible(page, what);
          expect(await isWithin(page), what).toBe(true);
        };
        await check("at first");

        await first.locator("button.row").click();
        await first.getByRole("button", { name: "Join" }).click();
        await page.getByRole("form", { name: /joins an organization$/ }).waitFor();
        for (const index of [0, 1]) await people.getByRole("checkbox").nth(index).check();
        await page.getByRole("group", { name: "Merge two people" }).getByRole("button", { name: "Merge" }).waitFor();
        await page.locator("#deliveries li[data-state=delivered] button").first().click();
        await page.getByRole("list", { name: "Attempts" }).first().waitFor();
        await check("a person, two to be merged, and a delivery");

        await page.getByRole("tab", { name: /Organizations/ }).click();
        await page.getByRole("button", { name: "Rename Difference Engines" }).click();
        await page.getByRole("form", { name: "Rename Difference Engines" }).waitFor();
        await page.getByRole("slider", { name: /dropped/i }).fill("100");
        await page.getByRole("switch", { name: "App away" }).check();
        await page.getByRole("switch", { name: "Wrong secret" }).check();
        await page.getByRole("button", { name: "Sign up" }).click();
        await page.getByRole("list", { name: "Deliveries" }).getByText("dropped").first().waitFor();
        await verdict(page, false);
        await page.getByRole("button", { name: "Which" }).click();
        await page.getByRole("region", { name: "Rows that differ" }).waitFor();
        const form = page.getByRole("form", { name: "Sign up" });
        await form.getByLabel("Email").fill("no address");
        await form.getByRole("button", { name: "Sign up" }).click();
        await page.getByRole("alert").getByText("no address is not an email address.").waitFor();
        await check("organizations, chaos, what differs, and a complaint");

        await page.getByRole("button", { name: "Reset chaos" }).click();
        await page.getByRole("combobox", { name: "Table" }).selectOption("payment_attempts");
        await reconcile(page);
        await page.getByRole("button", { name: "Hide the reconciliation" }).waitFor();
        await check("after a reconciliation");
        expect(wrongs).toEqual([]);
        await page.context().close();
      });
    },
  );
});
