import { backfillTable } from "./backfill.ts";
import { contestants } from "./contestants.ts";
import { ratio, sizes } from "./cpu.ts";
import { type Limit, limitsOf, type Results } from "./limits.ts";
import { delays } from "./rate.ts";
import { outboxTable } from "./outbox.ts";
import { queriesTable } from "./queries.ts";
import { median } from "./statistics.ts";

/** The results as Markdown, for the terminal and for docs/benchmarks.md. */
export const report = (results: Results): string => {
  const { machine, cpu, rate, tables, startup, backfill, outbox, queries } = results;
  const parts: string[] = [];
  if (cpu !== undefined) {
    parts.push(
      "## CPU per delivery",
      [
        `| contestant | ${sizes.map(({ name }) => `${name}, µs | ratio`).join(" | ")} | bundle, KiB gzip |`,
        `|---|${"---:|".repeat(sizes.length * 2 + 1)}`,
        ...contestants.map(({ name }) => {
          const cells = sizes.flatMap((size) => [
            median(cpu.microseconds[size.name][name]).toFixed(0),
            name === "mirror" ? "" : ratio(cpu.microseconds[size.name], name).toFixed(2),
          ]);
          return `| ${name} | ${cells.join(" | ")} | ${cpu.gzipKiB[name]} |`;
        }),
      ].join("\n"),
      `Ratio: the mirror's CPU divided by the other's, median of ${cpu.rounds} rounds. In each round all handle the same deliveries by turns, each alone in a workerd on a core of its own. First all write their rows to a real Postgres, where they are checked. CPU is then measured with Postgres's answers repeated, so that it does not depend on waiting. The tutorial does nothing on an update, and these deliveries are updates.`,
    );
  }
  if (rate !== undefined) {
    const of = (name: string, delay: number) => rate.rates.find((one) => one.name === name && one.delay === delay);
    parts.push(
      "## Rate, latency and round trips",
      [
        `| contestant | ${delays.map((delay) => `database ${delay} ms away: per second | p50 ms | p99 ms | round trips | statements`).join(" | ")} |`,
        `|---|${"---:|".repeat(delays.length * 5)}`,
        ...[...new Set(rate.rates.map(({ name }) => name))].map((name) => {
          const cells = delays.flatMap((delay) => {
            const one = of(name, delay);
            return [
              one?.perSecond.toFixed(0),
              one?.p50?.toFixed(1) ?? "",
              one?.p99?.toFixed(1) ?? "",
              plain(one?.roundTrips),
              plain(one?.statements),
            ];
          });
          return `| ${name} | ${cells.join(" | ")} |`;
        }),
      ].join("\n"),
      `Deliveries of 2 KB, each of a new user, 32 at once. The numbers are medians of ${rate.rounds} rounds by turns. A short turn before each is not counted, since connections to Postgres are closed meanwhile. Round trips are requests to the database per delivery, and statements are those in them. workerd, a real Postgres, the gateway in front of it and the sender share the machine. The queue's door enqueues into a stub that acknowledges at once; its consumer gets what the door enqueued, in batches of 100, 8 at once.`,
      `A burst of ${rate.burst.deliveries} deliveries, the database 20 ms away: ${(rate.burst.deliveries / rate.burst.direct).toFixed(1)} s direct, ${(rate.burst.deliveries / rate.burst.queue).toFixed(1)} s through the queue, first the door and then the consumer.`,
      `Postgres shares the cores with the consumer here. With Postgres's answers repeated, 20 ms away, so that nothing is merged, the consumer does ${rate.repeated.consumer.toFixed(0)} per second and the guide ${rate.repeated.guide.toFixed(0)}: ${(rate.repeated.consumer / rate.repeated.guide).toFixed(1)} times as many. The limit is on the rate with Postgres.`,
    );
  }
  if (tables !== undefined) {
    parts.push(
      "## The size of the table",
      [
        "| users in `clerk.users` | p50 ms | p99 ms |",
        "|---|---:|---:|",
        ...tables.map(({ users, p50, p99 }) => `| ${users} | ${p50.toFixed(2)} | ${p99.toFixed(2)} |`),
      ].join("\n"),
      "One delivery at a time, by turns, about users all over the table, through the Worker to a real Postgres on the same machine.",
    );
  }
  if (startup !== undefined) {
    parts.push(
      "## A start",
      [
        "| contestant | CPU ms |",
        "|---|---:|",
        ...Object.entries(startup.milliseconds).map(
          ([name, milliseconds]) => `| ${name} | ${milliseconds.toFixed(1)} |`,
        ),
      ].join("\n"),
      `CPU of the workerd process until its first answer, median of ${startup.starts} starts by turns. Most of it is workerd's own.`,
    );
  }
  if (backfill !== undefined) parts.push("## Backfill", backfillTable(backfill).trim());
  if (outbox !== undefined) parts.push("## The outbox", outboxTable(outbox).trim());
  if (queries !== undefined) parts.push("## Queries", queriesTable(queries).trim());
  parts.push(
    "## Limits",
    ["| what | found | limit | kept |", "|---|---:|---|---|", ...limitsOf(results).map(limitRow)].join("\n"),
  );
  return `${parts.join("\n\n")}\n\n${machine}\n`;
};

