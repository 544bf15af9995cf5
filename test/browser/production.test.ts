import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launch } from "../../dev/browser.ts";
import { inventHistory } from "../../dev/invented-history.ts";
import { freePort } from "../../dev/ports.ts";
import { migrate } from "../../cli/migrate.ts";
import { describePage, expectAccessible, expectOnlyText, isWithin, looks, openPage } from "../support/node/browser.ts";
import { copyRepository, type Running, start, untilAnswered } from "../support/node/commands.ts";
import { partOf } from "../support/part.ts";
import { execute, type Postgres, startPostgres } from "../support/postgres.ts";

/** The page of `npm run console`, on a database with a role that may only read. */

const payload = `"><img src=x onerror=alert(1)>`;

/** What others write into the columns that the page shows: Clerk, Svix, and the app that is told. */
const unhealthy = [
  `insert into clerk.refusals (id, type, error, details, first_at, last_at, attempts)
   values ('msg_${payload}', '${payload}', 'refused', '{"sqlstate":"23514","field":${JSON.stringify(payload)}}',
     now() - interval '1 hour', now(), 5)`,
  `insert into clerk.deliveries (id, type, instance_id, occurred_at, received_at, attempts, outcome)
   select 'msg_many_' || n, '<script>alert(2)</script>', 'ins_2invented', now() - interval '5 minutes', now(), 1, 'applied'
   from generate_series(1, 600) as n`,
  `insert into clerk.reconciliations
   values ('reconcile-${payload}', 'users', 'reconcile', 'ins_2invented', now() - interval '1 minute', now(),
     12480, 0, 0, 700, 0, 0, 700, 0, 'too many rows are missing: 700 of 12,480 ${payload}')`,
  `update clerk.outbox set attempts = 7, failure = '${payload}', id = 'user_${payload}' where failure is not null`,
];

