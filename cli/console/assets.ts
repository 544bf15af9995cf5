/** The files that a page consists of. There is no way from a request to any other: it names one of this list, or nothing. */
import { readFile, readdir } from "node:fs/promises";
import { stripTypeScriptTypes } from "node:module";
import { dirname, extname } from "node:path/posix";

export type Asset = { file: URL; type: string };

const root = new URL("../../", import.meta.url);
const shared = "cli/console/client";

/** Which module each name of a package is. They are served as they are, since each is one file. */
export const modules: Readonly<Record<string, string>> = {
  preact: "node_modules/preact/dist/preact.mjs",
  "preact/hooks": "node_modules/preact/hooks/dist/hooks.mjs",
  htm: "node_modules/htm/dist/htm.module.js",
  "htm/preact": "node_modules/htm/preact/index.module.js",
  uplot: "node_modules/uplot/dist/uPlot.esm.js",
};

const chartStyle = "node_modules/uplot/dist/uPlot.min.css";

const types: Readonly<Record<string, string>> = {
  ".ts": "text/javascript; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
};

/** The style sheets of a page, in their order. */
export const stylesOf = (entry: string): string[] => [
  ...new Set([chartStyle, `${shared}/console.css`, entry.replace(/\.ts$/, ".css")]),
];

/**
 * @param entry the client's module from the repository's root
 * @returns by the path of the request, which is the file's path in the repository: so one module finds another
 */
export const assetsOf = async (entry: string): Promise<ReadonlyMap<string, Asset>> => {
  const folders = [...new Set([shared, dirname(entry)])];
  const listed = await Promise.all(
    folders.map(async (folder) => (await readdir(new URL(folder, root))).map((name) => `${folder}/${name}`)),
  );
  return new Map(
    [...Object.values(modules), chartStyle, ...listed.flat()].flatMap((path): [string, Asset][] => {
      const type = types[extname(path)];
      return type === undefined ? [] : [[`/${path}`, { file: new URL(path, root), type }]];
    }),
  );
};

/** The file as it is now: a change of it is seen by loading the page again. */
export const readAsset = async ({ file }: Asset): Promise<string> => {
  const text = await readFile(file, "utf8");
  return extname(file.pathname) === ".ts" ? stripTypeScriptTypes(text) : text;
};

/** Node warns once that this is experimental. It runs this file in the same way, so that is no news to anybody. */
const hush = (): void => {
  const emitWarning = process.emitWarning.bind(process);
  process.emitWarning = () => {};
  stripTypeScriptTypes("");
  process.emitWarning = emitWarning;
};

hush();