const limitRow = ({ what, found, limit, isKept }: Limit): string =>
  `| ${what} | ${found.toPrecision(3)} | ${limit} | ${isKept ? "yes" : "**no**"} |`;

const plain = (number: number | undefined): string | undefined => number?.toFixed(3).replace(/\.?0+$/, "");

const introduction = `# Benchmarks

Run \`npm run bench\` to make this page. It brings Postgres, workerd and all contestants, and exits with 1 if a [limit](#limits) is not kept. Compare the ratios: absolute numbers are of one machine.

- **mirror**: this Worker, without a queue unless stated.
- **tutorial**: the usual handler. It verifies a body that was parsed and written again, inserts on \`user.created\`, and does nothing on other events.
- **guide**: after Clerk's guide. It verifies with \`@clerk/backend\` and upserts five columns with Drizzle over Neon's driver, without a guard, a ledger or metadata.
- **guide extended**: the same with this Worker's columns, guard, tombstones and ledger, in Drizzle's ordinary builder; **tuned**: made as fast as the builder allows.
- **floor**: the least that the same row and ledger can cost. It uses Hono, Web Crypto and one hand-written statement over plain \`fetch\`, trusts every event, has one secret, does not have a deadline, a log or classes of failures, and keeps the law only for users.
`;

/** docs/benchmarks.md and its charts, by file name. */
export const documentOf = (results: Results): Record<string, string> => {
  const { cpu, rate } = results;
  const charts: Record<string, string> = {};
  if (cpu !== undefined) {
    charts["benchmarks-cpu.svg"] = chart(
      "CPU per delivery of 2 KB, µs",
      contestants.map(({ name }) => [name, median(cpu.microseconds["2 KB"][name])]),
    );
  }
  if (rate !== undefined) {
    charts["benchmarks-rate.svg"] = chart(
      "Deliveries per second, the database 20 ms away",
      rate.rates.filter(({ delay }) => delay === 20).map(({ name, perSecond }) => [name, perSecond]),
    );
  }
  const images = Object.keys(charts).map((file) => `![${file.includes("cpu") ? "CPU per delivery" : "Rate"}](${file})`);
  return { "benchmarks.md": `${introduction}\n${images.join("\n\n")}\n\n${report(results)}`, ...charts };
};

/** A page of which some parts were measured anew: each says by which machine, and the others stay as they are. */
export const pageWith = (page: string, results: Results): string => {
  const [introduced = "", ...old] = sectionsOf(page);
  const fresh = sectionsOf(report(results)).filter((section) => section.startsWith("## "));
  const sections = new Map(old.map((section) => [headingOf(section), section]));
  const limits = sections.get("## Limits") ?? "";
  sections.delete("## Limits");
  for (const section of fresh) {
    if (headingOf(section) === "## Limits") continue;
    sections.set(headingOf(section), `${section.trim()}\n\nMeasured by itself: ${results.machine}\n\n`);
  }
  const rows = limitsOf(results).map(limitRow);
  const known = new Set(rows.map(nameIn));
  const [head = "", tail = ""] = limits.split(/\n\n(?=[^|\n]*\n?$)/);
  const kept = head.split("\n").filter((line) => !known.has(nameIn(line)));
  return `${introduced}${[...sections.values()].join("")}${[...kept, ...rows].join("\n")}\n\n${tail}`;
};

const sectionsOf = (text: string): string[] => text.split(/^(?=## )/m);
const headingOf = (section: string): string => section.split("\n")[0] ?? "";

/** What a line of the table of limits is about. */
const nameIn = (line: string): string => line.split("|")[1]?.trim() ?? "";

/** A chart with bars, readable in dark and light mode. */
const chart = (title: string, bars: (readonly [string, number])[]): string => {
  const largest = Math.max(...bars.map(([, value]) => value));
  const rows = bars.map(([name, value], index) => {
    const y = 44 + index * 28;
    const width = Math.max(1, (value / largest) * 360);
    const kind = name.startsWith("mirror") ? "own" : "other";
    return `  <text x="200" y="${y + 14}" text-anchor="end">${name}</text>
  <rect class="${kind}" x="210" y="${y}" width="${width.toFixed(1)}" height="20" rx="2"/>
  <text x="${(216 + width).toFixed(1)}" y="${y + 14}">${value.toFixed(0)}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 ${56 + bars.length * 28}" role="img" aria-label="${title}">
  <style>
    text { font: 13px system-ui, sans-serif; fill: #1f2328 }
    .title { font-weight: 600 }
    .own { fill: #6c47ff }
    .other { fill: #8c959f }
    @media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .own { fill: #a18aff } .other { fill: #6e7681 } }
  </style>
  <text class="title" x="10" y="24">${title}</text>
${rows.join("\n")}
</svg>
`;
};