describePage("the page of npm run console", () => {
  let folder: string;
  let remove: () => Promise<void>;
  let postgres: Postgres;
  let browser: Browser;
  let served: Running;
  let url: string;
  let databaseUrl: string;
  beforeAll(async () => {
    [{ folder, remove }, postgres, browser] = await Promise.all([copyRepository(), startPostgres(), launch()]);
    databaseUrl = postgres.url("shop");
    await execute(postgres.url("postgres"), "create database shop");
    await migrate(databaseUrl);
    await inventHistory(databaseUrl);
    await execute(
      databaseUrl,
      "create role reader login password 'reader'",
      "alter role reader set default_transaction_read_only = on",
      "grant usage on schema clerk to reader",
      "grant select on all tables in schema clerk to reader",
      "grant execute on function clerk.health_1 (text) to reader",
    );
    const own = new URL(databaseUrl);
    own.username = "reader";
    own.password = "reader";
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    // Not among the arguments, which others see.
    served = start(process.execPath, ["cli/console.ts", "--port", String(port)], {
      cwd: folder,
      env: { DATABASE_URL: own.href },
    });
    await untilAnswered(served, url);
  });
  afterAll(async () => {
    served.child.kill("SIGINT");
    await served.ended;
    await browser.close();
    await postgres.close();
    await remove();
  });

  const filled = async (page: Page): Promise<void> => {
    for (const region of ["Deliveries by type", "Sizes of the tables", "Changes that wait"])
      await page.getByRole("region", { name: region }).waitFor();
    await page.locator(".run").first().waitFor();
  };

  test("shows all of a copy to a role that only reads, and asks the server for nothing else", async () => {
    const { page, wrongs } = await openPage(browser, "about:blank");
    const requests: string[] = [];
    page.on("request", (request) => requests.push(`${request.method()} ${new URL(request.url()).origin}`));
    await page.goto(url);
    await filled(page);
    expect(await page.locator(".failure").allTextContents()).toEqual([]);
    // Whatever can be pressed is.
    for (const control of await page.locator("summary, button").all()) await control.click();
    expect([...new Set(requests)]).toEqual([`GET ${url}`]);
    expect(await page.locator("form, input, select, textarea, [contenteditable]").count()).toBe(0);
    expect(wrongs).toEqual([]);
    await page.context().close();
  });

  test("says of each run what it restored and what was erased here, and is as wide as a phone", async () => {
    for (const look of looks) {
      const { page } = await openPage(browser, url, look);
      await filled(page);
      const users = page.locator(".run[open] tr[data-id=users]");
      expect((await users.locator("td").allTextContents()).map((text) => text.trim())).toEqual([
        "users",
        "12,481",
        "2 missing, 1 stale, 3 repaired, 1 restored, 1 erased here",
      ]);
      expect(
        (await page.locator(".run[open] tr[data-id=organization_memberships] td").last().textContent())?.trim(),
      ).toBe("1 extra, 1 held");
      expect(await isWithin(page), JSON.stringify(look)).toBe(true);
      // Its table too: nothing of it is scrolled out of sight.
      expect(
        await page.evaluate(
          "[...document.querySelectorAll('.run[open] .scroll')].map((one) => one.scrollWidth - one.clientWidth)",
        ),
      ).toEqual([0]);
      await page.context().close();
    }
  });

  test("refuses whatever is not a GET, wherever it goes, also from its own page", async () => {
    const paths = ["/", "/live", "/do/reconcile", "/do/chaos", "/do/tell", "/cli/console/client/production.ts"];
    for (const method of ["POST", "PUT", "PATCH", "DELETE"]) {
      for (const path of paths) {
        const response = await fetch(url + path, {
          method,
          body: "{}",
          headers: { Origin: url, "Content-Type": "application/json" },
        });
        expect([method, path, response.status]).toEqual([method, path, 405]);
      }
    }
  });

  test("is used by keyboard: each run opens, each table scrolls, and the focus is seen", async () => {
    const { page } = await openPage(browser, url);
    await filled(page);
    const seen: string[] = [];
    for (;;) {
      await page.keyboard.press("Tab");
      const stop: string | null = await page.evaluate(`(() => {
        const { activeElement: element } = document;
        if (element === document.body) return null;
        return element.localName + " " + getComputedStyle(element).outlineStyle;
      })()`);
      if (stop === null || seen.length > 40) break;
      if (stop.startsWith("summary")) await page.keyboard.press("Enter");
      seen.push(stop);
    }
    expect(seen.filter((stop) => stop.startsWith("summary"))).toHaveLength(5);
    expect(seen.filter((stop) => stop.endsWith(" none"))).toEqual([]);
    // The first was open, and so the last four are now.
    await expect.poll(() => page.locator(".run[open]").count()).toBe(4);
    await page.context().close();
  });

  test("shows what is wrong as text, whatever it is, to everybody", async () => {
    await execute(databaseUrl, ...unhealthy);
    for (const look of partOf(looks, 3)) {
      const { page, wrongs } = await openPage(browser, url, look);
      await page.locator('[data-code="refused"]').waitFor();
      await filled(page);
      for (const code of ["lag", "held", "outbox"]) await page.locator(`[data-code="${code}"]`).waitFor();
      await page.getByText("reasons to act").waitFor();
      await page.locator("td").getByText(payload).first().waitFor();
      await page.locator(".note").getByText(payload).first().waitFor();
      await page.getByText("<script>alert(2)</script>").first().waitFor();
      expect(await page.evaluate("[...document.querySelectorAll('code.id')].map((one) => one.title)")).toEqual(
        expect.arrayContaining([`msg_${payload}`, `user_${payload}`]),
      );
      await expectOnlyText(page);
      await expectAccessible(page);
      expect(await isWithin(page), JSON.stringify(look)).toBe(true);
      expect(wrongs).toEqual([]);
      await page.context().close();
    }
  });
});
