import type { FieldType, LogSchema } from "../log-line.ts";

/** What docs/log.md says of the log's lines, read from its tables. */

/** The words in backticks of a cell. */
const named = (cell = ""): string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, word = ""]) => word);

type Row = string[];
/** A table's rows, and its columns' names. */
type Table = { columns: string[]; rows: Row[] };

const cellsOf = (line: string): string[] =>
  line
    .split("|")
    .slice(1, -1)
    .map((cell) => cell.trim());

const tablesIn = (section: string): Table[] =>
  section
    .trim()
    .split("\n\n")
    .filter((block) => block.startsWith("|"))
    .map((block) => {
      const [columns = [], , ...rows] = block.split("\n").map(cellsOf);
      return { columns, rows };
    });

const isFields = ({ columns }: Table): boolean => columns[0] === "field" && columns[1] === "type";

const fieldsOf = (rows: readonly Row[]): Record<string, FieldType> =>
  Object.fromEntries(rows.flatMap(([names, type]) => named(names).map((name) => [name, type as FieldType])));

/** @param text docs/log.md */
export const logSchemaOf = (text: string): LogSchema => {
  const section = (heading: string): Table[] => tablesIn(text.split(`\n## ${heading}\n`)[1]?.split("\n## ")[0] ?? "");
  const fields = (heading: string): Row[] => section(heading).find(isFields)?.rows ?? [];
  const list = (heading: string, column: string): Row[] =>
    section(heading).find(({ columns: [first] }) => first === `\`${column}\``)?.rows ?? [];
  const jobs = list("Jobs", "job").flatMap(([names]) => named(names));
  return {
    delivery: fieldsOf(fields("A delivery")),
    health: fieldsOf(fields("Health")),
    ensure: fieldsOf(fields("Ensure")),
    jobs: Object.fromEntries(
      jobs.map((job) => [job, fieldsOf(fields("Jobs").filter(([, , of]) => named(of).includes(job)))]),
    ),
    errors: Object.fromEntries(
      list("Errors", "error").flatMap(([names, own]) => named(names).map((name) => [name, named(own)])),
    ),
    ofErrors: fieldsOf(fields("Errors")),
  };
};
